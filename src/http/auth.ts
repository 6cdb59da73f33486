// Bearer tokens: JWTs signed with EdDSA (Ed25519). (spec §2; the texts are the reference's)

import { compactVerify, decodeProtectedHeader, errors } from "jose";
import { HttpError } from "./errors.ts";

/** Tokens whose signature is known to be good. A site has a handful; the oldest goes when there are more. */
export const VERIFIED_TOKENS_KEPT = 1024;

/** The claims that are checked; seconds since 1970. */
interface Claims {
  readonly exp?: unknown;
  readonly nbf?: unknown;
  readonly iat?: unknown;
}

/**
 * Checks the `Authorization` header. Returns nothing if the token is known and good, else the promise of its check.
 * @throws HttpError 401, at once or through the promise
 */
export type Authenticate = (authorization: string | undefined) => Promise<void> | undefined;

/**
 * @param publicKey raw Ed25519 key, 32 bytes
 * @param now Unix seconds
 */
export function createAuthenticator(publicKey: Uint8Array<ArrayBuffer>, now: () => number): Authenticate {
  const verified = new Map<string, Claims>();
  const key = crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  key.catch(() => {}); // reported by every request that needs the key

  return (authorization) => {
    const token = bearerToken(authorization);
    const known = verified.get(token);
    // A signature costs more than a small write, so that is checked once; the times are checked on every use.
    if (known !== undefined) {
      checkTimes(known, now());
      return undefined;
    }
    return (async () => {
      const claims = await verify(token, await key);
      checkTimes(claims, now());
      remember(verified, token, claims);
    })();
  };
}

function bearerToken(authorization: string | undefined): string {
  const token = authorization?.startsWith("Bearer ") ? authorization.slice("Bearer ".length) : "";
  if (token === "") throw unauthorized("Use JWT Authentication");
  return token;
}

async function verify(token: string, key: CryptoKey): Promise<Claims> {
  const segments = token.split(".");
  if (segments.length !== 3) throw unauthorized("token contains an invalid number of segments");
  for (const segment of segments) checkBase64(segment);
  if (algorithmOf(token) !== "EdDSA") throw unauthorized("only Ed25519/EdDSA supported");
  try {
    const { payload } = await compactVerify(token, key, { algorithms: ["EdDSA"] });
    return parseClaims(payload);
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) throw unauthorized("ed25519: verification error");
    if (error instanceof errors.JOSEError) throw unauthorized(error.message);
    throw error;
  }
}

function algorithmOf(token: string): unknown {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    throw unauthorized("token header: expected a JSON object");
  }
}

function parseClaims(payload: Uint8Array): Claims {
  let claims: unknown;
  try {
    claims = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    claims = undefined;
  }
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) {
    throw unauthorized("token claims: expected a JSON object");
  }
  return claims;
}

/** base64url without padding; the text names the byte that Go's decoder stumbles over. */
function checkBase64(segment: string): void {
  const bad = segment.search(/[^A-Za-z0-9_-]/);
  if (bad !== -1) throw unauthorized(`illegal base64 data at input byte ${bad}`);
  // Four characters are three bytes; one left over is no byte at all.
  if (segment.length % 4 === 1) throw unauthorized(`illegal base64 data at input byte ${segment.length - 1}`);
}

/** A time that is there but no number refuses the token: it was meant to limit it. */
function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (exp !== undefined && !(typeof exp === "number" && now < exp)) throw unauthorized("Token is expired");
  if (nbf !== undefined && !(typeof nbf === "number" && now >= nbf)) throw unauthorized("Token is not valid yet");
  if (iat !== undefined && !(typeof iat === "number" && now >= iat)) throw unauthorized("Token used before issued");
}

function remember(verified: Map<string, Claims>, token: string, claims: Claims): void {
  const [oldest] = verified.keys();
  if (verified.size >= VERIFIED_TOKENS_KEPT && oldest !== undefined) verified.delete(oldest);
  verified.set(token, claims);
}

function unauthorized(message: string): HttpError {
  return new HttpError(401, message, { format: "text" });
}
