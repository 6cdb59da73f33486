// GET /api/status: what the server has done and holds, for monitoring.

import type { RouteHandler } from "../raw-request.ts";
import { jsonReply, jsonText } from "../reply.ts";
import type { Services } from "../services.ts";

export function statusRoute(services: Services): RouteHandler {
  return (c) => jsonReply(c, services, jsonText(services.status()));
}
