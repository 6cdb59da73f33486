// GET /api/healthcheck: which hosts send what is expected of them. The request is JSON in the body, with GET too.

import * as v from "valibot";
import { quoteJson } from "../../codec/json/quote.ts";
import type { HostHealth } from "../../core/store.ts";
import { decodeJson } from "../../query/decode.ts";
import { RequestError } from "../../query/request-error.ts";
import { refusingLists, text, textList } from "../../query/schema-parts.ts";
import { readJsonBody } from "../body.ts";
import type { RouteHandler } from "../raw-request.ts";
import { jsonReply } from "../reply.ts";
import type { Services } from "../services.ts";

/** Unlike the other requests this one refuses members it does not know. */
export const healthRequestSchema = v.nullable(
  refusingLists(
    v.strictObject(
      {
        cluster: v.optional(text(), ""),
        nodes: v.optional(textList(), []),
        "metric-names": v.optional(textList(), []),
      },
      "an object",
    ),
  ),
  {},
);

export function healthcheckRoute(services: Services): RouteHandler {
  return async (c) => {
    const request = decodeRequest(await readJsonBody(c, services));
    const now = services.now();
    // A host asked for twice is still one member of the answer.
    const members = Array.from(new Set(request.nodes), (host) => {
      const health = services.store.hostHealth(request.cluster, host, request["metric-names"], now);
      return `${quoteJson(host)}:${healthJson(health)}`;
    });
    return jsonReply(c, services, `{${members.join(",")}}\n`);
  };
}

function decodeRequest(body: Uint8Array): v.InferOutput<typeof healthRequestSchema> {
  try {
    return decodeJson(healthRequestSchema, body);
  } catch (error) {
    if (error instanceof RequestError) throw new RequestError(`parsing request body failed: ${error.message}`);
    throw error;
  }
}

/** `HealthMetrics` is JSON as a string inside JSON; empty for a host that is not known. */
function healthJson({ state, metrics }: HostHealth): string {
  const lists = metrics && `{"degraded":${listJson(metrics.degraded)},"missing":${listJson(metrics.missing)}}`;
  return `{"State":${quoteJson(state)},"HealthMetrics":${quoteJson(lists ?? "")}}`;
}

function listJson(names: readonly string[]): string {
  return `[${names.map(quoteJson).join(",")}]`;
}
