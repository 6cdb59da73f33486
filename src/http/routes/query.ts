// GET /api/query: the values of metrics. The request is JSON in the body, with GET too.

import { readJsonBody } from "../body.ts";
import type { RouteHandler } from "../raw-request.ts";
import { jsonReply } from "../reply.ts";
import type { Services } from "../services.ts";

export function queryRoute(services: Services): RouteHandler {
  return async (c) => {
    const request = await readJsonBody(c, services);
    return jsonReply(c, services, await services.query.run(request));
  };
}
