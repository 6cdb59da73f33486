// What `nsc` makes: an operator, an account and a user of it, as a server's configuration and as a credentials file.
import { nkeys } from "@nats-io/nats-core";
import { createHash } from "node:crypto";

type KeyPair = ReturnType<typeof nkeys.createUser>;

export interface Credentials {
  /** For the configuration of a server. */
  readonly serverConfig: string;
  /** The text of the file that `creds-file-path` names. */
  readonly file: string;
}

export function makeCredentials(): Credentials {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const user = nkeys.createUser();
  const unlimited = { subs: -1, data: -1, payload: -1 };
  const limits = { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const operatorJwt = jwtOf(operator, operator, "operator", {});
  const accountJwt = jwtOf(account, operator, "account", { limits });
  const userJwt = jwtOf(user, account, "user", { pub: {}, sub: {}, ...unlimited });
  return {
    serverConfig: [
      `operator: ${operatorJwt}`,
      "resolver: MEMORY",
      `resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
    ].join("\n"),
    file: [
      "-----BEGIN NATS USER JWT-----",
      userJwt,
      "------END NATS USER JWT------",
      "",
      "-----BEGIN USER NKEY SEED-----",
      new TextDecoder().decode(user.getSeed()),
      "------END USER NKEY SEED------",
      "",
    ].join("\n"),
  };
}

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt */
function jwtOf(subject: KeyPair, issuer: KeyPair, type: string, claims: object): string {
  const body = {
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { ...claims, type, version: 2 },
  };
  const jti = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  const head = base64({ typ: "JWT", alg: "ed25519-nkey" });
  const signed = `${head}.${base64({ ...body, jti })}`;
  const signature = issuer.sign(new TextEncoder().encode(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
