// Nothing is dropped silently: what ingest did not store is told in the log, summed up so that a flood of bad lines
// makes no flood of log lines. The totals are in /api/status.

import type { IngestCounters } from "../ingest/tally.ts";
import type { Scheduler } from "../runtime/ports.ts";
import type { Logger } from "./log.ts";

const INTERVAL_MS = 10_000;

/** Logs every ten seconds what was dropped or rejected since; returns what stops it. */
export function watchRejections(counters: IngestCounters, scheduler: Scheduler, log: Logger): () => void {
  let before = lossesOf(counters);
  let cancel = (): void => {};
  const look = (): void => {
    const now = lossesOf(counters);
    const fresh = Object.entries(now).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
    const lost = fresh.filter(([, count]) => count > 0);
    if (lost.length > 0) log.warn("lines not stored", Object.fromEntries(lost));
    before = now;
    cancel = scheduler.after(INTERVAL_MS, look);
  };
  cancel = scheduler.after(INTERVAL_MS, look);
  return () => cancel();
}

function lossesOf({ dropped, rejected }: IngestCounters): Record<string, number> {
  return { outOfFloat32Range: dropped, ...rejected };
}
