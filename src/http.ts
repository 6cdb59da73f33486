// The HTTP API of a store, to be served by any server that speaks `fetch`, or mounted in a Hono app.

import { createApp, type App } from "./http/app.ts";
import type { Store } from "./library/store.ts";

export type { App } from "./http/app.ts";

export interface HttpApiOptions {
  /** Raw 32-byte Ed25519 public key: each request then needs a token signed with the other half. */
  readonly jwtPublicKey?: Uint8Array<ArrayBuffer>;
  /** Told of failures of the store itself, which no client is told in full. */
  readonly reportError?: (error: unknown, context: string) => void;
  /** What `/api/status` tells besides. */
  readonly about?: () => Record<string, unknown>;
  /** Files of the documentation's user interface by name; without it there is no /swagger/. */
  readonly swaggerAsset?: (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/**
 * The whole API (`/api/write`, `/api/query`, …) as a Hono app; `app.fetch` is its handler.
 *
 * The reference's clients send GET with a body, which the native servers of Bun and Deno drop without a word, as does the
 * Web's `Request`: behind those, clients must use POST. A server of `node:http` that passes its request on as
 * `env.incoming` (`@hono/node-server` does) takes both.
 */
export function createHttpApi(store: Store, options: HttpApiOptions = {}): App {
  const { engine, ingest, queries, jobs, persistence, limits, platform, problems } = store.parts;
  const { jwtPublicKey, swaggerAsset, about } = options;
  return createApp({
    store: engine,
    ingest,
    query: queries,
    jobs: jobs.answers,
    limits,
    gzip: platform.gzip,
    now: () => platform.clock.now(),
    yieldToOthers: () => platform.scheduler.yieldToOthers(),
    status: () => ({ ...about?.(), ...store.status() }),
    reportError: options.reportError ?? ((error, context) => problems.report(context, error)),
    ...(persistence !== undefined && { checkpoint: () => persistence.checkpoint() }),
    ...(jwtPublicKey !== undefined && { jwtPublicKey }),
    ...(swaggerAsset !== undefined && { swaggerAsset }),
  });
}
