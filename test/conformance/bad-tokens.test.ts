// Tokens that must not open the door: each is answered 401 with its reason, changes nothing, and a good one still works.
import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectHealthy, lineOf, newHost, valuesOf } from "../support/bad-input.ts";
import { exchange, statusCodes } from "../support/raw-connection.ts";
import { startStore, type RunningStore } from "../support/store-process.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const otherKey = generateKeyPairSync("ed25519").privateKey;
/** The raw 32 bytes end the DER form. */
const rawPublicKey = publicKey.export({ type: "spki", format: "der" }).subarray(-32);

let store: RunningStore;
beforeAll(async () => {
  store = await startStore({ main: { "jwt-public-key": rawPublicKey.toString("base64") } });
});
afterAll(() => store.stop());

const EDDSA = { alg: "EdDSA", typ: "JWT" };
const NOW = Math.floor(Date.now() / 1000);

function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

function signed(header: unknown, claims: unknown, key: KeyObject = privateKey): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
}

function hmacSigned(claims: unknown): string {
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", rawPublicKey).update(text).digest("base64url")}`;
}

const good = signed(EDDSA, { sub: "collector", exp: NOW + 3600 });
const asGood = { Authorization: `Bearer ${good}` };
const [goodHeader, goodClaims, goodSignature] = good.split(".") as [string, string, string];

/** Value of the header → what the answer says. */
const badTokens: readonly (readonly [string, string | undefined, string | RegExp])[] = [
  ["no header", undefined, "Use JWT Authentication"],
  ["an empty token", "Bearer ", "Use JWT Authentication"],
  ["another scheme", "Basic dXNlcjpwYXNz", "Use JWT Authentication"],
  ["the scheme in lower case", `bearer ${good}`, "Use JWT Authentication"],
  ["a good token without its scheme", good, "Use JWT Authentication"],
  ["expired", `Bearer ${signed(EDDSA, { exp: NOW - 1 })}`, "Token is expired"],
  ["expired in 1970", `Bearer ${signed(EDDSA, { exp: 0 })}`, "Token is expired"],
  ["an expiry that is no number", `Bearer ${signed(EDDSA, { exp: "never" })}`, "Token is expired"],
  ["not valid yet", `Bearer ${signed(EDDSA, { nbf: NOW + 600 })}`, "Token is not valid yet"],
  ["issued in the future", `Bearer ${signed(EDDSA, { iat: NOW + 600 })}`, "Token used before issued"],
  ["unsigned", `Bearer ${goodHeader}.${goodClaims}.`, "ed25519: verification error"],
  [
    "unsigned, without its last dot",
    `Bearer ${goodHeader}.${goodClaims}`,
    "token contains an invalid number of segments",
  ],
  ["alg: none", `Bearer ${encode({ alg: "none" })}.${goodClaims}.`, "only Ed25519/EdDSA supported"],
  [
    "alg: NONE with a good signature",
    `Bearer ${encode({ alg: "NONE" })}.${goodClaims}.${goodSignature}`,
    "only Ed25519/EdDSA supported",
  ],
  ["no alg", `Bearer ${signed({}, {})}`, "only Ed25519/EdDSA supported"],
  ["HS256 with the public key as secret", `Bearer ${hmacSigned({ exp: NOW + 3600 })}`, "only Ed25519/EdDSA supported"],
  ["another key", `Bearer ${signed(EDDSA, { exp: NOW + 3600 }, otherKey)}`, "ed25519: verification error"],
  [
    "a key of the token's own",
    `Bearer ${signed({ ...EDDSA, jwk: generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }) }, {}, otherKey)}`,
    "ed25519: verification error",
  ],
  [
    "other claims under a good signature",
    `Bearer ${goodHeader}.${encode({ sub: "admin" })}.${goodSignature}`,
    "ed25519: verification error",
  ],
  [
    "a signature of zeros",
    `Bearer ${goodHeader}.${goodClaims}.${Buffer.alloc(64).toString("base64url")}`,
    "ed25519: verification error",
  ],
  ["half a signature", `Bearer ${good.slice(0, -40)}`, /verification error|illegal base64/],
  ["a critical extension that nobody knows", `Bearer ${signed({ ...EDDSA, crit: ["x"], x: 1 }, {})}`, /x/],
  ["one segment", "Bearer x", "token contains an invalid number of segments"],
  ["four segments", `Bearer ${good}.x`, "token contains an invalid number of segments"],
  ["three empty segments", "Bearer ..", "token header: expected a JSON object"],
  ["no base64", "Bearer a!.b.c", "illegal base64 data at input byte 1"],
  ["padding", `Bearer ${goodHeader}=.${goodClaims}.${goodSignature}`, "illegal base64 data at input byte 36"],
  [
    "a header that is no JSON",
    `Bearer ${encode("{")}.${goodClaims}.${goodSignature}`,
    "token header: expected a JSON object",
  ],
  [
    "a header that is null",
    `Bearer ${encode("null")}.${goodClaims}.${goodSignature}`,
    "token header: expected a JSON object",
  ],
  ["claims that are no object", `Bearer ${signed(EDDSA, "[1]")}`, "token claims: expected a JSON object"],
  ["claims that are no JSON", `Bearer ${signed(EDDSA, "exp=1")}`, "token claims: expected a JSON object"],
  ["10 kB of nonsense", `Bearer ${"x".repeat(10_000)}`, "token contains an invalid number of segments"],
];

