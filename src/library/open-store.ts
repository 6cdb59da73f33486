// Opens a store: the only place where its parts are built and wired. What brings a server besides (HTTP, privileges, the
// log) is in service/.

import type { MetricConfig } from "../core/metrics.ts";
import { ParquetArchive } from "../archive/archive-reader.ts";
import { MetricStore } from "../core/store.ts";
import { Ingest } from "../ingest/ingest.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import { Persistence } from "../persistence/persistence.ts";
import { newRecoveryReport, type RecoveryReport } from "../persistence/recovery-report.ts";
import { ensureWritable } from "../persistence/writable-directory.ts";
import { History } from "../query/history.ts";
import { JobService } from "../query/job-service.ts";
import { QueryService } from "../query/query-service.ts";
import { historySource } from "../query/series-source.ts";
import { currentStorePlatform } from "../runtime/store-platform.ts";
import type { Scheduler } from "../runtime/ports.ts";
import { clustersByName } from "../topology/cluster.ts";
import { buildMetricList } from "../topology/metric-list.ts";
import { archivingInto } from "../upkeep/archive-cluster.ts";
import { Upkeep, type UpkeepDisk } from "../upkeep/upkeep.ts";
import { SimdAdder } from "../wasm/simd-adder.ts";
import { checkLimits, defaultLimits, type Limits } from "./limits.ts";
import {
  DEFAULT_CHECKPOINT_INTERVAL_MS,
  DEFAULT_RETENTION_MS,
  defaultWorkers,
  type CleanupMode,
  type OpenOptions,
  type StoreEvents,
  type StorePlatform,
} from "./options.ts";
import { Problems } from "./problems.ts";
import { watchRejections } from "./rejection-watch.ts";
import { Store } from "./store.ts";

/** Options without gaps. */
interface Settings extends OpenOptions {
  readonly metrics: Readonly<Record<string, MetricConfig>>;
  readonly platform: StorePlatform;
  readonly retentionMs: number;
  readonly limits: Limits;
  readonly events: StoreEvents;
}

/**
 * Opens a store and loads what is on disk. Damaged files cost themselves alone, and are named in `store.recovery`.
 * Rejects with RangeError when the options make no sense, and with Error when the directory cannot be used.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const settings = withDefaults(options);
  const { metrics, platform, retentionMs, limits, events } = settings;
  const { clock, scheduler } = platform;
  const engine = new MetricStore({ metrics, maxSeries: limits.seriesCount, adder: new SimdAdder() });
  const problems = new Problems(clock, events.problem);
  const persistence = await loadFromDisk(settings, engine, problems);
  const ingest = new Ingest({
    store: engine,
    limits,
    retentionSeconds: retentionMs / 1000,
    now: () => clock.now(),
    ...(persistence !== undefined && { log: persistence.log }),
  });
  const yieldToOthers = (): Promise<void> => scheduler.yieldToOthers();
  const upkeep = await createUpkeep(settings, engine, persistence, problems);
  const old = settings.readOldFromDisk === false ? undefined : upkeep.oldSamples();
  const history = new History({ store: engine, old, limits, yieldToOthers, newAdder: () => new SimdAdder() });
  upkeep.onTrim(() => history.trim());
  const clusters = clustersByName(settings.clusters ?? []);
  const shared = { clusters, limits, yieldToOthers, monotonicMs: () => clock.monotonicMs() };
  const queries = new QueryService({ ...shared, store: engine, history });
  const jobs = new JobService({ ...shared, source: historySource(engine, history) });
  const stopWorkers = [
    upkeep.start(),
    watchRejections(ingest.counters, scheduler, (losses) => events.rejected?.(losses)),
  ];
  return new Store({
    engine,
    ingest,
    queries,
    jobs,
    history,
    upkeep,
    persistence,
    problems,
    limits,
    platform,
    stopWorkers,
  });
}

/** What goes on in the background beside the checkpoints, which are the persistence's own. */
function createUpkeep(
  { platform, retentionMs, memoryCapBytes = Infinity, nodeProvider, directory, cleanup, events }: Settings,
  store: MetricStore,
  persistence: Persistence | undefined,
  problems: Problems,
): Promise<Upkeep> {
  const { clock, scheduler, memory } = platform;
  const hasDisk = directory !== undefined && persistence !== undefined;
  return Upkeep.create({
    store,
    clock,
    scheduler,
    memory,
    retentionMs,
    memoryCapBytes,
    nodeProvider,
    disk: hasDisk ? toUpkeepDisk(platform, directory, persistence.storage, cleanup) : undefined,
    events: { ...events, problem: problems.report },
  });
}

