// POST /api/checkpoint: writes what is not in a snapshot yet; the answer comes when it is durable.

import { HttpError } from "../errors.ts";
import type { RouteHandler } from "../raw-request.ts";
import { jsonReply, jsonText } from "../reply.ts";
import type { Services } from "../services.ts";

export function checkpointRoute(services: Services): RouteHandler {
  return async (c) => {
    if (services.checkpoint === undefined) throw new HttpError(404, "404 page not found", { format: "text" });
    const { written, failures } = await services.checkpoint();
    if (failures.length === 0) return jsonReply(c, services, jsonText({ hostsWritten: written }));
    for (const failure of failures) services.reportError(failure, "checkpoint");
    throw new HttpError(503, `${failures.length} hosts could not be written: ${String(failures[0])}`, {
      members: { hostsWritten: String(written) },
    });
  };
}
