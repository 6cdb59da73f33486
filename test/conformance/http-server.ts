// What holds for every HTTP server: of each runtime, and with TLS as well as without.

import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Services } from "../../src/http/services.ts";
import type { FetchHandler, HttpServer, HttpServerOptions, StartHttpServer } from "../../src/runtime/ports.ts";
import { line, NOW, RecordingIngest, testApp } from "../http/support.ts";
import { requestHead, SocketClient } from "../runtime/socket-client.ts";

export interface HttpServerUnderTest {
  readonly startHttpServer: StartHttpServer;
  /** With it, everything is said over TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

let startHttpServer: StartHttpServer;
let tls: HttpServerUnderTest["tls"];

export function describeHttpServer(name: string, setUp: () => HttpServerUnderTest): void {
  describe(`${name}:`, () => {
    beforeEach(() => {
      ({ startHttpServer, tls } = setUp());
    });
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    });
    describe("requests over a socket", testRequests);
    describe("bodies that are too large", testLargeBodies);
    describe("bodies that break off", testBrokenBodies);
    describe("the end of a server", testClosing);
  });
}

const OPTIONS: HttpServerOptions = {
  hostname: "127.0.0.1",
  port: 0,
  headersTimeoutMs: 5000,
  bodyTimeoutMs: 5000,
  closeTimeoutMs: 2000,
  onError: () => {},
};

const cleanups: (() => unknown)[] = [];

async function start(handler: FetchHandler, options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startUnclosed(handler, options);
  cleanups.push(() => server.close());
  return server;
}

/** For tests that close it themselves. */
function startUnclosed(handler: FetchHandler, options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  return startHttpServer(handler, { ...OPTIONS, ...(tls !== undefined && { tls }), ...options });
}

function startApp(services: Partial<Services> = {}, options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  return start(testApp(services).app, options);
}

function connect({ port }: HttpServer): SocketClient {
  const client = new SocketClient(port, tls === undefined ? "tcp" : "tls");
  cleanups.push(() => client.close());
  return client;
}

function post(path: string, body: string | Uint8Array, ...headers: string[]): Uint8Array {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(requestHead(`POST ${path}`, `Content-Length: ${bytes.length}`, ...headers)),
    bytes,
  ]);
}

async function eventually(check: () => void): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      return check();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  check();
}

function testRequests(): void {
  test("GET has a body, also a compressed one", async () => {
    const client = connect(await startApp());
    await client.send(post("/api/write", line("a0101", 1.5))).answer();
    const query = JSON.stringify({
      cluster: "alex",
      from: NOW - 600,
      to: NOW,
      queries: [{ metric: "cpu_load", host: "a0101" }],
    });
    const plain = await client.send(requestHead("GET /api/query", `Content-Length: ${query.length}`) + query).answer();
    expect(plain.body).toContain('"data":[1.500]');
    const zipped = gzipSync(query);
    client
      .send(requestHead("GET /api/query", `Content-Length: ${zipped.length}`, "Content-Encoding: gzip"))
      .send(zipped);
    expect((await client.answer()).body).toContain('"data":[1.500]');
  });

  test("a body may come in chunks of its own", async () => {
    const client = connect(await startApp());
    client.send(`${requestHead("GET /api/healthcheck", "Transfer-Encoding: chunked")}1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`);
    expect(await client.answer()).toMatchObject({ status: 200, body: "{}\n" });
  });

  test("an accepted write is answered empty, and the connection stays open for the next", async () => {
    const client = connect(await startApp());
    for (let i = 0; i < 3; i++) {
      const answer = await client.send(post("/api/write", line("a0101"))).answer();
      expect(answer).toMatchObject({ status: 200, body: "" });
      expect(answer.head).toMatch(/content-type: application\/json/i);
      expect(answer.head).toMatch(/content-length: 0/i);
    }
  });

  test.each([
    ["/api/./healthcheck?x=1", "/api/healthcheck?x=1"],
    ["/api/x/../healthcheck", "/api/healthcheck"],
    ["/api//healthcheck", "/api/healthcheck"],
  ])("%s is redirected to the clean path", async (path, location) => {
    const { status, head } = await connect(await startApp())
      .send(requestHead(`GET ${path}`))
      .answer();
    expect([status, /location: (.*)/i.exec(head)?.[1]]).toEqual([307, location]);
  });

  test("the default cluster is taken as it was sent", async () => {
    const ingest = new RecordingIngest();
    const client = connect(await startApp({ ingest: ingest.asIngest() }));
    await client.send(post('/api/write?x=1&cluster=my%2Dcl"', "x")).answer();
    expect(ingest.clusters).toEqual(['my%2Dcl"']);
  });

  test.each([
    ["no HTTP", 400, "hello\r\n\r\n"],
    ["a header without a colon", 400, "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"],
    ["no Host", 400, "GET / HTTP/1.1\r\n\r\n"],
    ["headers without end", 431, requestHead("GET /", `X: ${"x".repeat(20_000)}`)],
  ])("%s is answered %i", async (_, status, bytes) => {
    expect(
      (
        await connect(await startApp())
          .send(bytes)
          .answer()
      ).status,
    ).toBe(status);
  });

  test("HTTP/1.0 without Host is answered", async () => {
    expect(
      (
        await connect(await startApp())
          .send("GET /api/status HTTP/1.0\r\n\r\n")
          .answer()
      ).status,
    ).toBe(200);
  });
}

