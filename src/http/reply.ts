// Answers, compressed where the client wants it and it is worth the time.

import { JSON_TYPE, TEXT_TYPE } from "./errors.ts";
import type { AppContext } from "./raw-request.ts";
import type { Services } from "./services.ts";

const utf8 = new TextEncoder();

/** What JSON.stringify leaves as it is but must not stand in HTML or JavaScript; only strings hold these characters. */
const UNSAFE = /[<>&\u2028\u2029]/g;

/** A value as JSON and a newline. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSAFE, unicodeEscape)}\n`;
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A JSON body with status 200. */
export async function jsonReply(
  c: AppContext,
  services: Services,
  json: Uint8Array<ArrayBuffer> | string,
): Promise<Response> {
  const body = typeof json === "string" ? utf8.encode(json) : json;
  if (body.length < services.limits.gzipMinSizeBytes) return jsonResponse(body, {});
  const headers = { Vary: "Accept-Encoding" };
  if (!acceptsGzip(c.req.header("accept-encoding"))) return jsonResponse(body, headers);
  return jsonResponse(await services.gzip.compress(body), { ...headers, "Content-Encoding": "gzip" });
}

export function textReply(text: string): Response {
  const body = utf8.encode(text);
  return new Response(body, { headers: { "Content-Type": TEXT_TYPE, "Content-Length": String(body.length) } });
}

function jsonResponse(body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Response {
  return new Response(body, {
    headers: { "Content-Type": JSON_TYPE, "Content-Length": String(body.length), ...headers },
  });
}

/** Whether the client takes gzip and does not like the uncompressed form better. (RFC 9110 §12.5.3) */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const weights = new Map<string, number>();
  for (const item of (acceptEncoding ?? "").toLowerCase().split(",")) {
    const [coding, ...parameters] = item.split(";").map((part) => part.trim());
    weights.set(coding, weightOf(parameters));
  }
  const gzip = weights.get("gzip") ?? weights.get("x-gzip") ?? weights.get("*") ?? 0;
  return gzip > 0 && gzip >= (weights.get("identity") ?? 0);
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  return weight === undefined ? 1 : Number(weight.slice("q=".length)) || 0;
}
