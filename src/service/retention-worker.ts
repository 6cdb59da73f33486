// Frees what has outlived the retention: at half its length, host by host, so that no request waits for all of them.

import type { MetricStore } from "../core/store.ts";
import type { Clock, Scheduler } from "../runtime/ports.ts";
import { formatGoDuration } from "./go-duration.ts";
import type { Logger } from "./log.ts";

export interface RetentionOptions {
  readonly store: MetricStore;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Logger;
}

/** Timers hold 31 bits of milliseconds, 24.8 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** Clusters and hosts: the tree is freed by hosts, then what is empty above them goes. */
const HOST_DEPTH = 2;

/** Starts the worker; returns what stops it. */
export function startRetention(options: RetentionOptions): () => void {
  const { retentionMs, scheduler, log } = options;
  const delayMs = Math.min(retentionMs / 2, MAX_DELAY_MS);
  let cancel = (): void => {};
  let isStopped = false;
  const schedule = (): void => {
    if (isStopped) return;
    cancel = scheduler.after(delayMs, () => {
      freeByRetention(options)
        .catch((error: unknown) => log.error("retention failed", { error: String(error) }))
        .finally(schedule);
    });
  };
  schedule();
  return () => {
    isStopped = true;
    cancel();
  };
}

/** Frees buffers that ended before now − retention. Returns their number. */
export async function freeByRetention({
  store,
  retentionMs,
  clock,
  scheduler,
  log,
}: RetentionOptions): Promise<number> {
  const oldest = clock.now() - retentionMs / 1000;
  let freed = 0;
  for (const path of store.paths(HOST_DEPTH)) {
    freed += store.free(path, oldest);
    await scheduler.yieldToOthers();
  }
  store.pruneEmpty();
  const returnedBytes = store.trimPool();
  log.info("retention", { freedBuffers: freed, returnedBytes, olderThan: formatGoDuration(retentionMs) });
  return freed;
}