function testLargeBodies(): void {
  test("are refused by their announced length before they are sent", async () => {
    const client = connect(await startApp());
    const answer = await client.send(requestHead("POST /api/write", "Content-Length: 1000000000")).send("x").answer();
    expect(answer.status).toBe(413);
    expect(answer.body).toContain("limit body-size-bytes");
    await client.ended;
  });

  test.each(["POST /api/write", "GET /api/query", "POST /api/query"])(
    "%s: the client that goes on sending gets its answer",
    async (request) => {
      const client = connect(await startApp());
      client.send(requestHead(request, "Transfer-Encoding: chunked"));
      const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
      for (let i = 0; i < 40; i++) client.send(chunk);
      expect((await client.answer()).status).toBe(413);
      // Once the body is over the connection is good for the next request.
      client.send("0\r\n\r\n").send(requestHead("GET /api/status"));
      expect((await client.answer()).status).toBe(200);
    },
  );

  test.each(["POST /api/write", "GET /api/query"])("%s: a bomb is refused before its end", async (request) => {
    const bomb = gzipSync("x".repeat(5_000_000));
    const client = connect(await startApp());
    const chunk = (bytes: Uint8Array): Uint8Array =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
    client.send(requestHead(request, "Transfer-Encoding: chunked", "Content-Encoding: gzip")).send(chunk(bomb));
    expect((await client.answer()).status).toBe(413);
    client
      .send(chunk(Buffer.alloc(1_000_000)))
      .send("0\r\n\r\n")
      .send(requestHead("GET /api/status"));
    expect((await client.answer()).status).toBe(200);
  });
}

function testBrokenBodies(): void {
  test.each([[], ["Content-Encoding: gzip"]])("give up their batch (%s)", async (...headers) => {
    const ingest = new RecordingIngest();
    const client = connect(await startApp({ ingest: ingest.asIngest() }));
    const body = headers.length > 0 ? gzipSync("half") : Buffer.from("half");
    client.send(requestHead("POST /api/write", "Content-Length: 1000", ...headers)).send(body);
    await eventually(() => expect(ingest.clusters).toHaveLength(1));
    client.close();
    await eventually(() => expect(ingest.ends).toEqual(["abort"]));
  });

  test("after the token was checked and the client has gone give up their batch", async () => {
    const ingest = new RecordingIngest();
    let release: (() => void) | undefined;
    const { app } = testApp({ ingest: ingest.asIngest() });
    const slow: FetchHandler = {
      async fetch(request, env) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return app.fetch(request, env);
      },
    };
    const client = connect(await start(slow));
    client.send(requestHead("POST /api/write", "Content-Length: 1000")).send("half");
    await eventually(() => expect(release).toBeDefined());
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    release?.();
    await eventually(() => expect(ingest.ends).toEqual(["abort"]));
  });

  test("are cut off when they take too long", async () => {
    const ingest = new RecordingIngest();
    const client = connect(
      await startApp({ ingest: ingest.asIngest() }, { headersTimeoutMs: 100, bodyTimeoutMs: 200 }),
    );
    client.send(requestHead("POST /api/write", "Content-Length: 1000")).send("half");
    expect((await client.answer()).status).toBe(408);
    await client.ended;
    expect(ingest.ends).toEqual(["abort"]);
  });

  test("the second request of a connection has its time-outs, too, and the pause before it none", async () => {
    const client = connect(await startApp({}, { headersTimeoutMs: 200, bodyTimeoutMs: 300 }));
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, i * 400));
      expect((await client.send(requestHead("GET /api/status")).answer()).status).toBe(200);
    }
    client.send("GET /api/status HTTP/1.1\r\nHost:");
    expect((await client.answer()).status).toBe(408);
    await client.ended;
  });

  test("headers that take too long are cut off", async () => {
    const client = connect(await startApp({}, { headersTimeoutMs: 100, bodyTimeoutMs: 5000 }));
    client.send("GET /api/status HTTP/1.1\r\nHost:");
    expect((await client.answer()).status).toBe(408);
    await client.ended;
  });
}

function testClosing(): void {
  /** Answers every request only when it is told to. */
  function held(): FetchHandler & { release: () => void; readonly waiting: number } {
    const waiting: (() => void)[] = [];
    return {
      get waiting() {
        return waiting.length;
      },
      release: () => waiting.splice(0).forEach((go) => go()),
      async fetch() {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return new Response("done", { headers: { "Content-Length": "4" } });
      },
    };
  }

  test("requests in flight are answered, idle connections are closed, new ones refused", async () => {
    const handler = held();
    const server = await startUnclosed(handler);
    const [busy, idle] = [connect(server), connect(server)];
    idle.send(requestHead("GET /"));
    await eventually(() => expect(handler.waiting).toBe(1));
    handler.release();
    await idle.answer();
    busy.send(requestHead("GET /"));
    await eventually(() => expect(handler.waiting).toBe(1));
    const closing = server.close();
    await idle.ended;
    await expect(connect(server).send(requestHead("GET /")).answer()).rejects.toThrow("without an answer");
    handler.release();
    expect(await busy.answer()).toMatchObject({ status: 200, body: "done" });
    const answered = performance.now();
    await closing;
    expect(performance.now() - answered).toBeLessThan(OPTIONS.closeTimeoutMs / 2);
  });

  test("a request that never ends does not hold it up for ever", async () => {
    const handler = held();
    const server = await startUnclosed(handler, { closeTimeoutMs: 100 });
    const client = connect(server);
    client.send(requestHead("GET /"));
    await eventually(() => expect(handler.waiting).toBe(1));
    const begin = performance.now();
    await server.close();
    expect(performance.now() - begin).toBeLessThan(1500);
  });

  test("a port that is taken is an error", async () => {
    const { port } = await startApp();
    await expect(startUnclosed(testApp().app, { port })).rejects.toThrow("EADDRINUSE");
  });
}
