// A store server: an open store, its HTTP API behind a listener, privileges and the log.

import { createHttpApi } from "../http.ts";
import { loadingResponse } from "../http/loading.ts";
import { openStore } from "../library/open-store.ts";
import type { StoreEvents } from "../library/options.ts";
import type { Store } from "../library/store.ts";
import { describeRecovery, newRecoveryReport, type RecoveryReport } from "../persistence/recovery-report.ts";
import { NatsService } from "../nats/nats-service.ts";
import type { FetchHandler, HttpServer, Platform } from "../runtime/ports.ts";
import { HttpNodeProvider } from "../upkeep/http-node-provider.ts";
import { workerCount, type LoadedConfig } from "./config.ts";
import type { Logger } from "./log.ts";
import { toCleanupMode, upkeepToLog } from "./upkeep-log.ts";

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
  readonly store: Store;
  /** What the start found on disk, in one line. */
  readonly recovery: string;
  /** Reads the TLS certificate again; what goes wrong is logged and the old one stays. */
  reloadTls(): Promise<void>;
  /** Finishes the requests in flight, writes the last checkpoint and stops. Rejects when that could not be written. */
  stop(): Promise<void>;
}

/** How long a stop waits for requests in flight. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Builds a store server and starts it: it listens at once, and answers 503 until the samples on disk are loaded.
 * Rejects when it cannot listen, use its certificate, drop its privileges or write to the directory of checkpoints.
 */
export async function startStoreServer(options: StoreServerOptions): Promise<StoreServer> {
  const { config, platform, log } = options;
  const startedAt = platform.clock.now();
  let progress: Readonly<RecoveryReport> = newRecoveryReport();
  let handler: FetchHandler = { fetch: () => loadingResponse(`${progress.hosts} hosts so far`) };
  const http = await startHttp(options, { fetch: (request, env) => handler.fetch(request, env) });
  try {
    dropPrivileges(options);
    const store = await openConfiguredStore(config, platform, {
      ...eventsToLog(config, log),
      loading: (report) => (progress = report),
    });
    const nats = startNats(options, store);
    handler = createHttpApi(store, {
      about: () => ({
        version: options.version,
        uptimeSeconds: Math.floor(platform.clock.now() - startedAt),
        ...(nats !== undefined && { nats: nats.status() }),
      }),
      reportError: (error, context) => log.error("request failed", { context, error: describe(error) }),
      ...(config.main.jwtPublicKey !== undefined && { jwtPublicKey: config.main.jwtPublicKey }),
      ...(options.dev && { swaggerAsset: platform.readSwaggerAsset }),
    });
    return {
      port: http.port,
      store,
      recovery: describeRecovery(store.recovery ?? progress),
      reloadTls: () => reloadTls(http, log),
      async stop() {
        await Promise.all([http.close(), nats?.stop()]);
        await store.close();
      },
    };
  } catch (error) {
    await http.close();
    throw error;
  }
}

function startHttp({ config, platform, log }: StoreServerOptions, handler: FetchHandler): Promise<HttpServer> {
  const { limits } = config.metricStore;
  const { listen, tls } = config.main;
  return platform.startHttpServer(handler, {
    port: listen.port,
    ...(listen.hostname !== undefined && { hostname: listen.hostname }),
    ...(tls !== undefined && { tls }),
    headersTimeoutMs: limits.headersTimeoutMs,
    bodyTimeoutMs: limits.bodyTimeoutMs,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    onError: (error) => log.error("the listening socket failed", { error: describe(error) }),
  });
}

/** Only after binding, ports below 1024 are root's; and before any file is made, which would be root's too. */
function dropPrivileges({ config, platform }: StoreServerOptions): void {
  const { user, group } = config.main;
  platform.process.dropPrivileges({ ...(user !== undefined && { user }), ...(group !== undefined && { group }) });
}

function openConfiguredStore(config: LoadedConfig, platform: Platform, events: StoreEvents): Promise<Store> {
  const { retentionMs, checkpointIntervalMs, checkpoints, numWorkers, limits, cleanup } = config.metricStore;
  const { backendUrl } = config.main;
  return openStore({
    metrics: config.metrics,
    clusters: config.clusters,
    directory: checkpoints.directory,
    retentionMs,
    checkpointIntervalMs,
    format: checkpoints.fileFormat === "wal" ? "bin" : "json",
    sync: checkpoints.sync,
    maxWalSizeBytes: checkpoints.maxWalSizeBytes,
    workers: workerCount(numWorkers, platform.cores),
    memoryCapBytes: config.metricStore.memoryCapBytes,
    cleanup: toCleanupMode(cleanup),
    readOldFromDisk: cleanup.isQueried,
    ...(backendUrl !== undefined && { nodeProvider: new HttpNodeProvider({ backendUrl }) }),
    limits,
    events,
    platform,
  });
}

/** Undefined when nothing is subscribed. */
function startNats({ config, platform, log }: StoreServerOptions, store: Store): NatsService | undefined {
  const { subscriptions, limits } = config.metricStore;
  if (config.nats === undefined || subscriptions.length === 0) return undefined;
  const { clock, scheduler, connectNats } = platform;
  return new NatsService({
    clock,
    scheduler,
    random: Math.random,
    log,
    ingest: store.parts.ingest,
    connect: connectNats,
    settings: config.nats,
    subscriptions,
    limits,
  });
}

function eventsToLog(config: LoadedConfig, log: Logger): StoreEvents {
  const { checkpoints, retentionMs } = config.metricStore;
  if (checkpoints.sync !== "commit") {
    log.warn("checkpoints.sync: what is acknowledged may be lost by a power cut", { forMs: checkpoints.sync.everyMs });
  }
  return {
    loaded(recovery) {
      log.info(describeRecovery(recovery));
      for (const { path, reason } of recovery.damaged) log.warn("damaged file", { path, reason });
      for (const path of recovery.foreign) log.warn("foreign file in the directory of checkpoints", { path });
    },
    problem: (what, error) => log.error(`${what} failed`, { error: describe(error) }),
    rejected: (losses) => log.warn("lines not stored", losses),
    ...upkeepToLog(log, retentionMs),
  };
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
