// What keeps a store going for months: retention, memory cap, cleanup; and what lets queries see behind the retention.

import type { ArchiveReader } from "../archive/ports.ts";
import type { MetricStore } from "../core/store.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import type { OldSamples } from "../query/old-samples.ts";
import type { Clock, FileSystem, Memory, Scheduler } from "../runtime/ports.ts";
import type { ArchiveCluster, CleanupSummary } from "./cleanup.ts";
import { CleanupWorker, type CleanupStatus } from "./cleanup-worker.ts";
import { DiskSamples } from "./disk-samples.ts";
import { MemoryCap, type MemoryCapStatus, type OverCapReport } from "./memory-cap.ts";
import { MemoryCoverage } from "./memory-coverage.ts";
import { MemoryFreeing, type Freed } from "./memory-freeing.ts";
import { HostsInUse, type NodeProvider, type ProviderStateChange } from "./node-provider.ts";
import { startRetention } from "./retention.ts";
import { SnapshotReader } from "./snapshot-reader.ts";

export interface UpkeepOptions {
  readonly store: MetricStore;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly memory: Memory;
  readonly retentionMs: number;
  /** `Infinity` = no cap. */
  readonly memoryCapBytes: number;
  /** Absent: no host is known to be in use. */
  readonly nodeProvider: NodeProvider | undefined;
  /** Absent: the store is in memory only. */
  readonly disk: UpkeepDisk | undefined;
  readonly events: UpkeepEvents;
}

export interface UpkeepDisk {
  readonly files: FileSystem;
  /** The directory of checkpoints. */
  readonly root: string;
  readonly storage: HostStorage;
  /** Absent: there is none. */
  readonly archive: ArchiveReader | undefined;
  /** Absent: old snapshots are deleted. */
  readonly archiveCluster: ArchiveCluster | undefined;
}

/** Called as things happen; none may throw. */
export interface UpkeepEvents {
  /** The retention has been enforced. */
  readonly freed?: (freed: Freed) => void;
  /** The process was over its memory cap. */
  readonly overMemoryCap?: (report: OverCapReport) => void;
  /** Old checkpoint files were deleted or archived. */
  readonly cleanedUp?: (summary: CleanupSummary) => void;
  /** It cannot be told any more, or again, which hosts run jobs. */
  readonly nodeProvider?: (change: ProviderStateChange) => void;
  /** Something failed in the background: `what` names it. */
  readonly problem?: (what: string, error: unknown) => void;
}

/** What the status tells. */
export interface UpkeepStatus {
  readonly memory: MemoryCapStatus & { readonly rssBytes: number; readonly heapBytes: number };
  readonly retention: {
    /** All samples from this time on (Unix seconds) are in memory. */
    readonly inMemorySince: number;
    /** Absent without a provider. */
    readonly nodeProvider?: { readonly state: "up" | "down"; readonly hostsInUse: number };
  };
  /** Absent for a store in memory only. */
  readonly cleanup?: CleanupStatus;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #coverage: MemoryCoverage;
  readonly #hostsInUse: HostsInUse;
  readonly #freeing: MemoryFreeing;
  readonly #memoryCap: MemoryCap;
  readonly #cleanup: CleanupWorker | undefined;
  readonly #trims: (() => number)[] = [];

  /** To be called when the samples on disk are loaded. */
  static async create(options: UpkeepOptions): Promise<Upkeep> {
    const now = options.clock.now();
    // With a longer retention than before, what the start has not found among the checkpoints is in the archive.
    const archivedUntil = Math.min(now, await endOfArchive(options.disk?.archive));
    return new Upkeep(options, Math.max(now - options.retentionMs / 1000, archivedUntil));
  }

  /** @param inMemorySince Unix seconds */
  private constructor(options: UpkeepOptions, inMemorySince: number) {
    const { store, clock, scheduler, memory, retentionMs, disk, events } = options;
    const yieldToOthers = (): Promise<void> => scheduler.yieldToOthers();
    const onProblem = (what: string, error: unknown): void => events.problem?.(what, error);
    this.#options = options;
    this.#coverage = new MemoryCoverage(inMemorySince);
    this.#hostsInUse = new HostsInUse(options.nodeProvider, (change) => events.nodeProvider?.(change));
    const trim = (): number => this.#trims.reduce((bytes, giveBack) => bytes + giveBack(), 0);
    this.#trims.push(() => store.trimPool());
    this.#freeing = new MemoryFreeing({ store, coverage: this.#coverage, storage: disk?.storage, trim, yieldToOthers });
    const hostsInUse = this.#hostsInUse;
    const shared = { retentionMs, hostsInUse, clock, scheduler, onProblem };
    this.#memoryCap = new MemoryCap({
      ...shared,
      capBytes: options.memoryCapBytes,
      memory,
      freeing: this.#freeing,
      trim,
      onOverCap: (report) => events.overMemoryCap?.(report),
    });
    if (disk === undefined) return;
    this.#cleanup = new CleanupWorker({
      ...shared,
      ...disk,
      yieldToOthers,
      onDone: (summary) => events.cleanedUp?.(summary),
    });
  }

  /** What queries find on disk; undefined for a store in memory only. */
  oldSamples(): OldSamples | undefined {
    const { disk } = this.#options;
    if (disk === undefined) return undefined;
    const { files, storage, archive } = disk;
    return new DiskSamples({
      coverage: this.#coverage,
      storage,
      snapshots: new SnapshotReader(files, storage),
      archive,
    });
  }

  /** Starts the workers; returns what stops them, and resolves when what is under way is over. */
  start(): () => Promise<void> {
    const { retentionMs, clock, scheduler, events } = this.#options;
    const stops = [
      startRetention({
        freeing: this.#freeing,
        hostsInUse: this.#hostsInUse,
        retentionMs,
        clock,
        scheduler,
        onFreed: (freed) => events.freed?.(freed),
        onProblem: (what, error) => events.problem?.(what, error),
      }),
      this.#memoryCap.start(),
      ...(this.#cleanup === undefined ? [] : [this.#cleanup.start()]),
    ];
    return async () => void (await Promise.all(stops.map((stop) => stop())));
  }

  /** Whoever keeps memory for later use is asked to give it back when old samples are freed. It returns the bytes. */
  onTrim(giveBack: () => number): void {
    this.#trims.push(giveBack);
  }

  /** Measures the process now, and frees what must be freed; the worker does so by itself. */
  async checkMemory(): Promise<void> {
    await this.#memoryCap.check();
  }

  status(): UpkeepStatus {
    const { memory } = this.#options;
    const nodeProvider = this.#hostsInUse.status();
    return {
      memory: { ...memory.usage(), ...this.#memoryCap.status() },
      retention: {
        inMemorySince: this.#coverage.latestSince,
        ...(nodeProvider !== undefined && { nodeProvider }),
      },
      ...(this.#cleanup !== undefined && { cleanup: this.#cleanup.status() }),
    };
  }
}

async function endOfArchive(archive: ArchiveReader | undefined): Promise<number> {
  let end = -Infinity;
  for (const cluster of (await archive?.clusters()) ?? []) {
    const range = await archive?.covers(cluster);
    end = Math.max(end, range?.to ?? -Infinity);
  }
  return end;
}
