// What holds for every HTTPS server whose certificate changes while it listens.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpServer, StartHttpServer } from "../../src/runtime/ports.ts";
import { testApp } from "../http/support.ts";
import { makeCertificate } from "../support/certificate.ts";

let directory: string;
let server: HttpServer;

const file = (name: string): string => join(directory, name);

export function describeCertificates(name: string, startHttpServer: StartHttpServer): void {
  describe(`${name}:`, () => {
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "pegel-tls-"));
      for (const owner of ["first", "second"]) makeCertificate(directory, owner);
      use("first");
      server = await startHttpServer(testApp().app, {
        hostname: "127.0.0.1",
        port: 0,
        tls: { certFile: file("server.crt"), keyFile: file("server.key") },
        headersTimeoutMs: 1000,
        bodyTimeoutMs: 1000,
        closeTimeoutMs: 1000,
        onError: () => {},
      });
    });
    afterAll(async () => {
      await server.close();
      rmSync(directory, { recursive: true });
    });
    testChanges();
  });
}

function testChanges(): void {
  test("a new certificate is used after it is read again", async () => {
    expect(await ask()).toEqual([200, "first"]);
    use("second");
    expect(await ask()).toEqual([200, "first"]);
    await server.reloadTls();
    expect(await ask()).toEqual([200, "second"]);
  });

  test.each<[string, () => void]>([
    ["that is no certificate", () => writeFileSync(file("server.crt"), "nonsense")],
    ["that does not fit its key", () => copyFileSync(file("first.crt"), file("server.crt"))],
    ["whose key is no key", () => writeFileSync(file("server.key"), "nonsense")],
    ["whose file is gone", () => rmSync(file("server.crt"))],
  ])("one %s is refused, the old one stays", async (_, damage) => {
    use("second");
    await server.reloadTls();
    damage();
    await expect(server.reloadTls()).rejects.toThrow("server.crt");
    expect(await ask()).toEqual([200, "second"]);
  });
}

function use(owner: string): void {
  copyFileSync(file(`${owner}.crt`), file("server.crt"));
  copyFileSync(file(`${owner}.key`), file("server.key"));
}

/** Status of the answer, and the name in the certificate. */
function ask(): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const options = {
      port: server.port,
      host: "127.0.0.1",
      path: "/api/status",
      rejectUnauthorized: false,
      agent: false,
    };
    request(options, (response) => {
      const certificate = (response.socket as TLSSocket).getPeerCertificate();
      response.resume();
      resolve([response.statusCode, String(certificate.subject.CN)]);
    })
      .on("error", reject)
      .end();
  });
}
