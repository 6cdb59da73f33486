// Requests that are no HTTP, come too slowly, or ask for what does not exist: answered or cut off, never in the way.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, expectHealthy, lineOf, newHost, T0, valuesOf, withLimits } from "../support/bad-input.ts";
import { exchange, openConnection, statusCodes } from "../support/raw-connection.ts";
import { startStore, type RunningStore } from "../support/store-process.ts";

let store: RunningStore;
/** Waits half a second for headers, and long for all else. */
let hasty: RunningStore;
/** Waits a second for bodies. */
let impatient: RunningStore;
beforeAll(async () => {
  store = await startStore();
  hasty = await startStore(withLimits({ "headers-timeout-ms": 500, "body-timeout-ms": 20_000 }));
  impatient = await startStore(
    withLimits({ "headers-timeout-ms": 500, "body-timeout-ms": 1000, "points-per-result": 10_000_000 }),
  );
});
afterAll(() => Promise.all([store.stop(), hasty.stop(), impatient.stop()]));

const HOST = "Host: store\r\n";
const CLOSE = `${HOST}Connection: close\r\n`;

describe("a wrong method", () => {
  test.each([
    ["GET", "/api/write", "POST"],
    ["PUT", "/api/write", "POST"],
    ["HEAD", "/api/free?to=1", "POST"],
    ["DELETE", "/api/free", "POST"],
    ["PATCH", "/api/query", "GET, HEAD, POST"],
    ["OPTIONS", "/api/healthcheck", "GET, HEAD, POST"],
    ["POST", "/api/debug", "GET, HEAD"],
    ["DELETE", "/api/status/deeper", "GET, HEAD"],
    ["PROPFIND", "/api/query/", "GET, HEAD, POST"],
  ])("%s %s is answered 405 and told what is allowed", async (method, path, allow) => {
    const answer = await store.request(method, path, method === "HEAD" ? undefined : lineOf("method", 1));
    expect(answer).toMatchObject({ status: 405, contentType: "text/plain; charset=utf-8", headers: { allow } });
    expect(answer.body).toBe(method === "HEAD" ? "" : "Method Not Allowed\n");
    expect(await valuesOf(store, "method")).toBeUndefined();
    await expectHealthy(store);
  });

  test.each(["CONNECT store:80", "FOO /", "get /"])("%s is answered and costs only its connection", async (start) => {
    expect(await exchange(store.port, `${start} HTTP/1.1\r\n${CLOSE}\r\n`)).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    await expectHealthy(store);
  });
});

