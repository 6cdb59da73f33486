// What holds for the look at a server, on every runtime.

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Platform } from "../../src/runtime/ports.ts";

export function describeProbe(name: string, probe: Platform["probe"]): void {
  describe(`${name}:`, () => {
    test("it brings the status and the beginning of the body", async () => {
      const url = await serve((_, response) => response.writeHead(503).end("x".repeat(5000)));
      const { status, text } = await probe(url, 5000);
      expect([status, /^x+$/.test(text), text.length < 1000]).toEqual([503, true, true]);
    });

    test.each<[string, RequestListener]>([
      ["does not answer", () => {}],
      ["stops in the middle", (_, response) => void response.writeHead(200, { "Content-Length": "100" }).write("half")],
    ])("a server that %s is given up", async (_, listener) => {
      await expect(probe(await serve(listener), 50)).rejects.toThrow("no answer in 50 ms");
    });

    test("a server that is not there is an error", async () => {
      await expect(probe(new URL("http://127.0.0.1:1/"), 5000)).rejects.toThrow();
    });
  });
}

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/status`);
}
