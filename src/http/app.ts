// The HTTP API: which path is served by what. (spec §2)

import { Hono } from "hono";
import { createAuthenticator } from "./auth.ts";
import { redirectToCleanPath } from "./clean-path.ts";
import { errorResponse } from "./errors.ts";
import { guard, type Method } from "./guard.ts";
import type { Bindings, RouteHandler } from "./raw-request.ts";
import { checkpointRoute } from "./routes/checkpoint.ts";
import { debugRoute } from "./routes/debug.ts";
import { freeRoute } from "./routes/free.ts";
import { healthcheckRoute } from "./routes/healthcheck.ts";
import { jobRoute } from "./routes/job.ts";
import { nodeListRoute, nodeRoute } from "./routes/node.ts";
import { queryRoute } from "./routes/query.ts";
import { statusRoute } from "./routes/status.ts";
import { pageNotFound, swaggerRoute } from "./routes/swagger.ts";
import { writeRoute } from "./routes/write.ts";
import type { Services } from "./services.ts";

export type App = Hono<{ Bindings: Bindings }>;

/** Reading; with POST too, for clients that cannot send a body with GET. */
const READ: readonly Method[] = ["GET", "HEAD", "POST"];
const LOOK: readonly Method[] = ["GET", "HEAD"];
/** Changing, and what carries a body and is not in the reference. */
const CHANGE: readonly Method[] = ["POST"];

/** A server of the whole API: `app.fetch` behind a listener, `app.request` in tests. */
export function createApp(services: Services): App {
  const app: App = new Hono();
  const { jwtPublicKey, now, reportError } = services;
  const authenticate = jwtPublicKey && createAuthenticator(jwtPublicKey, now);
  const withToken = (methods: readonly Method[], handle: RouteHandler): RouteHandler =>
    guard(methods, authenticate, handle);

  // `/*` also stands for the path itself, with and without a slash at its end.
  app.all("/api/write/*", withToken(CHANGE, writeRoute(services)));
  app.all("/api/query/*", withToken(READ, queryRoute(services)));
  app.all("/api/job/data/*", withToken(CHANGE, jobRoute(services, "jobData")));
  app.all("/api/job/stats/*", withToken(CHANGE, jobRoute(services, "jobStats")));
  app.all("/api/job/scoped-stats/*", withToken(CHANGE, jobRoute(services, "jobScopedStats")));
  app.all("/api/node/data/*", withToken(CHANGE, nodeRoute(services)));
  app.all("/api/node-list/data/*", withToken(CHANGE, nodeListRoute(services)));
  app.all("/api/free/*", withToken(CHANGE, freeRoute(services)));
  app.all("/api/debug/*", withToken(LOOK, debugRoute(services)));
  app.all("/api/healthcheck/*", withToken(READ, healthcheckRoute(services)));
  app.all("/api/checkpoint/*", withToken(CHANGE, checkpointRoute(services)));
  app.all("/api/status/*", withToken(LOOK, statusRoute(services)));
  app.all("/swagger/*", guard(LOOK, undefined, swaggerRoute(services)));

  app.notFound((c) => redirectToCleanPath(c) ?? pageNotFound().toResponse());
  app.onError((error, c) => errorResponse(error, (detail) => reportError(detail, `${c.req.method} ${c.req.path}`)));
  return app;
}
