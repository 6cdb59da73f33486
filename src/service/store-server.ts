// Composition: the only place where the parts of a store server are built and wired.

import { MetricStore } from "../core/store.ts";
import { createApp } from "../http/app.ts";
import { loadingResponse } from "../http/loading.ts";
import { Ingest } from "../ingest/ingest.ts";
import { Persistence } from "../persistence/persistence.ts";
import { describeRecovery, newRecoveryReport } from "../persistence/recovery-report.ts";
import { QueryService } from "../query/query-service.ts";
import type { FetchHandler, HttpServer, Platform } from "../runtime/ports.ts";
import { SimdAdder } from "../wasm/simd-adder.ts";
import { workerCount, type LoadedConfig } from "./config.ts";
import type { Logger } from "./log.ts";
import { watchRejections } from "./rejection-watch.ts";
import { startRetention } from "./retention-worker.ts";
import { statusOf } from "./status.ts";
import { ensureWritable } from "./writable-directory.ts";

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
  const { limits, retentionMs } = config.metricStore;
  const report = newRecoveryReport();
  let handler: FetchHandler = { fetch: () => loadingResponse(`${report.hosts} hosts so far`) };
  const http = await startHttp(options, { fetch: (request, env) => handler.fetch(request, env) });
  try {
    dropPrivileges(options);
    await ensureWritable(platform.files, config.metricStore.checkpoints.directory);
    const store = new MetricStore({
      metrics: config.metrics,
      maxSeries: limits.seriesCount,
      adder: new SimdAdder(),
    });
    const persistence = await Persistence.open(persistenceOptions(options, store), report);
    const now = (): number => platform.clock.now();
    const ingest = new Ingest({ store, limits, retentionSeconds: retentionMs / 1000, now, log: persistence.log });
    handler = createStoreApp(options, store, ingest, persistence);
    const recovery = describeRecovery(report);
    log.info(recovery);
    for (const { path, reason } of report.damaged) log.warn("damaged file", { path, reason });
    for (const path of report.foreign) log.warn("foreign file in the directory of checkpoints", { path });
    const stopWorkers = [
      startRetention({ store, retentionMs, clock: platform.clock, scheduler: platform.scheduler, log }),
      watchRejections(ingest.counters, platform.scheduler, log),
    ];
    return {
      port: http.port,
      store,
      recovery,
      reloadTls: () => reloadTls(http, log),
      async stop() {
        for (const stopWorker of stopWorkers) stopWorker();
        await http.close();
        await persistence.close();
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

function persistenceOptions({ config, platform, log }: StoreServerOptions, store: MetricStore) {
  const { retentionMs, checkpointIntervalMs, checkpoints, numWorkers } = config.metricStore;
  const { clock, scheduler, files } = platform;
  if (checkpoints.sync !== "commit") {
    log.warn("checkpoints.sync: what is acknowledged may be lost by a power cut", { forMs: checkpoints.sync.everyMs });
  }
  return {
    store,
    files,
    clock,
    scheduler,
    root: checkpoints.directory,
    format: checkpoints.fileFormat === "wal" ? ("bin" as const) : ("json" as const),
    retentionSeconds: retentionMs / 1000,
    checkpointIntervalMs,
    maxWalSizeBytes: checkpoints.maxWalSizeBytes,
    workers: workerCount(numWorkers, platform.cores),
    sync: checkpoints.sync,
    onProblem: (what: string, error: unknown) => log.error(`${what} failed`, { error: describe(error) }),
  };
}

function createStoreApp(
  { config, platform, log, version, dev }: StoreServerOptions,
  store: MetricStore,
  ingest: Ingest,
  persistence: Persistence,
): FetchHandler {
  const { limits } = config.metricStore;
  const now = (): number => platform.clock.now();
  const monotonicMs = (): number => platform.clock.monotonicMs();
  const yieldToOthers = (): Promise<void> => platform.scheduler.yieldToOthers();
  return createApp({
    store,
    ingest,
    query: new QueryService({ store, limits, yieldToOthers, monotonicMs }),
    limits,
    gzip: platform.gzip,
    yieldToOthers,
    now,
    checkpoint: () => persistence.checkpoint(),
    status: statusOf({ store, ingest, persistence, version, startedAt: now(), now }),
    reportError: (error, context) => log.error("request failed", { context, error: describe(error) }),
    ...(config.main.jwtPublicKey !== undefined && { jwtPublicKey: config.main.jwtPublicKey }),
    ...(dev && { swaggerAsset: platform.readSwaggerAsset }),
  });
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
