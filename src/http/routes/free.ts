// POST /api/free?to=<unix>: frees buffers that end before a time.

import * as v from "valibot";
import { decodeJson } from "../../query/decode.ts";
import { RequestError } from "../../query/request-error.ts";
import { textList } from "../../query/schema-parts.ts";
import { readJsonBody } from "../body.ts";
import { HttpError } from "../errors.ts";
import type { RouteHandler } from "../raw-request.ts";
import { textReply } from "../reply.ts";
import type { Services } from "../services.ts";

/** Paths of levels, `[["cluster","host",…],…]`; the empty path is everything. */
export const freeRequestSchema = v.nullable(v.array(v.nullable(textList(), []), "a list of lists of strings"), []);

const MAX_INT64 = 2n ** 63n - 1n;

export function freeRoute(services: Services): RouteHandler {
  const { store } = services;
  return async (c) => {
    const to = parseTime(c.req.query("to"));
    const selectors = decodeSelectors(await readJsonBody(c, services));
    let freed = 0;
    for (const selector of selectors) freed += store.free(selector, to);
    return textReply(`buffers freed: ${freed}\n`);
  };
}

/** The texts and the odd status 500 are the reference's. */
function parseTime(to: string | undefined): number {
  if (to === undefined || to === "") throw new HttpError(400, "'to' is a required query parameter");
  if (!/^[+-]?\d+$/.test(to)) throw notParsed(to, "invalid syntax");
  const magnitude = BigInt(to.replace(/^[+-]/, ""));
  if (magnitude > MAX_INT64) throw notParsed(to, "value out of range");
  return Number(to);
}

function notParsed(to: string, reason: string): HttpError {
  return new HttpError(500, `strconv.ParseInt: parsing ${JSON.stringify(to)}: ${reason}`);
}

/** This route alone answers a bad body with a bare text. */
function decodeSelectors(body: Uint8Array): string[][] {
  try {
    return decodeJson(freeRequestSchema, body);
  } catch (error) {
    if (error instanceof RequestError) throw new HttpError(400, error.message, { format: "text" });
    throw error;
  }
}
