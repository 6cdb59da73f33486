import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parseCommandLine } from "../../src/service/command-line.ts";
import { localUrl, runHealth } from "../../src/service/health-command.ts";
import { platform } from "../support/runtime.ts";
import { startStore } from "../support/store-process.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Exit code and what was printed, to stdout and to stderr. */
async function health(url: string | undefined, config = "{}"): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await runHealth(
    { kind: "health", url, configPath: "config.json" },
    {
      ...platform,
      readText: async () => config,
      print: (line) => (out += line),
      printError: (line) => (err += line),
    },
  );
  return { code, out, err };
}

async function answering(status: number, body: string): Promise<string> {
  const server: Server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a store that answers is well, with tokens and without", async () => {
  for (const main of [{}, { "jwt-public-key": "kzfYrYy+TzpanWZHJ5qSdMj5uKUWgq74BWhQG6copP0=" }]) {
    const store = await startStore({ main });
    closers.push(() => store.stop());
    expect(await health(`http://127.0.0.1:${store.port}`)).toEqual({ code: 0, out: "ok", err: "" });
  }
});

test("the address is that of the configuration", async () => {
  const store = await startStore();
  closers.push(() => store.stop());
  const config = {
    main: { addr: `0.0.0.0:${store.port}` },
    metrics: {},
    "metric-store": { "retention-in-memory": "1h", "memory-cap": 0 },
  };
  expect(await health(undefined, JSON.stringify(config))).toEqual({ code: 0, out: "ok", err: "" });
  expect(await health(undefined, "{")).toMatchObject({
    code: 1,
    err: expect.stringContaining("config.json: not JSON"),
  });
});

test("a store that still loads is not, and what it says is shown", async () => {
  const url = await answering(503, '{"error":"loading: 3 hosts so far"}\n');
  expect(await health(url)).toEqual({
    code: 1,
    out: "",
    err: `${url} answers 503: {"error":"loading: 3 hosts so far"}`,
  });
});

test("nobody there", async () => {
  const { code, err } = await health("http://127.0.0.1:1");
  expect([code, err]).toEqual([1, expect.stringMatching(/ECONNREFUSED|refused|connect/i)]);
});

test("a server that never answers is given up", async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect(platform.probe(url, 50)).rejects.toThrow("no answer in 50 ms");
});

test.each([
  [{ listen: { hostname: undefined, port: 80 }, tls: undefined }, "http://127.0.0.1:80"],
  [{ listen: { hostname: "0.0.0.0", port: 8080 }, tls: undefined }, "http://127.0.0.1:8080"],
  [{ listen: { hostname: "::", port: 8080 }, tls: undefined }, "http://[::1]:8080"],
  [{ listen: { hostname: "10.0.0.7", port: 443 }, tls: { certFile: "c", keyFile: "k" } }, "https://10.0.0.7:443"],
])("where a server that listens on %j is found", (main, url) => {
  expect(localUrl(main)).toBe(url);
});

test.each([
  [[], { url: undefined, configPath: "./config.json" }],
  [["http://h:1"], { url: "http://h:1", configPath: "./config.json" }],
  [["-config", "c.json"], { url: undefined, configPath: "c.json" }],
])("health %j", (args, expected) => {
  expect(parseCommandLine(["health", ...args])).toEqual({ kind: "health", ...expected });
});

test.each([
  [["h:1"], 'expected a URL such as http://127.0.0.1:8080, found "h:1"'],
  [["http://a", "http://b"], "health needs one URL at most, not 2"],
  [["-dev"], "flag provided but not defined for health: -dev"],
])("health %j is refused: %s", (args, message) => {
  expect(parseCommandLine(["health", ...args])).toMatchObject({
    kind: "error",
    message: expect.stringContaining(message),
  });
});
