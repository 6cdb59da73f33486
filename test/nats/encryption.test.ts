// TLS, WebSocket over TLS and credentials files with real servers.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { withoutOpenssl } from "../support/certificate.ts";
import { makeCredentials } from "../support/nats-creds.ts";
import { withoutNatsServer } from "../support/nats-server.ts";
import { freePort, killAll } from "../support/program.ts";
import { withNatsLab, type NatsLab } from "./nats-lab.ts";

afterAll(killAll);

const hpc = [{ "subscribe-to": "hpc" }];

interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly otherCa: string;
}

/** Runs `use` with a server that has a certificate of a CA of its own. `tls` stands in its configuration. */
async function withCertificates(
  configOf: (files: Certificates) => string,
  use: (lab: NatsLab, files: Certificates) => Promise<void>,
): Promise<void> {
  await withNatsLab("", async (lab) => {
    await lab.server.stop();
    const files = makeCertificates(lab.directory);
    await lab.server.start(configOf(files));
    await use(lab, files);
  });
}

function makeCertificates(directory: string): Certificates {
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: directory, stdio: "ignore" });
  const ca = (name: string): void =>
    openssl(
      "req",
      "-x509",
      "-newkey",
      "ed25519",
      "-nodes",
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
    );
  ca("ca");
  ca("other");
  writeFileSync(join(directory, "ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl("req", "-newkey", "ed25519", "-nodes", "-subj", "/CN=localhost", "-keyout", "nats.key", "-out", "nats.csr");
  openssl(
    "x509",
    "-req",
    "-days",
    "2",
    "-in",
    "nats.csr",
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-extfile",
    "ext",
    "-out",
    "nats.crt",
  );
  const path = (name: string): string => join(directory, name);
  return { ca: path("ca.crt"), cert: path("nats.crt"), key: path("nats.key"), otherCa: path("other.crt") };
}

const encrypting = ({ cert, key }: Certificates): string => `tls: { cert_file: "${cert}", key_file: "${key}" }`;

describe.skipIf(withoutNatsServer || withoutOpenssl)("TLS (needs nats-server and openssl)", () => {
  test.each(["tls", "nats"])("%s:// with the server's CA", (scheme) =>
    withCertificates(encrypting, async (lab, { ca }) => {
      await lab.startStore(hpc, { address: `${scheme}://127.0.0.1:${lab.server.port}`, "tls-ca-file": ca });
      await lab.untilSubscribed();
    }),
  );

  test("a server that wants certificates of its clients", () => {
    const verifying = (files: Certificates): string =>
      `tls: { cert_file: "${files.cert}", key_file: "${files.key}", ca_file: "${files.ca}", verify: true }`;
    return withCertificates(verifying, async (lab, { ca, cert, key }) => {
      const address = `tls://127.0.0.1:${lab.server.port}`;
      await lab.startStore(hpc, { address, "tls-ca-file": ca, "tls-cert-file": cert, "tls-key-file": key });
      await lab.untilSubscribed();
    });
  });

  test("TLS before the server's greeting", () => {
    const first = ({ cert, key }: Certificates): string =>
      `tls: { cert_file: "${cert}", key_file: "${key}", handshake_first: true }`;
    return withCertificates(first, async (lab, { ca }) => {
      const address = `tls://127.0.0.1:${lab.server.port}`;
      await lab.startStore(hpc, { address, "tls-ca-file": ca, "tls-handshake-first": true });
      await lab.untilSubscribed();
    });
  });

  test("a certificate of another CA is refused, and a file that is not there is told", () =>
    withCertificates(encrypting, async (lab, { otherCa }) => {
      const address = `tls://127.0.0.1:${lab.server.port}`;
      await lab.startStore(hpc, { address, "tls-ca-file": otherCa });
      const { core } = await lab.until("refused", (status) => status.core?.connection.state === "disconnected");
      expect(core?.connection.reason).toMatch(/certificate|issuer/i);
      await lab.kill();
      await lab.startStore(hpc, { address, "tls-ca-file": "/nowhere/ca.pem" });
      await lab.until("refused", (status) => /\/nowhere\/ca.pem/.test(status.core?.connection.reason ?? ""));
    }));

  test("a server without TLS is refused when TLS is asked for", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore(hpc, { address: `tls://127.0.0.1:${lab.server.port}` });
      await lab.until("refused", ({ core }) => /does not support 'tls'/.test(core?.connection.reason ?? ""));
    }));

  test("wss://", async () => {
    const port = await freePort();
    const config = ({ cert, key }: Certificates): string =>
      `websocket: { listen: "127.0.0.1:${port}", tls: { cert_file: "${cert}", key_file: "${key}" } }`;
    await withCertificates(config, async (lab, { ca, otherCa }) => {
      const address = `wss://127.0.0.1:${port}`;
      await lab.startStore(hpc, { address, "tls-ca-file": otherCa });
      await lab.until("refused", ({ core }) => core?.connection.state === "disconnected");
      await lab.kill();
      await lab.startStore(hpc, { address, "tls-ca-file": ca });
      await lab.untilSubscribed();
    });
  });
});

describe.skipIf(withoutNatsServer)("a credentials file (needs nats-server)", () => {
  test("is read at each connect, so that a new one counts without a restart", async () => {
    const { serverConfig, file } = makeCredentials();
    await withNatsLab(serverConfig, async (lab) => {
      const path = join(lab.directory, "store.creds");
      writeFileSync(path, makeCredentials().file);
      await lab.startStore(hpc, { "creds-file-path": path });
      await lab.until("refused", ({ core }) => /refuses the credentials/.test(core?.connection.reason ?? ""));
      writeFileSync(path, file);
      await lab.untilSubscribed();
    });
  });
});
