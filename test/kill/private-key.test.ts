// A key that is root's alone, as most are: it is read before the privileges are dropped, and cannot be read again after.
import { chmodSync, copyFileSync } from "node:fs";
import { connect } from "node:tls";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { makeCertificate, withoutOpenssl } from "../support/certificate.ts";
import { killAll, startProgram, writeConfig } from "../support/program.ts";
import { asNobody, isRoot, withLab } from "./lab.ts";

afterAll(killAll);

/** Whose certificate a server shows. */
function commonName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describe.skipIf(!isRoot || withoutOpenssl)("a key that only root may read (needs root, and openssl)", () => {
  test("SIGHUP says who may not read what, and what to do; the old certificate stays; a restart takes the new one", () =>
    withLab(async (lab) => {
      lab.giveToNobody();
      for (const name of ["server", "renewed"]) makeCertificate(lab.directory, name);
      const [certFile, keyFile] = ["server.crt", "server.key"].map((name) => join(lab.directory, name));
      chmodSync(keyFile, 0o600);
      const main = { ...asNobody.main, "https-cert-file": certFile, "https-key-file": keyFile };
      const args = ["-config", writeConfig(lab.directory, { main })];
      const program = startProgram(args);
      const port = await program.listening();
      copyFileSync(join(lab.directory, "renewed.crt"), certFile);
      copyFileSync(join(lab.directory, "renewed.key"), keyFile);
      program.kill("SIGHUP");
      await program.printed(/the old one stays/);
      await program.printed(/server\.key: permission denied to the user with the number 65534/);
      await program.printed(/let that user read it \(chgrp, chmod g\+r\), or restart/);
      expect(await commonName(port)).toBe("server");

      chmodSync(keyFile, 0o644);
      program.kill("SIGHUP");
      await expect.poll(() => commonName(port), { timeout: 20_000 }).toBe("renewed");
      program.kill("SIGTERM");
      expect((await program.exited).code).toBe(0);
      chmodSync(keyFile, 0o600);
      const again = startProgram(args);
      expect(await commonName(await again.listening())).toBe("renewed");
      again.kill("SIGTERM");
      expect((await again.exited).code).toBe(0);
    }));
});
