// Bodies that are empty, cut off, too large, wrongly encoded or broken: refused with a reason, what came whole is kept.
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, expectHealthy, lineOf, newHost, T0, valuesOf, withLimits } from "../support/bad-input.ts";
import { exchange, openConnection } from "../support/raw-connection.ts";
import { startStore, type RunningStore } from "../support/store-process.ts";

const LIMIT = 100_000;

let store: RunningStore;
/** With limits small enough to be reached. */
let small: RunningStore;
beforeAll(async () => {
  store = await startStore();
  small = await startStore(withLimits({ "body-size-bytes": LIMIT, "json-body-size-bytes": 2000 }));
});
afterAll(() => Promise.all([store.stop(), small.stop()]));

const POST_HEAD = "POST /api/write HTTP/1.1\r\nHost: store\r\nConnection: close\r\n";
const GZIP = { "Content-Encoding": "gzip" };

/** Lines of one host, blank lines behind them, `sizeBytes` together. */
function bodyOf(host: string, sizeBytes: number): string {
  return `${lineOf(host, 4)}\n`.padEnd(sizeBytes, "\n");
}

/** One chunk of the chunked transfer coding. */
function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

describe("a body of nothing", () => {
  test.each([
    ["no bytes", ""],
    ["blank lines", "\n\r\n  \n"],
    ["1 MB of blank lines", "\n".repeat(1 << 20)],
    ["1 MB of spaces in one line per kB", `${" ".repeat(1023)}\n`.repeat(1024)],
    ["comments", '# a\n  # b "open\n#'],
  ])("%s is a batch without samples", async (_, body) => {
    expect(await store.request("POST", "/api/write", body)).toMatchObject({ status: 200, body: "" });
    await expectHealthy(store);
  });

  test("blank lines count: the number of a bad line behind 1 MB of them is right", async () => {
    const host = newHost();
    const body = `${"\n".repeat(1 << 20)}cpu_load oops\n${lineOf(host, 4)}\n`;
    const { lines } = errorOf(await store.request("POST", "/api/write", body), 400);
    expect(lines).toEqual([{ line: (1 << 20) + 1, reason: expect.stringMatching(/^at line 1048577:14: /) as string }]);
    expect(await valuesOf(store, host)).toEqual([4]);
  });

  test("an empty query is answered with EOF", async () => {
    expect(errorOf(await store.request("GET", "/api/query", ""), 400).error).toBe("EOF");
    expect(errorOf(await store.request("GET", "/api/query"), 400).error).toBe("EOF");
    await expectHealthy(store);
  });
});

describe("a body cut off", () => {
  test("mid-line, but sent as a whole: the cut line is named, the others are stored", async () => {
    const host = newHost();
    const body = `${lineOf(host, 1)}\n${lineOf(host, 2, T0 + 60)}\ncpu_load,cluster=alex,hostn`;
    const { stored, lines } = errorOf(await store.request("POST", "/api/write", body), 400);
    expect(stored).toBe(2);
    expect(lines).toEqual([
      { line: 3, reason: `at line 3:23: expected '=' after tag key "hostn", but got end of input instead` },
    ]);
    expect(await valuesOf(store, host, T0, T0 + 120)).toEqual([1, 2]);
    await expectHealthy(store);
  });

  test("mid-line by the connection: complete lines are stored, half a number is not taken for a number", async () => {
    const host = newHost();
    const sent = `${lineOf(host, 1)}\n${lineOf(host, 2, T0 + 60)}\n${lineOf(host, 3, T0 + 120).slice(0, -1)}`;
    await exchangeAndHangUp(`${POST_HEAD}Content-Length: ${sent.length + 100}\r\n\r\n${sent}`);
    await expect.poll(() => valuesOf(store, host, T0, T0 + 120)).toEqual([1, 2]);
    expect(await valuesOf(store, host, T0, 2 * T0)).toEqual([1, 2]);
    await expectHealthy(store);
  });

  test("between chunks: complete lines are stored", async () => {
    const host = newHost();
    await exchangeAndHangUp(
      `${POST_HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(`${lineOf(host, 1)}\n${lineOf(host, 2, T0 + 60)}`)}`,
    );
    await expect.poll(() => valuesOf(store, host, T0, T0 + 120)).toEqual([1]);
    await expectHealthy(store);
  });

  async function exchangeAndHangUp(request: string): Promise<void> {
    const connection = await openConnection(store.port);
    connection.send(request);
    connection.socket.end();
    await connection.receive();
    connection.destroy();
  }
});