describe("a token that is refused:", () => {
  test.each(badTokens)("%s", async (_, authorization, reason) => {
    const host = newHost();
    const headers = authorization === undefined ? undefined : { Authorization: authorization };
    const answer = await store.request("POST", "/api/write", lineOf(host, 1), headers);
    const body = typeof reason === "string" ? `${reason}\n` : (expect.stringMatching(reason) as string);
    expect(answer).toMatchObject({ status: 401, contentType: "text/plain; charset=utf-8", body });
    expect(answer.body).toMatch(/^[^\n]+\n$/);
    expect(await valuesOf(store, host, undefined, undefined, asGood)).toBeUndefined();
    await expectHealthy(store, asGood);
  });
});

describe("without a token", () => {
  test.each([
    ["GET", "/api/query"],
    ["POST", "/api/query/"],
    ["HEAD", "/api/query"],
    ["POST", "/api/write"],
    ["POST", "/api/write/deeper?cluster=alex"],
    ["POST", "/api/free?to=1"],
    ["GET", "/api/debug"],
    ["HEAD", "/api/debug"],
    ["GET", "/api/healthcheck"],
    ["GET", "/api/status"],
  ])("%s %s is answered 401", async (method, path) => {
    expect(await store.request(method, path, method === "HEAD" ? undefined : "[[]]")).toMatchObject({ status: 401 });
    await expectHealthy(store, asGood);
  });

  test("method and path are judged first, as in the original", async () => {
    expect(await store.request("DELETE", "/api/write")).toMatchObject({ status: 405 });
    expect(await store.request("GET", "/api/none")).toMatchObject({ status: 404 });
  });

  test("a large body is not waited for", async () => {
    const host = newHost();
    const answer = await store.request("POST", "/api/write", `${lineOf(host, 1)}\n`.repeat(20_000));
    expect(answer).toMatchObject({ status: 401, body: "Use JWT Authentication\n" });
    expect(await valuesOf(store, host, undefined, undefined, asGood)).toBeUndefined();
    await expectHealthy(store, asGood);
  });

  test("the lines of a refused body are not taken for requests of their own", async () => {
    const inner = "POST /api/free?to=9999999999 HTTP/1.1\r\nHost: store\r\n\r\n[[]]";
    const request = `POST /api/write HTTP/1.1\r\nHost: store\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
    const last = "GET /api/status HTTP/1.1\r\nHost: store\r\nConnection: close\r\n\r\n";
    expect(statusCodes(await exchange(store.port, request, last))).toEqual([401, 401]);
  });
});

describe("a good token", () => {
  test("stops to work in the second it expires, although its signature is known", async () => {
    const exp = Math.floor(Date.now() / 1000) + 2;
    const headers = { Authorization: `Bearer ${signed(EDDSA, { exp })}` };
    expect(await store.request("GET", "/api/status", undefined, headers)).toMatchObject({ status: 200 });
    await expect
      .poll(() => store.request("GET", "/api/status", undefined, headers), { timeout: 5000, interval: 200 })
      .toMatchObject({ status: 401, body: "Token is expired\n" });
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp);
  });

  test("works after 3000 bad and 1100 other good ones", async () => {
    const others = Array.from({ length: 1100 }, (_, i) => signed(EDDSA, { sub: `s${i}` }));
    const bad = Array.from({ length: 3000 }, (_, i) => `${goodHeader}.${goodClaims}.${encode(`bad${i}`)}`);
    for (let i = 0; i < 4100; i += 50) {
      const wave = [...bad, ...others].slice(i, i + 50);
      await Promise.all(
        wave.map((token) => store.request("GET", "/api/status", undefined, { Authorization: `Bearer ${token}` })),
      );
    }
    await expectHealthy(store, asGood);
  });
});
