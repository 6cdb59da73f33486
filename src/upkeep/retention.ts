// Frees what has outlived the retention, at half its length. Hosts in use by running jobs keep theirs. (seed: Retention)

import type { Clock, Scheduler } from "../runtime/ports.ts";
import type { Freed, MemoryFreeing } from "./memory-freeing.ts";
import type { HostsInUse } from "./node-provider.ts";
import { repeat } from "./repeating.ts";

export interface RetentionOptions {
  readonly freeing: MemoryFreeing;
  readonly hostsInUse: HostsInUse;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onFreed: (freed: Freed) => void;
  readonly onProblem: (what: string, error: unknown) => void;
}

/** Starts the worker; returns what stops it. */
export function startRetention(options: RetentionOptions): () => Promise<void> {
  const { retentionMs, scheduler, onFreed, onProblem } = options;
  const delayMs = retentionMs / 2;
  return repeat({
    scheduler,
    firstDelayMs: delayMs,
    retryDelayMs: delayMs,
    onError: (error) => onProblem("retention", error),
    async task() {
      const freed = await freeByRetention(options);
      for (const failure of freed.failures) onProblem("retention: checkpoint before freeing", failure);
      onFreed(freed);
      return delayMs;
    },
  });
}

/** Frees buffers that ended before now − retention. */
export async function freeByRetention({
  freeing,
  hostsInUse,
  retentionMs,
  clock,
}: Pick<RetentionOptions, "freeing" | "hostsInUse" | "retentionMs" | "clock">): Promise<Freed> {
  const time = clock.now() - retentionMs / 1000;
  return freeing.free(time, await hostsInUse.startedBefore(time));
}
