// Everything that keeps the store's samples over a restart: loading at the start, the log of what comes, checkpoints.

import type { MetricStore } from "../core/store.ts";
import type { SampleLog } from "../ingest/sample-log.ts";
import type { Clock, DirectoryLock, FileSystem, Scheduler } from "../runtime/ports.ts";
import { Checkpointer } from "./checkpointer.ts";
import { lockCheckpoints } from "./directory-lock.ts";
import type { HostFiles } from "./host-files.ts";
import { HostRegistry } from "./host-registry.ts";
import { HostStorage } from "./host-storage.ts";
import { inParallel } from "./in-parallel.ts";
import type { SnapshotFormat } from "./layout.ts";
import { Loader } from "./loader.ts";
import { Mutex } from "./mutex.ts";
import { newRecoveryReport, noteGaps, type RecoveryReport } from "./recovery-report.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

export interface PersistenceOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** The directory of checkpoints. */
  readonly root: string;
  readonly format: SnapshotFormat;
  readonly retentionSeconds: number;
  /** Records in logs that are older than the retention go into snapshots as well: an archive is to have them. */
  readonly keepsOldRecords?: boolean;
  readonly checkpointIntervalMs: number;
  /** A host whose log is larger is checkpointed early. */
  readonly maxWalSizeBytes: number;
  /** Hosts that are checkpointed at once. */
  readonly workers: number;
  /** "commit": what is acknowledged is on disk. Otherwise it is so after that time at the latest. */
  readonly sync: "commit" | { readonly everyMs: number };
  /** Told what went wrong in the background. */
  readonly onProblem: (what: string, error: unknown) => void;
}

export interface CheckpointSummary {
  /** Hosts that had something to write. */
  readonly written: number;
  readonly failures: readonly unknown[];
}