describe("a body at the limit", () => {
  test("of exactly the limit is taken", async () => {
    const host = newHost();
    expect(await small.request("POST", "/api/write", bodyOf(host, LIMIT))).toMatchObject({ status: 200 });
    expect(await valuesOf(small, host)).toEqual([4]);
  });

  test("of exactly the limit, in chunks without a length, is taken", async () => {
    const host = newHost();
    const body = bodyOf(host, LIMIT);
    const answer = await exchange(
      small.port,
      `${POST_HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(body.slice(0, 10))}${chunk(body.slice(10))}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(await valuesOf(small, host)).toEqual([4]);
  });

  test("of one byte more is refused, and nothing of it stored, since its length says so", async () => {
    const host = newHost();
    const { error } = errorOf(await small.request("POST", "/api/write", bodyOf(host, LIMIT + 1)), 413);
    expect(error).toBe("body: expected at most 100000 bytes (limit body-size-bytes), found more");
    expect(await valuesOf(small, host)).toBeUndefined();
    await expectHealthy(small);
  });

  test("of one byte more in chunks is refused when the byte comes", async () => {
    const answer = await exchange(
      small.port,
      `${POST_HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(bodyOf(newHost(), LIMIT + 1))}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("expected at most 100000 bytes (limit body-size-bytes)");
    await expectHealthy(small);
  });

  test("JSON bodies have a limit of their own", async () => {
    const fits = '{"queries":[]}'.padEnd(2000);
    expect(await small.request("GET", "/api/query", fits)).toMatchObject({ status: 200 });
    const { error } = errorOf(await small.request("GET", "/api/query", `${fits} `), 413);
    expect(error).toBe("body: expected at most 2000 bytes (limit json-body-size-bytes), found more");
    await expectHealthy(small);
  });
});

describe("a body of 1 GB", () => {
  test.each(["/api/write", "/api/query", "/api/free?to=1", "/api/healthcheck"])(
    "announced to %s is refused before anything is sent",
    async (path) => {
      const answer = await exchangeUntil(
        store.port,
        `POST ${path} HTTP/1.1\r\nHost: store\r\nContent-Length: 1073741824\r\n\r\n`,
        /\}\n/,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toMatch(/expected at most \d+ bytes \(limit (json-)?body-size-bytes\)/);
      await expectHealthy(store);
    },
  );

  test("a length beyond every number is refused", async () => {
    const answer = await exchange(store.port, `${POST_HEAD}Content-Length: 99999999999999999999999999\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    await expectHealthy(store);
  });

  test("really streamed: the answer comes at the limit, the memory stays, and the client is not listened to for long", async () => {
    const connection = await openConnection(small.port);
    const piece = chunk(`${lineOf("flood", 1)}\n`.repeat(1000));
    const watch = watchMemory();
    connection.send(`${POST_HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    let sentBytes = 0;
    const answered = (): boolean => connection.received().includes("}\n");
    while (!answered() && sentBytes < 1 << 30 && !connection.isClosed()) {
      connection.send(piece);
      sentBytes += piece.length;
      // A client that did nothing but send would not see the answer before its sending fails.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(connection.received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(sentBytes).toBeLessThan(100 * LIMIT);
    expect(watch.peakBytes()).toBeLessThan(64 << 20);
    watch.stop();
    connection.destroy();
    await expectHealthy(small);
  });

  async function exchangeUntil(port: number, request: string, pattern: RegExp): Promise<string> {
    const connection = await openConnection(port);
    connection.send(request);
    const answer = await connection.receive((text) => pattern.test(text));
    connection.destroy();
    return answer;
  }
});

describe("Content-Encoding", () => {
  test("gzip is read, and a bad line in it named", async () => {
    const host = newHost();
    const body = gzipSync(`${lineOf(host, 1)}\ncpu_load oops\n${lineOf(host, 2, T0 + 60)}`);
    const { stored, lines } = errorOf(await store.request("POST", "/api/write", body, GZIP), 400);
    expect({ stored, lines }).toMatchObject({ stored: 2, lines: [{ line: 2 }] });
    expect(await valuesOf(store, host, T0, T0 + 120)).toEqual([1, 2]);
  });

  test.each(["br", "deflate", "zstd", "gzip, gzip", "nonsense"])(
    "%s is not known: 415 tells what is",
    async (encoding) => {
      const host = newHost();
      const answer = await store.request("POST", "/api/write", lineOf(host, 1), { "Content-Encoding": encoding });
      expect(errorOf(answer, 415).error).toBe(`Content-Encoding: expected gzip or identity, found ${encoding}`);
      expect(answer.headers["accept-encoding"]).toBe("gzip");
      expect(await valuesOf(store, host)).toBeUndefined();
      await expectHealthy(store);
    },
  );

  test.each([
    ["no gzip at all", () => Buffer.from(lineOf("plain", 1))],
    ["an empty body", () => Buffer.alloc(0)],
    ["a cut stream", (whole: Buffer) => whole.subarray(0, whole.length - 9)],
    ["a flipped checksum", (whole: Buffer) => withFlippedByte(whole, whole.length - 6)],
    ["a flipped byte in the middle", (whole: Buffer) => withFlippedByte(whole, whole.length >> 1)],
    ["rubbish behind the stream", (whole: Buffer) => Buffer.concat([whole, Buffer.from("rubbish")])],
  ])("broken gzip, %s: 400 says what was expected", async (_, broken) => {
    const host = newHost();
    const body = broken(gzipSync(`${lineOf(host, 1)}\n`.repeat(1000)));
    const answer = await store.request("POST", "/api/write", body, GZIP);
    expect(errorOf(answer, 400).error).toMatch(/^body: expected gzip \(Content-Encoding\), found: /);
    await expectHealthy(store);
  });

  test("a gzip bomb stops at the limit of the decompressed size, with the memory it had", async () => {
    const bomb = gzipSync(Buffer.alloc(256 << 20, "\n"), { level: 9 });
    expect(bomb.length).toBeLessThan(1 << 20);
    const tight = await startStore(withLimits({ "body-size-bytes": 1 << 20, "json-body-size-bytes": 1 << 20 }));
    const watch = watchMemory();
    try {
      const { error } = errorOf(await tight.request("POST", "/api/write", bomb, GZIP), 413);
      expect(error).toBe("body: expected at most 1048576 bytes (limit body-size-bytes), found more");
      expect(errorOf(await tight.request("POST", "/api/query", bomb, GZIP), 413).error).toContain(
        "json-body-size-bytes",
      );
      expect(watch.peakBytes()).toBeLessThan(64 << 20);
      await expectHealthy(tight);
    } finally {
      watch.stop();
      await tight.stop();
    }
  });
});

/** The most memory of buffers in use since now, above what is in use now. */
function watchMemory(): { peakBytes(): number; stop(): void } {
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)), 1);
  return { peakBytes: () => peak, stop: () => clearInterval(timer) };
}

function withFlippedByte(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 0x55;
  return copy;
}
