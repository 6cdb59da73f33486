// The certificate of a server of HTTPS, and whether it can be used.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { codeOf, messageOf } from "./errors.ts";

/** Two texts of PEM that fit each other. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** @throws Error if a file cannot be read or the two do not fit each other */
export async function readCertificate(files: { certFile: string; keyFile: string }): Promise<Certificate> {
  const cert = await readPem(files.certFile);
  const key = await readPem(files.keyFile);
  try {
    check({ cert, key });
  } catch (error) {
    throw new Error(`${files.certFile}, ${files.keyFile}: ${messageOf(error)}`, { cause: error });
  }
  return { cert, key };
}

/** A key is often root's alone: a server that has dropped its privileges cannot read it again. */
async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) !== "EACCES") throw error;
    const user = `the user with the number ${process.geteuid?.()}, as whom this process runs`;
    const remedy = "let that user read it (chgrp, chmod g+r), or restart: a start reads it before it drops privileges";
    throw new Error(`${path}: permission denied to ${user}; ${remedy}`, { cause: error });
  }
}

function check({ cert, key }: Certificate): void {
  // Deno takes any text for a context, and fails at the first handshake.
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error("the key is not that of the certificate");
  }
  createSecureContext({ cert, key });
}
