// POST /api/node/data, /api/node-list/data: the metrics of nodes, whatever runs on them.

import type { RouteHandler } from "../raw-request.ts";
import type { Services } from "../services.ts";
import { jobRoute } from "./job.ts";

/** Each node as a whole. */
export function nodeRoute(services: Services): RouteHandler {
  return jobRoute(services, "nodeData");
}

/** In the scopes asked for. */
export function nodeListRoute(services: Services): RouteHandler {
  return jobRoute(services, "nodeListData");
}
