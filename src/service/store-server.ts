// Composition: the only place where the parts of a store server are built and wired.

import { MetricStore } from "../core/store.ts";
import { createApp } from "../http/app.ts";
import { Ingest } from "../ingest/ingest.ts";
import { QueryService } from "../query/query-service.ts";
import type { HttpServer, Platform } from "../runtime/ports.ts";
import type { LoadedConfig } from "./config.ts";
import type { Logger } from "./log.ts";
import { watchRejections } from "./rejection-watch.ts";
import { startRetention } from "./retention-worker.ts";
import { statusOf } from "./status.ts";

export interface StoreServerOptions {
  readonly config: LoadedConfig;
  readonly platform: Platform;
  readonly log: Logger;
  readonly version: string;
  /** With the API documentation under /swagger/. */
  readonly dev: boolean;
}

/** A running store server. */
export interface StoreServer {
  /** The port it listens on. */
  readonly port: number;
  readonly store: MetricStore;
  /** Reads the TLS certificate again; what goes wrong is logged and the old one stays. */
  reloadTls(): Promise<void>;
  /** Finishes the requests in flight and stops. */
  stop(): Promise<void>;
}

/** How long a stop waits for requests in flight. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Builds a store server, and starts it. Rejects when it cannot listen, use its certificate or drop its privileges.
 */
export async function startStoreServer(options: StoreServerOptions): Promise<StoreServer> {
  const { config, platform, log } = options;
  const { limits, retentionMs } = config.metricStore;
  const now = (): number => platform.clock.now();
  const store = new MetricStore({ metrics: config.metrics, maxSeries: limits.seriesCount });
  const ingest = new Ingest({ store, limits, retentionSeconds: retentionMs / 1000, now });
  const http = await startHttp(options, store, ingest);
  await dropPrivileges(options, http);
  const stopWorkers = [
    startRetention({ store, retentionMs, clock: platform.clock, scheduler: platform.scheduler, log }),
    watchRejections(ingest.counters, platform.scheduler, log),
  ];
  return {
    port: http.port,
    store,
    reloadTls: () => reloadTls(http, log),
    async stop() {
      for (const stopWorker of stopWorkers) stopWorker();
      await http.close();
    },
  };
}

function startHttp(options: StoreServerOptions, store: MetricStore, ingest: Ingest): Promise<HttpServer> {
  const { config, platform, log, version, dev } = options;
  const { limits } = config.metricStore;
  const now = (): number => platform.clock.now();
  const yieldToOthers = (): Promise<void> => platform.scheduler.yieldToOthers();
  const app = createApp({
    store,
    ingest,
    query: new QueryService({ store, limits, yieldToOthers, monotonicMs: () => platform.clock.monotonicMs() }),
    limits,
    gzip: platform.gzip,
    yieldToOthers,
    now,
    status: statusOf({ store, ingest, version, startedAt: now(), now }),
    reportError: (error, context) => log.error("request failed", { context, error: describe(error) }),
    ...(config.main.jwtPublicKey !== undefined && { jwtPublicKey: config.main.jwtPublicKey }),
    ...(dev && { swaggerAsset: platform.readSwaggerAsset }),
  });
  const { listen, tls } = config.main;
  return platform.startHttpServer(app, {
    port: listen.port,
    ...(listen.hostname !== undefined && { hostname: listen.hostname }),
    ...(tls !== undefined && { tls }),
    headersTimeoutMs: limits.headersTimeoutMs,
    bodyTimeoutMs: limits.bodyTimeoutMs,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    onError: (error) => log.error("the listening socket failed", { error: describe(error) }),
  });
}

/** Only after binding: ports below 1024 are root's. */
async function dropPrivileges({ config, platform }: StoreServerOptions, http: HttpServer): Promise<void> {
  const { user, group } = config.main;
  try {
    platform.process.dropPrivileges({ ...(user !== undefined && { user }), ...(group !== undefined && { group }) });
  } catch (error) {
    await http.close();
    throw error;
  }
}

async function reloadTls(http: HttpServer, log: Logger): Promise<void> {
  try {
    await http.reloadTls();
    log.info("TLS certificate read again");
  } catch (error) {
    log.error("the TLS certificate cannot be used, the old one stays", { error: describe(error) });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
