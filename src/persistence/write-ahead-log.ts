// What makes acknowledged samples durable. A sample is framed as a WAL record; a commit appends the records of all hosts
// to the journal and flushes it once; from time to time the records move from the journal into the WALs of their hosts.
//
//     append ─► queue ─► journal ─ fdatasync ─► commit resolves
//                  └───► pending records of the host ─ settle ─► current.wal ─ fdatasync ─► journal file removed

import { WalFramer } from "../codec/wal/framer.ts";
import type { SampleColumns } from "../core/chain.ts";
import type { MetricStore } from "../core/store.ts";
import { StorageError, type SampleLog } from "../ingest/sample-log.ts";
import type { FileSystem } from "../runtime/ports.ts";
import type { HostFiles } from "./host-files.ts";
import type { HostRegistry } from "./host-registry.ts";
import { inParallel } from "./in-parallel.ts";
import { Journal } from "./journal.ts";
import { Mutex } from "./mutex.ts";
import { RecordQueue } from "./record-queue.ts";

export interface WriteAheadLogOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly hosts: HostRegistry;
  /** The directory of checkpoints. */
  readonly root: string;
  /** Numbers of journals that a crash has left. */
  readonly journals: readonly number[];
  /** `commit`: a commit flushes. `write`: it only hands the records to the system; `flush` makes them durable. */
  readonly sync: "commit" | "write";
}

/** Files of hosts that are open at once. */
const MAX_OPEN_WALS = 16;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

export class WriteAheadLog implements SampleLog {
  readonly #store: MetricStore;
  readonly #hosts: HostRegistry;
  readonly #sync: "commit" | "write";
  readonly #journal: Journal;
  readonly #framer = new WalFramer();
  readonly #queue = new RecordQueue();
  /** Whoever touches the journal's files holds it. */
  readonly #journalLock = new Mutex();
  #waiters: Waiter[] = [];
  #isFlushing = false;
  #releases = 0;

  constructor(options: WriteAheadLogOptions) {
    this.#store = options.store;
    this.#hosts = options.hosts;
    this.#sync = options.sync;
    this.#journal = new Journal(options.files, options.root, options.journals);
    this.#releases = options.store.releases;
  }

  /** Bytes in the journal that takes the commits. */
  get journalBytes(): number {
    return this.#journal.sizeBytes + this.#queue.sizeBytes;
  }

  append(columns: SampleColumns, count: number): void {
    if (this.#store.releases !== this.#releases) {
      // Series numbers may have gone to other series: their records would carry the wrong names.
      this.#framer.forgetAll();
      this.#releases = this.#store.releases;
    }
    let next = 0;
    while (next < count) {
      next = this.#framer.frame(columns, next, count);
      this.#takeRuns();
      if (next < count && !this.#framer.hasTemplate(columns.series[next])) this.#learn(columns.series[next]);
    }
  }

  commit(): Promise<void> {
    if (this.#queue.isEmpty && !this.#isFlushing) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (!this.#isFlushing) void this.#flushAll();
    });
  }

  /** Makes durable what was committed with sync "write". */
  flush(): Promise<void> {
    return this.#journalLock.run(() => this.#journal.datasync());
  }

  /**
   * Moves the records that the journal holds into the WALs of their hosts and removes it.
   * Rejects with the first failure; what could not be moved stays in the journal for the next time.
   */
  async settle(): Promise<void> {
    const ended = await this.#journalLock.run(() => this.#journal.rotate());
    // All hosts, not only those with pending records: a checkpoint under way may have taken them, and give them back.
    const settleHost = (host: HostFiles): Promise<void> => host.lock.run(() => host.settle());
    const failures = await inParallel(this.#hosts.all(), MAX_OPEN_WALS, settleHost);
    if (failures.length > 0) throw failures[0];
    await this.#journalLock.run(() => this.#journal.remove(ended));
  }

  /**
   * Commits what is left, moves it into the WALs and removes the journal. Returns whether nothing of that is left on
   * disk.
   */
  async close(): Promise<boolean> {
    await this.commit();
    await this.settle();
    return this.#journalLock.run(() => this.#journal.removeDirectory());
  }

  #takeRuns(): void {
    const { output, runHosts, runEnds, runCount } = this.#framer;
    let start = 0;
    for (let run = 0; run < runCount; run++) {
      const host = this.#hosts.host(runHosts[run]);
      host.addPending(this.#queue.push(host, output, start, runEnds[run]));
      start = runEnds[run];
    }
  }

  #learn(series: number): void {
    const { level, metric } = this.#store.identityOf(series);
    const [cluster, host, ...selector] = level.path();
    if (cluster === undefined || host === undefined) throw new Error(`BUG: series ${series} is above the hosts`);
    this.#framer.setTemplate(series, this.#hosts.numberOf(cluster, host), metric.name, selector);
  }

  /** One flush for all who wait: those who come meanwhile share the next. */
  async #flushAll(): Promise<void> {
    this.#isFlushing = true;
    while (this.#waiters.length > 0) {
      const waiters = this.#waiters;
      const pieces = this.#queue.take();
      this.#waiters = [];
      try {
        await this.#journalLock.run(() => this.#write(pieces));
        for (const { resolve } of waiters) resolve();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const error = new StorageError(`not stored durably: ${reason}`, { cause });
        for (const { reject } of waiters) reject(error);
      }
    }
    this.#isFlushing = false;
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#journal.append(pieces);
    if (this.#sync === "commit") await this.#journal.datasync();
  }
}
