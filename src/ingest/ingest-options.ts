// What the ingest works with.

import type { MetricStore } from "../core/store.ts";
import type { SampleLog } from "./sample-log.ts";

export interface IngestLimits {
  readonly nameLengthBytes: number;
  readonly lineLengthBytes: number;
  readonly rejectionsListed: number;
  readonly contexts: number;
  readonly ignoredKeys: number;
}

export interface IngestOptions {
  readonly store: MetricStore;
  readonly limits: IngestLimits;
  /** Samples older than this many seconds are rejected. */
  readonly retentionSeconds: number;
  /** Unix seconds. */
  readonly now: () => number;
  /** Makes samples durable; without it they are in memory only. */
  readonly log?: SampleLog;
}
