import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { HttpNodeProvider } from "../../src/upkeep/http-node-provider.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function backend(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

const answering =
  (body: string, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(body);

const cutOff: RequestListener = (_, response) => void response.write('{"alex":[');

describe("what the backend answers", () => {
  test("is asked for with the time in whole seconds, and taken as it is", async () => {
    const asked: (string | undefined)[] = [];
    const backendUrl = await backend((request, response) => {
      asked.push(request.url);
      response.end('{"alex":["a0101","a0102"],"fritz":[]}');
    });
    const used = await new HttpNodeProvider({ backendUrl }).usedNodes(1_700_000_000.75);
    expect(used).toEqual({ alex: ["a0101", "a0102"], fritz: [] });
    expect(asked).toEqual(["/api/jobs/used_nodes?ts=1700000000"]);
  });

  test.each([
    ["null, as Go writes an empty map", "null", {}],
    ["null for a list of none", '{"alex":null}', { alex: [] }],
    ["an empty object", "{}", {}],
  ])("%s", async (_, body, expected) => {
    expect(await new HttpNodeProvider({ backendUrl: await backend(answering(body)) }).usedNodes(1)).toEqual(expected);
  });
});

describe("what is refused, with the URL and what was expected", () => {
  test.each([
    ["an error page", answering("<html>", 500), "expected status 200, found 500"],
    ["a page of HTML", answering("<html>hello"), 'expected JSON, found "<html>hello"'],
    ["nothing", answering(""), 'expected JSON, found ""'],
    ["a list", answering("[]"), 'expected {"cluster": ["host", …]}, found Array'],
    ["a host that is a number", answering('{"alex":["a",1]}'), "found 1 at alex.1"],
    ["too much", answering(`{"alex":["${"x".repeat(5000)}"]}`), "expected at most 4096 bytes, found more"],
  ])("%s", async (_, listener, message) => {
    const provider = new HttpNodeProvider({ backendUrl: await backend(listener), maxSizeBytes: 4096 });
    const failure = provider.usedNodes(7);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow("/api/jobs/used_nodes?ts=7");
  });

  test.each([
    ["that never answers", () => {}],
    ["that stops in the middle", cutOff],
  ])("a backend %s", async (_, listener) => {
    const provider = new HttpNodeProvider({ backendUrl: await backend(listener), timeoutMs: 50 });
    await expect(provider.usedNodes(7)).rejects.toThrow(/timeout|timed out/);
  });

  test("a backend that is not there", async () => {
    await expect(new HttpNodeProvider({ backendUrl: "http://127.0.0.1:1" }).usedNodes(7)).rejects.toThrow(
      /127\.0\.0\.1:1\/api/,
    );
  });
});
