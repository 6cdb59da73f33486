// Stores whose samples go to a log, wired as the service wires them, but without its timers: the bench says when.

import type { MetricStore } from "../src/core/store.ts";
import { Ingest } from "../src/ingest/ingest.ts";
import { HostRegistry } from "../src/persistence/host-registry.ts";
import { Loader } from "../src/persistence/loader.ts";
import { Persistence } from "../src/persistence/persistence.ts";
import { newRecoveryReport, type RecoveryReport } from "../src/persistence/recovery-report.ts";
import { WriteAheadLog } from "../src/persistence/write-ahead-log.ts";
import { nodeClock, nodeFileSystem, nodeScheduler } from "../src/runtime/node.ts";
import type { FileSystem } from "../src/runtime/ports.ts";
import { defaultLimits } from "../src/library/limits.ts";
import type { Checks } from "./harness.ts";
import { MINUTE_SECONDS, newStore } from "./stores.ts";
import { levelPathOf, setTime, type Message, type Workload } from "./workload.ts";

export const RETENTION_SECONDS = 96 * 3600;
/** As the service: so much in the journal, and it is moved into the WALs of the hosts. */
const SETTLE_SIZE_BYTES = 128 * 1024 * 1024;

export interface LoggedStore {
  readonly store: MetricStore;
  readonly log: WriteAheadLog;
  readonly ingest: Ingest;
}

/** An empty store over an empty directory. @param now the clock, which stands, in Unix seconds */
export function newLoggedStore(files: FileSystem, root: string, sync: "commit" | "write", now: number): LoggedStore {
  const store = newStore();
  const hosts = new HostRegistry(files, root);
  const log = new WriteAheadLog({ store, files, hosts, root, journals: { numbers: [], last: 0 }, sync });
  const options = { store, limits: defaultLimits, retentionSeconds: RETENTION_SECONDS, now: () => now, log };
  return { store, log, ingest: new Ingest(options) };
}

/** A store over an empty directory with all that a server has around it, its timers included. */
export async function newPersistentStore(
  root: string,
  now: number,
): Promise<{ ingest: Ingest; persistence: Persistence }> {
  const store = newStore();
  const persistence = await Persistence.open({
    store,
    files: nodeFileSystem,
    clock: nodeClock,
    scheduler: nodeScheduler,
    root,
    format: "bin",
    retentionSeconds: RETENTION_SECONDS,
    checkpointIntervalMs: RETENTION_SECONDS * 1000,
    maxWalSizeBytes: Infinity,
    workers: 2,
    sync: "commit",
    onProblem: (what, error) => {
      throw new Error(what, { cause: error });
    },
  });
  const options = { store, limits: defaultLimits, retentionSeconds: RETENTION_SECONDS, now: () => now };
  return { persistence, ingest: new Ingest({ ...options, log: persistence.log }) };
}

/**
 * Ingests a workload at one time (Unix seconds), so many messages at once, as many connections bring them. Returns the
 * milliseconds.
 */
export async function ingestMinute(
  { log, ingest }: LoggedStore,
  { messages }: Workload,
  time: number,
  atOnce: number,
): Promise<number> {
  for (const message of messages) setTime(message, time);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < messages.length) await ingestMessage(ingest, messages[next++]);
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: atOnce }, work));
  if (log.journalBytes > SETTLE_SIZE_BYTES) await log.settle();
  return performance.now() - begin;
}

export async function ingestMessage(ingest: Ingest, { bytes }: Message): Promise<void> {
  const batch = ingest.begin("");
  batch.add(bytes);
  await batch.finish();
}

/** Loads a directory into a new store. @param now Unix seconds */
export async function loadDirectory(
  files: FileSystem,
  root: string,
  now: number,
): Promise<{ store: MetricStore; report: RecoveryReport }> {
  const store = newStore();
  const report = newRecoveryReport();
  const hosts = new HostRegistry(files, root);
  const yieldToOthers = (): Promise<void> => Promise.resolve();
  await new Loader({ store, files, hosts, root, oldest: now - RETENTION_SECONDS, report, yieldToOthers }).load();
  return { store, report };
}

/** Checks that a load has found so many records, nothing damaged, and in every `step`th series what was sent. */
export function checkLoaded(
  checks: Checks,
  { store, report }: { readonly store: MetricStore; readonly report: RecoveryReport },
  workload: Workload,
  begin: number,
  minutes: number,
  step = 97,
): void {
  checks.equal("samples found", report.logRecords + report.snapshotSamples, workload.series.length * minutes);
  checks.equal("damaged files", report.damaged.length, 0);
  for (let i = 0; i < workload.series.length; i += step) {
    const { name, value } = workload.series[i];
    const { values, from } = store.read(levelPathOf(name), name.metric, begin, begin + minutes * MINUTE_SECONDS);
    const what = [...levelPathOf(name), name.metric].join(" ");
    checks.equal(`${what}, from`, from, begin);
    checks.equalNumbers(what, values, new Float64Array(minutes).fill(Math.fround(value)));
  }
}
