// What makes acknowledged samples durable. A sample is framed as a WAL record; a commit appends the records of all hosts
// to the journal and flushes it once; from time to time the records move from the journal into the WALs of their hosts.
//
//     append ─► queue ─► journal ─ fdatasync ─► commit resolves
//                  └───► pending records of the host ─ settle ─► current.wal ─ fdatasync ─► journal file removed

import { messageOf } from "../core/message-of.ts";
import { WalFramer } from "../codec/wal/framer.ts";
import type { SampleColumns } from "../core/chain.ts";
import type { MetricStore } from "../core/store.ts";
import { StorageError, type SampleLog } from "../ingest/sample-log.ts";
import type { FileSystem } from "../runtime/ports.ts";
import type { HostFiles } from "./host-files.ts";
import type { HostRegistry } from "./host-registry.ts";
import { inParallel } from "./in-parallel.ts";
import { Journal, type FoundJournals } from "./journal.ts";
import { Mutex } from "./mutex.ts";
import { RecordQueue } from "./record-queue.ts";

export interface WriteAheadLogOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly hosts: HostRegistry;
  /** The directory of checkpoints. */
  readonly root: string;
  /** Journals that a crash has left. */
  readonly journals: FoundJournals;
  /** `commit`: a commit flushes. `write`: it only hands the records to the system; `flush` makes them durable. */
  readonly sync: "commit" | "write";
}

/** Files of hosts that are open at once. */
const MAX_OPEN_WALS = 16;
/** Records that wait for a disk that takes none: more are refused, or memory would be full before the disk is not. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** Ended journals that one bad host may hold back, before its records are written into the present one. */
const MAX_JOURNALS_HELD = 12;

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

  /** @throws StorageError when too much waits already for a disk that takes nothing */
  append(columns: SampleColumns, count: number): void {
    if (this.#queue.sizeBytes > MAX_WAITING_BYTES) {
      throw new StorageError(`not stored durably: ${this.#queue.sizeBytes} bytes of records wait for the disk`);
    }
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
  async flush(): Promise<void> {
    try {
      await this.#journalLock.run(() => this.#journal.datasync());
    } catch {
      // The journal may have lost it; the hosts' pending records have it still.
      await this.settle();
    }
  }

  /**
   * Moves the records that the journal holds into the WALs of their hosts and removes it.
   * Rejects with the first failure; what could not be moved stays in the journal for the next time.
   */
  async settle(): Promise<void> {
    // What a commit that failed, or a request that broke off, has left behind. Whoever waits for it is told.
    await this.commit().catch(() => {});
    const ended = await this.#journalLock.run(() => this.#endJournal());
    const unsettled: HostFiles[] = [];
    // All hosts, not only those with pending records: a checkpoint under way may have taken them, and give them back.
    const failures = await inParallel(this.#hosts.all(), MAX_OPEN_WALS, async (host) => {
      try {
        await host.lock.run(() => host.settle());
      } catch (error) {
        unsettled.push(host);
        throw error;
      }
    });
    if (unsettled.length > 0 && ended.length >= MAX_JOURNALS_HELD) await this.#carryOver(unsettled);
    else if (failures.length > 0) throw failures[0];
    await this.#journalLock.run(() => this.#journal.remove(ended));
    if (failures.length > 0) throw failures[0];
  }

  /** Commits what is left, moves it into the WALs and removes the journals. */
  async close(): Promise<void> {
    await this.settle();
    if (this.#hosts.all().some(({ pending }) => pending.length > 0)) {
      await this.commit();
      await this.settle();
    }
    // All is in WALs or snapshots: what the journal has not taken, because it failed, it need not take any more.
    this.#queue.take();
  }

  /** After `close`: returns whether nothing of the journal is left on disk. */
  removeDirectory(): Promise<boolean> {
    return this.#journalLock.run(() => this.#journal.removeDirectory());
  }

  #takeRuns(): void {
    const { output, runHosts, runEnds, runCount } = this.#framer;
    let start = 0;
    for (let run = 0; run < runCount; run++) {
      this.#queue.pushNew(this.#hosts.host(runHosts[run]), output, start, runEnds[run]);
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
        if (pieces.length > 0) await this.#journalLock.run(() => this.#write(pieces));
        for (const { resolve } of waiters) resolve();
      } catch (cause) {
        // Others, who have not asked yet, may have records among them: no later commit is good without these.
        this.#queue.putBack(pieces);
        const reason = messageOf(cause);
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

  async #endJournal(): Promise<readonly number[]> {
    // Flushes reach the present journal only: until the WALs have its records, it has to be safe by itself.
    if (this.#sync === "write") await this.#journal.datasync().catch(() => {});
    return this.#journal.rotate();
  }

  /** Writes the pending records of hosts, whose WALs take none, into the present journal: older ones can go then. */
  async #carryOver(hosts: readonly HostFiles[]): Promise<void> {
    for (const host of hosts) {
      await host.lock.run(async () => {
        for (const records of host.pending) this.#queue.push(host, records, 0, records.length);
      });
    }
    await this.commit();
    await this.#journalLock.run(() => this.#journal.datasync());
  }
}
