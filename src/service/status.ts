// What GET /api/status tells.

import type { MetricStore } from "../core/store.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Persistence } from "../persistence/persistence.ts";

export interface StatusSources {
  readonly store: MetricStore;
  readonly ingest: Ingest;
  readonly persistence: Persistence;
  readonly version: string;
  /** Unix seconds. */
  readonly startedAt: number;
  readonly now: () => number;
}

/** A function that gives the status of this moment, as plain data. */
export function statusOf({
  store,
  ingest,
  persistence,
  version,
  startedAt,
  now,
}: StatusSources): () => Record<string, unknown> {
  return () => {
    const { batches, stored, ignored, dropped, rejected } = ingest.counters;
    return {
      version,
      uptimeSeconds: Math.floor(now() - startedAt),
      store: store.sizes(),
      ingest: {
        batches,
        samplesStored: stored,
        linesIgnored: ignored,
        samplesDropped: dropped,
        linesRejected: rejected,
      },
      disk: persistence.status(),
      recovery: persistence.report,
    };
  };
}