describe("an unknown path", () => {
  test.each([
    "/",
    "/api",
    "/api/",
    "/api/writes",
    "/API/write",
    "/api/querx/",
    "/metrics",
    "/%2e%2e/etc/passwd",
    "/api/%00",
    "/api/%ff",
    "/favicon.ico",
    `/${"x".repeat(8000)}`,
  ])("%s is answered 404", async (path) => {
    const answer = await store.request("POST", path, lineOf("path", 1));
    expect(answer).toMatchObject({
      status: 404,
      contentType: "text/plain; charset=utf-8",
      body: "404 page not found\n",
    });
    expect(await valuesOf(store, "path")).toBeUndefined();
    await expectHealthy(store);
  });

  test.each([
    ["//api/write", "/api/write"],
    ["/api/../api/write", "/api/write"],
    ["/../../etc/passwd", "/etc/passwd"],
    ["//evil.example/x", "/evil.example/x"],
  ])("%s is sent to the clean path, on this host", async (path, location) => {
    const answer = await exchange(store.port, `POST ${path} HTTP/1.1\r\n${CLOSE}Content-Length: 0\r\n\r\n`);
    expect(statusCodes(answer)).toEqual([307]);
    expect(answer.toLowerCase()).toContain(`\r\nlocation: ${location}\r\n`);
    await expectHealthy(store);
  });

  test.each(["*", "http://[", "http://", "?", "api/write", "http://other/api/none"])(
    "the target %s is answered with a 4xx",
    async (target) => {
      expect(await exchange(store.port, `GET ${target} HTTP/1.1\r\n${CLOSE}\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /);
      await expectHealthy(store);
    },
  );
});

describe("HEAD", () => {
  test.each(["/api/status", "/api/debug", "/api/query", "/api/healthcheck"])(
    "%s has headers and no body",
    async (path) => {
      const answer = await exchange(store.port, `HEAD ${path} HTTP/1.1\r\n${CLOSE}Content-Length: 2\r\n\r\n{}`);
      expect(statusCodes(answer)).toEqual([200]);
      expect(answer.endsWith("\r\n\r\n")).toBe(true);
      await expectHealthy(store);
    },
  );
});

/** What is sent → the only status that is right, and no second answer. */
const malformed: readonly (readonly [string, string | Uint8Array, number])[] = [
  ["no HTTP", "cpu_load,cluster=alex,hostname=x value=1\n\n", 400],
  ["TLS", Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03), 400],
  ["zeros", new Uint8Array(4096), 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["a version that does not exist", `GET /api/status HTTP/9.9\r\n${CLOSE}\r\n`, 400],
  ["no host", "GET /api/status HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
  ["a header without a colon", `GET /api/status HTTP/1.1\r\n${CLOSE}nonsense\r\n\r\n`, 400],
  ["a NUL byte in a header", `GET /api/status HTTP/1.1\r\n${CLOSE}X: a\0b\r\n\r\n`, 400],
  ["a header of 100 kB", `GET /api/status HTTP/1.1\r\n${CLOSE}X: ${"x".repeat(100_000)}\r\n\r\n`, 431],
  ["10,000 headers", `GET /api/status HTTP/1.1\r\n${CLOSE}${"X: 1\r\n".repeat(10_000)}\r\n`, 431],
  ["a path of 100 kB", `GET /${"x".repeat(100_000)} HTTP/1.1\r\n${CLOSE}\r\n`, 431],
  ["a length that is no number", `POST /api/write HTTP/1.1\r\n${CLOSE}Content-Length: ten\r\n\r\n`, 400],
  ["a negative length", `POST /api/write HTTP/1.1\r\n${CLOSE}Content-Length: -1\r\n\r\n`, 400],
  ["two lengths", `POST /api/write HTTP/1.1\r\n${CLOSE}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 400],
  [
    "a length and chunks",
    `POST /api/write HTTP/1.1\r\n${CLOSE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ["an unknown transfer coding", `POST /api/write HTTP/1.1\r\n${CLOSE}Transfer-Encoding: rot13\r\n\r\n`, 400],
  [
    "a chunk size that is no number",
    `POST /api/write HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\nxyz\r\nfoo\r\n0\r\n\r\n`,
    400,
  ],
  [
    "a chunk longer than it says",
    `POST /api/write HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n1\r\nfoo\r\n0\r\n\r\n`,
    400,
  ],
  [
    "a chunk size of 40 digits",
    `POST /api/write HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(40)}\r\nfoo\r\n`,
    400,
  ],
];

describe("malformed HTTP:", () => {
  test.each(malformed)("%s", async (_, bytes, status) => {
    expect(statusCodes(await exchange(store.port, bytes))).toEqual([status]);
    await expectHealthy(store);
  });

  test("lines that came before a broken chunk are stored", async () => {
    const host = newHost();
    const text = `${lineOf(host, 1)}\n`;
    const chunks = `${text.length.toString(16)}\r\n${text}\r\nno size\r\n`;
    await exchange(store.port, `POST /api/write HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n${chunks}`);
    await expect.poll(() => valuesOf(store, host)).toEqual([1]);
    await expectHealthy(store);
  });

  test("HTTP/1.0 without a host is served", async () => {
    expect(statusCodes(await exchange(store.port, "GET /api/status HTTP/1.0\r\n\r\n"))).toEqual([200]);
  });

  test("Expect: 100-continue is answered before the body is sent", async () => {
    const [host, connection] = [newHost(), await openConnection(store.port)];
    connection.send(
      `POST /api/write HTTP/1.1\r\n${CLOSE}Expect: 100-continue\r\nContent-Length: ${lineOf(host, 1).length}\r\n\r\n`,
    );
    await connection.receive((text) => text.includes("100 Continue"));
    connection.send(lineOf(host, 1));
    expect(statusCodes(await connection.receive())).toEqual([100, 200]);
    expect(await valuesOf(store, host)).toEqual([1]);
    connection.destroy();
  });
});

describe("a slow client", () => {
  test.each([
    ["nothing at all", ""],
    ["half a request line", "POST /api/wr"],
    ["headers that never end", `POST /api/write HTTP/1.1\r\n${HOST}X: 1\r\n`],
  ])("that sends %s is cut off after the time-out of headers", async (_, sent) => {
    const connection = await openConnection(hasty.port);
    const start = performance.now();
    connection.send(sent);
    expect(statusCodes(await connection.receive())).toEqual([408]);
    expect(performance.now() - start).toBeLessThan(4000);
    await expectHealthy(hasty);
  });

  test("that sends a header line every 100 ms is cut off all the same", async () => {
    const connection = await openConnection(hasty.port);
    connection.send(`POST /api/write HTTP/1.1\r\n${HOST}`);
    const timer = setInterval(() => connection.send("X: 1\r\n"), 100);
    const start = performance.now();
    expect(statusCodes(await connection.receive())).toEqual([408]);
    clearInterval(timer);
    expect(performance.now() - start).toBeLessThan(4000);
    await expectHealthy(hasty);
  });

  test.each([
    ["stalls", undefined],
    ["comes byte by byte", "x"],
  ])("whose body %s is cut off after the time-out of bodies; its complete lines are stored", async (_, trickle) => {
    const [host, connection] = [newHost(), await openConnection(impatient.port)];
    const start = performance.now();
    connection.send(
      `POST /api/write HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\n${lineOf(host, 1)}\n${lineOf(host, 2, T0 + 60)}`,
    );
    const timer = setInterval(() => trickle !== undefined && connection.send(trickle), 100);
    const answer = await connection.receive();
    clearInterval(timer);
    expect(performance.now() - start).toBeLessThan(4000);
    expect(answer === "" || answer.startsWith("HTTP/1.1 4")).toBe(true);
    expect(await valuesOf(impatient, host, T0, T0 + 120)).toEqual([1]);
    await expectHealthy(impatient);
  });

  test("is no burden to others: 300 open connections that say nothing", async () => {
    const idle = await Promise.all(Array.from({ length: 300 }, () => openConnection(impatient.port)));
    for (const connection of idle) connection.send("POST /api/write HTTP/1.1\r\n");
    await expectHealthy(impatient);
    await Promise.all(idle.map((connection) => connection.receive()));
    for (const connection of idle) connection.destroy();
    await expectHealthy(impatient);
  });

  test("that never takes its answer is cut off", async () => {
    const [host, connection] = [newHost(), await openConnection(impatient.port)];
    await impatient.request("POST", "/api/write", lineOf(host, 1));
    // 8 million nulls of padding, 40 MB: more than the buffers of the two sockets hold.
    const body = JSON.stringify({
      cluster: "alex",
      from: T0 - 480_000_000,
      to: T0 + 60,
      queries: [{ metric: "cpu_load", host }],
    });
    connection.send(`POST /api/query HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`);
    await connection.receive((text) => text !== "");
    connection.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 6000));
    connection.socket.resume();
    const answer = await connection.receive();
    expect(answer.length).toBeLessThan(30_000_000);
    connection.destroy();
    await expectHealthy(impatient);
  });
});

describe("many requests on one connection", () => {
  test("pipelined ones are answered in their order, bad ones included", async () => {
    const host = newHost();
    const post = (body: string): string =>
      `POST /api/write HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`;
    const requests = [
      post(lineOf(host, 1)),
      post("cpu_load oops"),
      `GET /api/none HTTP/1.1\r\n${HOST}\r\n`,
      `PUT /api/write HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
      post(lineOf(host, 2, T0 + 60)),
      `GET /api/query HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\n[]`,
      `GET /api/status HTTP/1.1\r\n${CLOSE}\r\n`,
    ];
    expect(statusCodes(await exchange(store.port, requests.join("")))).toEqual([200, 400, 404, 405, 200, 400, 200]);
    expect(await valuesOf(store, host, T0, T0 + 120)).toEqual([1, 2]);
    await expectHealthy(store);
  });

  test("1000 pipelined posts are all stored", async () => {
    const host = newHost();
    const bodies = Array.from({ length: 1000 }, (_, i) => lineOf(host, i, T0 + i * 60));
    const requests = bodies.map(
      (body, i) =>
        `POST /api/write HTTP/1.1\r\n${i === 999 ? CLOSE : HOST}Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    const codes = statusCodes(await exchange(store.port, requests.join("")));
    expect(codes).toEqual(Array(1000).fill(200));
    expect(await valuesOf(store, host, T0, T0 + 60_000)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test("a refused body does not keep the connection from its next request", async () => {
    const host = newHost();
    const body = `${lineOf(host, 1)}\n`.repeat(1000);
    const refused = `POST /api/write HTTP/1.1\r\n${HOST}Content-Encoding: br\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const last = `GET /api/status HTTP/1.1\r\n${CLOSE}\r\n`;
    expect(statusCodes(await exchange(store.port, refused, last))).toEqual([415, 200]);
    expect(await valuesOf(store, host)).toBeUndefined();
  });
});

describe("a client that hangs up", () => {
  test.each([0, 1, 20, 100])("%d ms after it asked for a large answer, 20 times over", async (delayMs) => {
    const host = newHost();
    await store.request("POST", "/api/write", lineOf(host, 1));
    const body = JSON.stringify({
      cluster: "alex",
      from: T0 - 12_000_000,
      to: T0 + 60,
      queries: [{ metric: "cpu_load", host }],
    });
    for (let i = 0; i < 20; i++) {
      const connection = await openConnection(store.port);
      connection.send(`GET /api/query HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      connection.socket.resetAndDestroy();
    }
    await expectHealthy(store);
  });

  test("in the middle of a debug dump", async () => {
    const lines = Array.from({ length: 5000 }, () => lineOf(newHost(), 1));
    await store.request("POST", "/api/write", lines.join("\n"));
    for (let i = 0; i < 10; i++) {
      const connection = await openConnection(store.port);
      connection.send(`GET /api/debug HTTP/1.1\r\n${HOST}\r\n`);
      await connection.receive((text) => text.length > 0);
      connection.socket.resetAndDestroy();
    }
    await expectHealthy(store);
  });

  test("in the middle of its post: complete lines are stored", async () => {
    const [host, connection] = [newHost(), await openConnection(store.port)];
    connection.send(
      `POST /api/write HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n${lineOf(host, 1)}\n${lineOf(host, 2, T0 + 60)}`,
    );
    await expect.poll(() => valuesOf(store, host, T0, T0 + 120)).toEqual([1]);
    connection.socket.resetAndDestroy();
    await expectHealthy(store);
    expect(await valuesOf(store, host, T0, T0 + 120)).toEqual([1]);
  });
});

test("an error tells nothing of the inside of the store", async () => {
  const answer = await store.request("GET", "/api/query", "{");
  expect(errorOf(answer, 400).error).not.toMatch(/\.ts|\.js|node_modules|at .*\(/);
});
