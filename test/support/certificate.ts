// Certificates for the tests of TLS, made with openssl.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** Whether the tests of TLS are left out, which CI does not allow: there a missing tool is a failure. */
export const withoutOpenssl = !hasOpenssl && process.env["CI"] === undefined;

/** Writes NAME.crt and NAME.key, of somebody called so. */
export function makeCertificate(directory: string, name: string): void {
  const files = ["-keyout", join(directory, `${name}.key`), "-out", join(directory, `${name}.crt`)];
  const subject = ["-subj", `/CN=${name}`, "-days", "2", ...files];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", ...subject], { stdio: "ignore" });
}
