// Nothing is dropped silently: what ingest did not store is told to whoever listens, summed up so that a flood of bad
// lines makes no flood of messages. The totals are in the status.

import type { IngestCounters } from "../ingest/tally.ts";
import type { Scheduler } from "../runtime/ports.ts";

/** Lines or samples that were not stored, by reason. */
export type Losses = Readonly<Record<string, number>>;

const INTERVAL_MS = 10_000;

/** Tells every ten seconds what was dropped or rejected since, if anything; returns what stops it. */
export function watchRejections(
  counters: IngestCounters,
  scheduler: Scheduler,
  tell: (losses: Losses) => void,
): () => void {
  let before = lossesOf(counters);
  let cancel = (): void => {};
  const look = (): void => {
    const now = lossesOf(counters);
    const fresh = Object.entries(now).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
    const lost = fresh.filter(([, count]) => count > 0);
    if (lost.length > 0) tell(Object.fromEntries(lost));
    before = now;
    cancel = scheduler.after(INTERVAL_MS, look);
  };
  cancel = scheduler.after(INTERVAL_MS, look);
  return () => cancel();
}

function lossesOf({ dropped, rejected }: IngestCounters): Losses {
  return { outOfFloat32Range: dropped, ...rejected };
}
