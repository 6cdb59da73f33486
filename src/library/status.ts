// What a store tells of itself, for monitoring: part of GET /api/status.

import type { MetricStore } from "../core/store.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Persistence } from "../persistence/persistence.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";
import type { Problems } from "./problems.ts";

export interface StatusSources {
  readonly engine: MetricStore;
  readonly ingest: Ingest;
  /** Absent: in memory only. */
  readonly persistence: Persistence | undefined;
  readonly problems: Problems;
  readonly upkeep: Upkeep;
}

/** The status of this moment, as plain data. */
export function statusOf({ engine, ingest, persistence, problems, upkeep }: StatusSources): Record<string, unknown> {
  const { batches, stored, ignored, dropped, rejected } = ingest.counters;
  return {
    store: { samples: engine.countSamples(), ...engine.sizes() },
    ...upkeep.status(),
    ingest: {
      batches,
      samplesStored: stored,
      linesIgnored: ignored,
      samplesDropped: dropped,
      linesRejected: rejected,
    },
    problems: problems.summary(),
    ...(persistence !== undefined && { disk: persistence.status(), recovery: persistence.report }),
  };
}
