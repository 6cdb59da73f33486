import { SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createAuthenticator, VERIFIED_TOKENS_KEPT } from "../../src/http/auth.ts";
import { NOW, statusAndText, testApp } from "./support.ts";

let ours: CryptoKeyPair;
let others: CryptoKeyPair;
let publicKey: Uint8Array<ArrayBuffer>;

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
}

beforeAll(async () => {
  ours = await newKeys();
  others = await newKeys();
  publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
});

function sign(payload: JWTPayload, key = ours.privateKey): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: "EdDSA", typ: "JWT" }).sign(key);
}

function ask(authorization: string | undefined): Promise<[number, string]> {
  const { app } = testApp({ jwtPublicKey: publicKey });
  return statusAndText(app.request("/api/status", { headers: authorization === undefined ? {} : { authorization } }));
}

describe("tokens", () => {
  test.each<[string, JWTPayload]>([
    ["without times", { sub: "x", roles: ["admin"] }],
    ["without claims", {}],
    ["within its times", { exp: NOW + 1, nbf: NOW, iat: NOW }],
  ])("a token %s is good", async (_, payload) => {
    expect((await ask(`Bearer ${await sign(payload)}`))[0]).toBe(200);
  });

  const refused: [string, string, () => Promise<string | undefined> | string | undefined][] = [
    ["none", "Use JWT Authentication", () => undefined],
    ["an empty one", "Use JWT Authentication", () => "Bearer "],
    ["one without a scheme", "Use JWT Authentication", () => sign({})],
    ["one with another spelling of Bearer", "Use JWT Authentication", async () => `bearer ${await sign({})}`],
    ["a password", "Use JWT Authentication", () => "Basic dXNlcjpwYXNz"],
    ["one word", "token contains an invalid number of segments", () => "Bearer abc"],
    ["four segments", "token contains an invalid number of segments", async () => `Bearer ${await sign({})}.x`],
    ["letters", "illegal base64 data at input byte 0", () => "Bearer a.b.c"],
    ["a second space", "illegal base64 data at input byte 0", async () => `Bearer  ${await sign({})}`],
    ["no JSON", "token header: expected a JSON object", () => "Bearer AAAA.AAAA.AAAA"],
    ["an unsigned one", "only Ed25519/EdDSA supported", () => `Bearer ${new UnsecuredJWT({}).encode()}`],
    ["an expired one", "Token is expired", async () => `Bearer ${await sign({ exp: NOW })}`],
    ["one that is too young", "Token is not valid yet", async () => `Bearer ${await sign({ nbf: NOW + 1 })}`],
    ["one from the future", "Token used before issued", async () => `Bearer ${await sign({ iat: NOW + 1 })}`],
    ["a time that is no number", "Token is expired", async () => `Bearer ${await sign({ exp: "x" as never })}`],
    ["one of another key", "ed25519: verification error", async () => `Bearer ${await sign({}, others.privateKey)}`],
    [
      "an expired one of another key",
      "ed25519: verification error",
      async () => `Bearer ${await sign({ exp: 1 }, others.privateKey)}`,
    ],
  ];
  test.each(refused)("%s is refused: %s", async (_, message, authorization) => {
    expect(await ask(await authorization())).toEqual([401, `${message}\n`]);
  });

  test("a token signed with the public key as a secret (HS256) is refused", async () => {
    const token = await new SignJWT({}).setProtectedHeader({ alg: "HS256" }).sign(publicKey);
    expect(await ask(`Bearer ${token}`)).toEqual([401, "only Ed25519/EdDSA supported\n"]);
  });

  test("the claims of one token do not go with the signature of another", async () => {
    const [header, , signature] = (await sign({ exp: 1 })).split(".");
    const [, claims] = (await sign({ exp: NOW + 9 })).split(".");
    expect(await ask(`Bearer ${header}.${claims}.${signature}`)).toEqual([401, "ed25519: verification error\n"]);
  });

  test("without a key no token is asked for", async () => {
    expect((await testApp().app.request("/api/status")).status).toBe(200);
  });
});

describe("verified tokens", () => {
  test("the signature of a token is checked once", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const authenticate = createAuthenticator(publicKey, () => NOW);
    const authorization = `Bearer ${await sign({ sub: "twice" })}`;
    await authenticate(authorization);
    expect(verify).toHaveBeenCalledOnce();
    expect(authenticate(authorization)).toBeUndefined();
    verify.mockRestore();
  });

  test("a token that expires is refused although its signature is known", async () => {
    let now = NOW;
    const authenticate = createAuthenticator(publicKey, () => now);
    const authorization = `Bearer ${await sign({ exp: NOW + 10 })}`;
    await authenticate(authorization);
    now += 10;
    expect(() => authenticate(authorization)).toThrow("Token is expired");
  });

  test("a bad token is never remembered", async () => {
    const authenticate = createAuthenticator(publicKey, () => NOW);
    const authorization = `Bearer ${await sign({}, others.privateKey)}`;
    await expect(authenticate(authorization)).rejects.toThrow("verification error");
    await expect(authenticate(authorization)).rejects.toThrow("verification error");
  });

  test("the oldest is forgotten when there are too many", async () => {
    const authenticate = createAuthenticator(publicKey, () => NOW);
    const first = `Bearer ${await sign({ sub: "first" })}`;
    await authenticate(first);
    for (let i = 1; i < VERIFIED_TOKENS_KEPT; i++) await authenticate(`Bearer ${await sign({ sub: String(i) })}`);
    expect(authenticate(first)).toBeUndefined();
    await authenticate(`Bearer ${await sign({ sub: "last" })}`);
    expect(authenticate(first)).toBeInstanceOf(Promise);
  });
});
