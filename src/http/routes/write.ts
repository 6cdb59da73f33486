// POST /api/write: samples in line protocol. The answer comes when they are safely stored.

import { quoteJson } from "../../codec/json/quote.ts";
import type { Batch } from "../../ingest/ingest.ts";
import type { IngestReport, Rejection } from "../../ingest/report.ts";
import { readBody } from "../body.ts";
import { HttpError, JSON_TYPE } from "../errors.ts";
import { targetOf, type AppContext, type RouteHandler } from "../raw-request.ts";
import type { Services } from "../services.ts";

/** A plain record, not `Headers`: that is the way of node-server which does not copy them. */
const ACCEPTED_HEADERS = { "Content-Type": JSON_TYPE, "Content-Length": "0" };

export function writeRoute(services: Services): RouteHandler {
  const { ingest } = services;
  return async (c) => {
    const batch = ingest.begin(clusterParameter(targetOf(c).query));
    await readInto(batch, c, services);
    const report = await batch.finish();
    if (report.rejected > 0) throw rejectionError(report);
    return new Response(null, { headers: ACCEPTED_HEADERS });
  };
}

/** Pieces go to the batch as they come; nothing of a large body is kept. */
async function readInto(batch: Batch, c: AppContext, { gzip, limits }: Services): Promise<void> {
  const limit = { name: "body-size-bytes", sizeBytes: limits.bodySizeBytes };
  try {
    await readBody(c, gzip, limit, (piece) => batch.add(piece));
  } catch (error) {
    batch.abort();
    throw error;
  }
}

/** The first `cluster` of a query string, not percent-decoded: the reference takes it as it stands. */
export function clusterParameter(query: string): string {
  if (query === "") return "";
  const parameter = query.split("&").find((part) => part.startsWith("cluster="));
  return parameter?.slice("cluster=".length) ?? "";
}

/** The valid lines are stored all the same, so the client is told how many, and which were not. */
function rejectionError({ stored, ignored, rejected, rejections }: IngestReport): HttpError {
  const message = rejections.length > 0 ? rejections[0].reason : `${rejected} lines rejected`;
  return new HttpError(400, message, {
    members: {
      stored: String(stored),
      ignored: String(ignored),
      rejected: String(rejected),
      lines: `[${rejections.map(rejectionJson).join(",")}]`,
    },
  });
}

function rejectionJson({ line, reason }: Rejection): string {
  return `{"line":${line},"reason":${quoteJson(reason)}}`;
}
