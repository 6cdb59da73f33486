// A store with everything that makes it durable, on a simulated disk, in time that passes when the test says so.

import { MetricStore } from "../../src/core/store.ts";
import { Ingest } from "../../src/ingest/ingest.ts";
import { Persistence, type PersistenceOptions } from "../../src/persistence/persistence.ts";
import type { MemoryFileSystem } from "../../src/runtime/memory.ts";
import type { MemoryClock } from "../../src/runtime/memory.ts";
import type { Scheduler } from "../../src/runtime/ports.ts";

export const ROOT = "/var/checkpoints";
export const RETENTION_SECONDS = 3 * 86_400;
export const CHECKPOINT_INTERVAL_MS = 3_600_000;
export const METRICS = {
  every1: { frequency: 1, aggregation: "avg" },
  every10: { frequency: 10, aggregation: "sum" },
  every60: { frequency: 60, aggregation: "avg" },
  every600: { frequency: 600, aggregation: null },
} as const;

export type MetricName = keyof typeof METRICS;

const LIMITS = {
  nameLengthBytes: 255,
  lineLengthBytes: 10_000,
  rejectionsListed: 10,
  contexts: 4,
  ignoredKeys: 4,
};

/** Timers that fire when told so, and do not wait for what they set off. */
export class ManualScheduler implements Scheduler {
  readonly #clock: MemoryClock;
  readonly #timers = new Set<{ dueMs: number; task: () => void }>();

  constructor(clock: MemoryClock) {
    this.#clock = clock;
  }

  async yieldToOthers(): Promise<void> {
    await Promise.resolve();
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.#clock.monotonicMs() + delayMs, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  pass(ms: number): void {
    this.#clock.advance(ms);
    // A task may start another timer, which must not run in the same pass.
    const timers = [...this.#timers];
    for (const timer of timers) {
      if (timer.dueMs > this.#clock.monotonicMs()) continue;
      this.#timers.delete(timer);
      timer.task();
    }
  }
}

/** Resolves when nothing in memory is under way any more. */
export function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface Machine {
  readonly files: MemoryFileSystem;
  readonly clock: MemoryClock;
  readonly scheduler: ManualScheduler;
  readonly store: MetricStore;
  readonly ingest: Ingest;
  readonly persistence: Persistence;
  readonly sync: PersistenceOptions["sync"];
  /** What went wrong in the background. */
  readonly problems: string[];
}

export type MachineOptions = Partial<
  Pick<PersistenceOptions, "format" | "sync" | "maxWalSizeBytes" | "workers" | "retentionSeconds">
> & { readonly metrics?: ConstructorParameters<typeof MetricStore>[0]["metrics"] };

/** Starts a store on what is on the disk. */
export async function startMachine(
  files: MemoryFileSystem,
  clock: MemoryClock,
  { metrics = METRICS, ...options }: MachineOptions = {},
): Promise<Machine> {
  const scheduler = new ManualScheduler(clock);
  const store = new MetricStore({ metrics });
  const problems: string[] = [];
  const settings = {
    format: "bin" as const,
    sync: "commit" as const,
    maxWalSizeBytes: Infinity,
    workers: 2,
    retentionSeconds: RETENTION_SECONDS,
    ...options,
  };
  const persistence = await Persistence.open({
    ...settings,
    store,
    files,
    clock,
    scheduler,
    root: ROOT,
    checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
    onProblem: (what, error) => problems.push(`${what}: ${String(error)}`),
  });
  const ingest = new Ingest({
    store,
    limits: LIMITS,
    retentionSeconds: settings.retentionSeconds,
    now: () => clock.now(),
    log: persistence.log,
  });
  return { files, clock, scheduler, store, ingest, persistence, sync: settings.sync, problems };
}

/** As the retention worker does, at once. */
export function freeOld({ store, clock }: Machine, retentionSeconds = RETENTION_SECONDS): void {
  for (const path of store.paths(2)) store.free(path, clock.now() - retentionSeconds);
  store.pruneEmpty();
}
