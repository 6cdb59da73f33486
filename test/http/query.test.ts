import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { acceptsGzip } from "../../src/http/reply.ts";
import { NOW, statusAndText, testApp } from "./support.ts";

const REQUEST = JSON.stringify({
  cluster: "alex",
  from: NOW - 6000,
  to: NOW,
  queries: [{ metric: "net_bw", host: "a0101" }],
});

function filledApp(): ReturnType<typeof testApp> {
  const all = testApp();
  const batch = all.services.ingest.begin("alex");
  for (let i = 0; i < 300; i++) batch.add(Buffer.from(`net_bw,host=a0101 value=${i} ${NOW - 6000 + i * 10}\n`));
  return all;
}

describe("a query", () => {
  test("is answered as JSON with its length", async () => {
    const response = await filledApp().app.request("/api/query?version=v2", { method: "POST", body: REQUEST });
    const text = await response.text();
    expect(text).toMatch(/^{"results":\[\[{"data":\[0\.000,1\.000,.*}\]\]}\n$/);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("content-length")).toBe(String(text.length));
  });

  test("may be compressed", async () => {
    const init = { method: "POST", body: gzipSync(REQUEST), headers: { "content-encoding": "gzip" } };
    expect((await filledApp().app.request("/api/query", init)).status).toBe(200);
  });

  test.each([
    ["", "EOF"],
    ["{", "unexpected EOF"],
    ['{"from":"x"}', "from"],
  ])("with the body '%s' is answered 400, as JSON: %s", async (body, message) => {
    const response = await testApp().app.request("/api/query", { method: "POST", body });
    expect(response.headers.get("content-type")).toBe("application/json");
    const [status, text] = await statusAndText(response);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { status: "Bad Request", error: expect.stringContaining(message) },
    ]);
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("of more than its limit is answered 413, which names the limit", async () => {
    const [status, text] = await statusAndText(
      testApp().app.request("/api/query", { method: "POST", body: " ".repeat(1001) }),
    );
    expect([status, JSON.parse(text).status]).toEqual([413, "Request Entity Too Large"]);
    expect(text).toContain("limit json-body-size-bytes");
  });
});

describe("compressed answers", () => {
  async function ask(acceptEncoding: string, body = REQUEST): Promise<Response> {
    return filledApp().app.request("/api/query", {
      method: "POST",
      body,
      headers: { "accept-encoding": acceptEncoding },
    });
  }

  test("a large answer is compressed for a client that takes it", async () => {
    const plain = await (await ask("identity")).text();
    const response = await ask("gzip, deflate");
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
    expect(response.headers.get("content-length")).toBe(String(body.length));
    expect(gunzipSync(body).toString()).toBe(plain);
  });

  test("a large answer tells caches that it depends on the client", async () => {
    const response = await ask("br");
    expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([null, "Accept-Encoding"]);
  });

  test("a small answer is not compressed", async () => {
    const response = await ask("gzip", "{}");
    expect([response.headers.get("content-encoding"), await response.text()]).toEqual([null, '{"results":[]}\n']);
  });

  test.each<[string | undefined, boolean]>([
    [undefined, false],
    ["", false],
    ["gzip", true],
    ["GZIP", true],
    ["x-gzip", true],
    ["br, gzip;q=0.1", true],
    ["gzip;q=0", false],
    ["gzip; q=0.000", false],
    ["*", true],
    ["*;q=0", false],
    ["gzip;q=0, *", false],
    ["identity;q=0.5, gzip;q=0.4", false],
    ["identity;q=0, gzip;q=0.4", true],
    ["br, deflate", false],
  ])("Accept-Encoding: %s takes gzip: %s", (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});
