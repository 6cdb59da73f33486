import { EventEmitter } from "node:events";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { clusterParameter } from "../../src/http/routes/write.ts";
import { line, RecordingIngest, statusAndText, testApp } from "./support.ts";

function post(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers };
}

describe("a write", () => {
  test("that is stored is answered 200, empty, as JSON", async () => {
    const { app, services } = testApp();
    const response = await app.request("/api/write", post(line("a0101")));
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await statusAndText(response)).toEqual([200, ""]);
    expect(services.store.listChildren(["alex"])).toEqual(["a0101"]);
  });

  test("with a bad line stores the others and tells which is bad", async () => {
    const { app, services } = testApp();
    const body = `${line("a0101")}cpu_load this is bad\nunknown x=1\n${line("a0102")}`;
    const [status, text] = await statusAndText(app.request("/api/write", post(body)));
    expect(status).toBe(400);
    const reason = "at line 2:14: want '=' after field key \"this\", found ' '";
    expect(JSON.parse(text)).toEqual({
      status: "Bad Request",
      error: reason,
      stored: 2,
      ignored: 1,
      rejected: 1,
      lines: [{ line: 2, reason }],
    });
    expect(services.store.listChildren(["alex"])).toEqual(["a0101", "a0102"]);
  });

  test("whose rejected lines are not listed is still answered 400", async () => {
    const ingest = new RecordingIngest();
    ingest.report = { stored: 0, ignored: 0, dropped: 0, rejected: 7, rejections: [] };
    const { app } = testApp({ ingest: ingest.asIngest() });
    const [status, text] = await statusAndText(app.request("/api/write", post("x")));
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: "7 lines rejected", lines: [] }]);
  });

  test("that cannot be made safe is answered 500", async () => {
    const { app, services } = testApp({ ingest: failing() });
    expect((await app.request("/api/write", post("x"))).status).toBe(500);
    expect(services.reported).toEqual(["POST /api/write: Error: disk full"]);
  });

  test.each([
    ["", ""],
    ["cluster=alex", "alex"],
    ["x=1&cluster=alex&y=2", "alex"],
    ["cluster=first&cluster=second", "first"],
    ["cluster=my%2Dcl+x", "my%2Dcl+x"],
    ["xcluster=no", ""],
    ["cluster", ""],
  ])("with ?%s goes to the default cluster '%s'", async (query, cluster) => {
    expect(clusterParameter(query)).toBe(cluster);
    const ingest = new RecordingIngest();
    await testApp({ ingest: ingest.asIngest() }).app.request(`/api/write?${query}`, post("x"));
    expect(ingest.clusters).toEqual([cluster]);
  });
});