/** The journal is emptied into the WALs of the hosts this often, or when it is as large as that. */
const SETTLE_INTERVAL_MS = 5_000;
const SETTLE_SIZE_BYTES = 128 * 1024 * 1024;
const SIZE_CHECK_MS = 1000;
/** A checkpoint leaves requests the thread for so long between its pieces of work: a post needs that for its own flush. */
const GIVE_WAY_MS = 2;
/** Timers hold 31 bits of milliseconds, 24.8 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class Persistence {
  readonly #options: PersistenceOptions;
  readonly #lock: DirectoryLock;
  readonly #hosts: HostRegistry;
  readonly #checkpointer: Checkpointer;
  readonly #log: WriteAheadLog;
  readonly #checkpointLock = new Mutex();
  readonly #cancels = new Map<string, () => void>();
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;
  #lastSettleMs: number;
  #lastCheckpoint: number | undefined;

  /** What the start has found. */
  readonly report: RecoveryReport;
  /** The files of the hosts, for those who read or remove them while the store runs. */
  readonly storage: HostStorage;

  private constructor(
    options: PersistenceOptions,
    lock: DirectoryLock,
    hosts: HostRegistry,
    log: WriteAheadLog,
    report: RecoveryReport,
  ) {
    this.#options = options;
    this.#lock = lock;
    this.#hosts = hosts;
    this.#log = log;
    const { store, files, format, scheduler } = options;
    // At the end nobody asks for anything any more.
    const yieldToOthers = (): Promise<void> => scheduler.yieldToOthers(this.#isClosed ? 0 : GIVE_WAY_MS);
    this.#checkpointer = new Checkpointer({ store, files, format, yieldToOthers });
    this.report = report;
    this.storage = new HostStorage(hosts, this.#checkpointer);
    this.#lastSettleMs = options.clock.monotonicMs();
  }

  /**
   * Loads what is on disk into the store. Rejects only when the directory of checkpoints cannot be made or listed, or
   * another store has it.
   * @param report is filled in as the loading goes on
   */
  static async open(options: PersistenceOptions, report: RecoveryReport = newRecoveryReport()): Promise<Persistence> {
    const { files, root, onProblem } = options;
    const lock = await lockCheckpoints(files, root, onProblem);
    try {
      return await Persistence.#load(options, lock, report);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async #load(options: PersistenceOptions, lock: DirectoryLock, report: RecoveryReport): Promise<Persistence> {
    const { store, files, clock, scheduler, root, retentionSeconds, sync } = options;
    const startMs = clock.monotonicMs();
    const hosts = new HostRegistry(files, root);
    const oldest = clock.now() - retentionSeconds;
    const oldestRecord = options.keepsOldRecords === true ? Number.MIN_SAFE_INTEGER : oldest;
    const yieldToOthers = (): Promise<void> => scheduler.yieldToOthers();
    const journals = await new Loader({
      store,
      files,
      hosts,
      root,
      oldest,
      oldestRecord,
      report,
      yieldToOthers,
    }).load();
    noteGaps(report, root);
    report.durationMs = clock.monotonicMs() - startMs;
    const log = new WriteAheadLog({
      store,
      files,
      hosts,
      root,
      journals,
      sync: sync === "commit" ? "commit" : "write",
    });
    const persistence = new Persistence(options, lock, hosts, log, report);
    if (journals.last > 0) await persistence.#settleAfterCrash();
    persistence.#startWorkers();
    return persistence;
  }

  /** Where ingest notes what it stored. */
  get log(): SampleLog {
    return this.#log;
  }

  /** For the status: what is only in logs, and when a checkpoint was last complete (Unix seconds). */
  status(): Record<string, unknown> {
    const walBytes = this.#hosts.all().reduce((size, host) => size + host.logBytes, 0);
    return { journalBytes: this.#log.journalBytes, walBytes, lastCheckpoint: this.#lastCheckpoint ?? null };
  }

  /** Checkpoints all hosts, a few at a time. Failures are in the summary; nothing is lost by them. */
  checkpoint(): Promise<CheckpointSummary> {
    return this.#checkpointLock.run(async () => {
      let written = 0;
      const failures = await inParallel([...this.#hosts.all()], this.#options.workers, async (host) => {
        if (await this.#checkpointer.checkpoint(host)) written++;
        await this.#options.scheduler.yieldToOthers();
      });
      if (failures.length === 0) this.#lastCheckpoint = this.#options.clock.now();
      return { written, failures };
    });
  }

  /**
   * The end: everything into snapshots, no logs left. Rejects with the first failure; the logs then still hold what no
   * snapshot does.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#cancels.values()) cancel();
    await Promise.all(this.#running);
    // What cannot be committed may still go into snapshots; whoever waits for the commit is told by the log.
    await this.#log.commit().catch(() => {});
    const { failures } = await this.checkpoint();
    try {
      await this.#log.close();
    } finally {
      // It lies where the journals do, and is the last to go.
      await this.#lock.release();
    }
    const isClean = await this.#log.removeDirectory();
    if (failures.length > 0) throw failures[0];
    if (!isClean) this.#options.onProblem("the journal's directory stays: there are other files in it", undefined);
  }

  #startWorkers(): void {
    const { checkpointIntervalMs, sync, onProblem } = this.#options;
    this.#every("settle", SIZE_CHECK_MS, () => this.#settleIfDue());
    this.#every("checkpoint", checkpointIntervalMs, async () => {
      const { failures } = await this.checkpoint();
      for (const failure of failures) onProblem("checkpoint", failure);
    });
    if (sync !== "commit") this.#every("flush", sync.everyMs, () => this.#log.flush());
  }

  /** Runs `task` again and again, each time so long after it was done. */
  #every(what: string, delayMs: number, task: () => Promise<void>): void {
    const { scheduler, onProblem } = this.#options;
    if (this.#isClosed) return;
    const cancel = scheduler.after(Math.min(delayMs, MAX_DELAY_MS), () => {
      const run = task()
        .catch((error: unknown) => onProblem(what, error))
        .finally(() => {
          this.#running.delete(run);
          this.#every(what, delayMs, task);
        });
      this.#running.add(run);
    });
    this.#cancels.set(what, cancel);
  }

  /**
   * What the journals of a crash hold goes into the WALs of the hosts: at the first check, since until then it is as safe
   * in them as it was. At once if something was damaged, so that the next start does not report it again.
   */
  async #settleAfterCrash(): Promise<void> {
    this.#lastSettleMs = -Infinity;
    const { damaged, cutBytes } = this.report;
    if (damaged.length === 0 && cutBytes === 0) return;
    await this.#settle().catch((error: unknown) => this.#options.onProblem("settle", error));
  }

  async #settleIfDue(): Promise<void> {
    const dueMs = this.#lastSettleMs + SETTLE_INTERVAL_MS;
    const { clock, maxWalSizeBytes, workers } = this.#options;
    if (clock.monotonicMs() < dueMs && this.#log.journalBytes < SETTLE_SIZE_BYTES) return;
    const failures: unknown[] = [];
    await this.#settle().catch((error: unknown) => failures.push(error));
    const large = this.#hosts.all().filter(({ logBytes }) => logBytes > maxWalSizeBytes);
    const checkpoint = async (host: HostFiles): Promise<void> => void (await this.#checkpointer.checkpoint(host));
    failures.push(...(await inParallel(large, workers, checkpoint)));
    if (failures.length > 0) throw failures[0];
  }

  async #settle(): Promise<void> {
    this.#lastSettleMs = this.#options.clock.monotonicMs();
    await this.#log.settle();
  }
}