function toUpkeepDisk(
  { files, startArchiveWorker }: StorePlatform,
  root: string,
  storage: HostStorage,
  cleanup: CleanupMode = { mode: "delete" },
): UpkeepDisk {
  const { mode, directory: archiveRoot } = cleanup;
  const archive = archiveRoot === undefined ? undefined : new ParquetArchive({ files, root: archiveRoot });
  if (mode === "delete") return { files, root, storage, archive, archiveCluster: undefined };
  if (startArchiveWorker === undefined)
    throw new RangeError("cleanup: this platform has no worker to write an archive");
  const archiveCluster = archivingInto({
    files,
    startArchiveWorker,
    storage,
    checkpointRoot: root,
    archiveRoot: cleanup.directory,
  });
  return { files, root, storage, archive, archiveCluster };
}

function withDefaults(options: OpenOptions): Settings {
  const settings = {
    ...options,
    metrics: options.metrics ?? buildMetricList(options.clusters ?? []).metrics,
    platform: options.platform ?? currentStorePlatform,
    retentionMs: options.retentionMs ?? DEFAULT_RETENTION_MS,
    limits: { ...defaultLimits, ...options.limits },
    events: options.events ?? {},
  };
  const problems = checkLimits(settings.limits).map((problem) => `limits: ${problem}`);
  for (const name of ["retentionMs", "checkpointIntervalMs", "maxWalSizeBytes", "workers", "memoryCapBytes"] as const) {
    const value = settings[name];
    if (value !== undefined && !(value > 0)) problems.push(`${name}: expected a number above 0, found ${value}`);
  }
  if (problems.length > 0) throw new RangeError(problems.join("\n"));
  return settings;
}

/** Undefined without a directory: the store is in memory only. */
async function loadFromDisk(
  settings: Settings,
  store: MetricStore,
  problems: Problems,
): Promise<Persistence | undefined> {
  const { directory: root, platform, retentionMs, events, format = "bin", sync = "commit" } = settings;
  const { clock, scheduler, files, cores } = platform;
  if (root === undefined) return undefined;
  await ensureWritable(files, root);
  const report = newRecoveryReport();
  const stopTelling = tellProgress(report, events, scheduler);
  try {
    const persistence = await Persistence.open(
      {
        store,
        files,
        clock,
        scheduler,
        root,
        format,
        retentionSeconds: retentionMs / 1000,
        checkpointIntervalMs: settings.checkpointIntervalMs ?? DEFAULT_CHECKPOINT_INTERVAL_MS,
        maxWalSizeBytes: settings.maxWalSizeBytes ?? Infinity,
        workers: settings.workers ?? defaultWorkers(cores),
        sync,
        keepsOldRecords: settings.cleanup?.mode === "archive",
        onProblem: problems.report,
      },
      report,
    );
    events.loaded?.(report);
    return persistence;
  } finally {
    stopTelling();
  }
}

const PROGRESS_INTERVAL_MS = 500;

function tellProgress(report: RecoveryReport, { loading }: StoreEvents, scheduler: Scheduler): () => void {
  if (loading === undefined) return () => {};
  let cancel = (): void => {};
  const tell = (): void => {
    loading(report);
    cancel = scheduler.after(PROGRESS_INTERVAL_MS, tell);
  };
  tell();
  return () => cancel();
}
