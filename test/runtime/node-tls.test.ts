import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHttpServer } from "../../src/runtime/node.ts";
import type { HttpServer } from "../../src/runtime/ports.ts";
import { testApp } from "../http/support.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe.skipIf(!hasOpenssl && process.env["CI"] === undefined)("HTTPS (certificates are made with openssl)", () => {
  let directory: string;
  let server: HttpServer;

  const file = (name: string): string => join(directory, name);

  function makeCertificate(name: string): void {
    const subject = ["-subj", `/CN=${name}`, "-days", "2", "-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
    execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", ...subject], { stdio: "ignore" });
  }

  function use(name: string): void {
    copyFileSync(file(`${name}.crt`), file("server.crt"));
    copyFileSync(file(`${name}.key`), file("server.key"));
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "pegel-tls-"));
    makeCertificate("first");
    makeCertificate("second");
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
    ["whose file is gone", () => rmSync(file("server.crt"))],
  ])("one %s is refused, the old one stays", async (_, damage) => {
    use("second");
    await server.reloadTls();
    damage();
    await expect(server.reloadTls()).rejects.toThrow("server.crt");
    expect(await ask()).toEqual([200, "second"]);
  });
});