describe("the body of a write", () => {
  test("is handed on piece by piece as it comes", async () => {
    const ingest = new RecordingIngest();
    const body = new ReadableStream({
      start(controller) {
        for (const piece of ["ab", "c", "def"]) controller.enqueue(Buffer.from(piece));
        controller.close();
      },
    });
    const init = { ...post(body), duplex: "half" };
    expect((await testApp({ ingest: ingest.asIngest() }).app.request("/api/write", init)).status).toBe(200);
    expect([ingest.pieces, ingest.ends]).toEqual([["ab", "c", "def"], ["finish"]]);
  });

  test("may be compressed", async () => {
    const { app, services } = testApp();
    const body = gzipSync(line("a0101") + line("a0102"));
    const response = await app.request("/api/write", post(body, { "content-encoding": "gzip" }));
    expect(response.status).toBe(200);
    expect(services.store.listChildren(["alex"])).toEqual(["a0101", "a0102"]);
  });

  const CUT_OFF = `{"status":"Bad Request","error":"body: cut off before its end"}\n`;

  const gzip = { "content-encoding": "gzip" };
  test.each<[string, BodyInit, Record<string, string>, number, string]>([
    ["in another encoding", "x", { "content-encoding": "br" }, 415, "expected gzip or identity, found br"],
    ["that is no gzip", "plain text", gzip, 400, "expected gzip"],
    ["whose gzip is cut off", gzipSync("x".repeat(1000)).subarray(0, 20), gzip, 400, "expected gzip"],
    ["that is too large", "x".repeat(100_001), {}, 413, "at most 100000 bytes (limit body-size-bytes)"],
    ["said to be too large", "x", { "content-length": "100001" }, 413, "at most 100000 bytes (limit body-size-bytes)"],
    ["too large once decompressed", gzipSync("x".repeat(100_001)), gzip, 413, "limit body-size-bytes"],
  ])("%s is refused and its batch given up", async (_, body, headers, expected, message) => {
    const ingest = new RecordingIngest();
    const { app } = testApp({ ingest: ingest.asIngest() });
    const [status, text] = await statusAndText(app.request("/api/write", post(body, headers)));
    expect([status, JSON.parse(text).error]).toEqual([expected, expect.stringContaining(message)]);
    expect(ingest.ends).toEqual(["abort"]);
  });

  test("of exactly the limit is taken", async () => {
    const { app } = testApp({ ingest: new RecordingIngest().asIngest() });
    expect((await app.request("/api/write", post("x".repeat(100_000)))).status).toBe(200);
  });

  test.each([{}, gzip])("that breaks off gives the batch up (%o)", async (headers) => {
    const ingest = new RecordingIngest();
    let hasBegun = false;
    const body = new ReadableStream({
      pull(controller) {
        if (hasBegun) controller.error(new Error("connection reset"));
        else controller.enqueue(gzipSync("half"));
        hasBegun = true;
      },
    });
    const init = { ...post(body, headers), duplex: "half" };
    const response = await testApp({ ingest: ingest.asIngest() }).app.request("/api/write", init);
    expect(await statusAndText(response)).toEqual([400, CUT_OFF]);
    expect(ingest.ends).toEqual(["abort"]);
  });
});

describe("the body of a raw request", () => {
  /** What an adapter passes on as `c.env.incoming`. */
  class FakeIncoming extends EventEmitter {
    readonly url = "/api/write";
    readonly destroyed = false;
    readonly readableEnded = false;
  }

  async function write(ingest: RecordingIngest, play: (incoming: FakeIncoming) => void): Promise<number> {
    const incoming = new FakeIncoming();
    const { app } = testApp({ ingest: ingest.asIngest() });
    const response = app.request("/api/write", { method: "POST" }, { incoming });
    await Promise.resolve();
    play(incoming);
    return (await response).status;
  }

  test("is handed on piece by piece up to its end", async () => {
    const ingest = new RecordingIngest();
    const status = await write(ingest, (incoming) => {
      for (const piece of ["ab", "c"]) incoming.emit("data", Buffer.from(piece));
      incoming.emit("end");
      incoming.emit("close");
    });
    expect([status, ingest.pieces, ingest.ends]).toEqual([200, ["ab", "c"], ["finish"]]);
  });

  test.each(["error", "close"])("that breaks off with %s gives the batch up", async (event) => {
    const ingest = new RecordingIngest();
    const status = await write(ingest, (incoming) => incoming.emit(event, new Error("aborted")));
    expect([status, ingest.ends]).toEqual([400, ["abort"]]);
  });

  test("that the batch cannot take is not handed on any further", async () => {
    const ingest = new RecordingIngest();
    const status = await write(ingest, (incoming) => {
      ingest.failure = new Error("disk full");
      incoming.emit("data", Buffer.from("ab"));
      ingest.failure = undefined;
      incoming.emit("data", Buffer.from("c"));
    });
    expect([status, ingest.pieces, ingest.ends]).toEqual([500, [], ["abort"]]);
  });
});

function failing(): ReturnType<RecordingIngest["asIngest"]> {
  const ingest = new RecordingIngest();
  ingest.failure = new Error("disk full");
  return ingest.asIngest();
}
