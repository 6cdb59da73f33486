// Samples that a program has as values: the same path as that of lines, without the text.

import type { LevelPath } from "../core/level.ts";
import type { IngestOptions } from "./ingest-options.ts";
import { pathProblem } from "./level-path.ts";
import type { IngestReport } from "./report.ts";
import { oneSample } from "./sample-log.ts";
import type { Tally } from "./tally.ts";

export interface Sample {
  readonly metric: string;
  /** From cluster and host down to where it was measured: `["alex", "a0101"]`, `["alex", "a0101", "socket0"]`. */
  readonly level: LevelPath;
  /** Whole Unix seconds. */
  readonly timestamp: number;
  /** Kept as float32. */
  readonly value: number;
}

/** Stores the samples and makes them durable. Rejects with StorageError when that failed. */
export async function writeSamples(
  options: IngestOptions,
  tally: Tally,
  samples: Iterable<Sample>,
): Promise<IngestReport> {
  const oldest = options.now() - options.retentionSeconds;
  let number = 0;
  for (const sample of samples) writeOne(options, tally, sample, ++number, oldest);
  await options.log?.commit();
  return tally.report();
}

function writeOne(options: IngestOptions, tally: Tally, sample: Sample, number: number, oldest: number): void {
  const { store, limits, log } = options;
  const { metric: name, level, timestamp } = sample;
  const metric = store.metrics.get(name);
  if (metric === undefined) return tally.ignore(1);
  if (!Number.isSafeInteger(timestamp)) {
    return tally.reject("syntax", number, `timestamp: expected whole Unix seconds, found ${timestamp}`);
  }
  if (timestamp < oldest) {
    return tally.reject("too-old", number, `timestamp ${timestamp} is older than the retention (oldest: ${oldest})`);
  }
  const problem = pathProblem(level, limits.nameLengthBytes);
  if (problem !== undefined) return tally.reject("name", number, problem);
  const value = Math.fround(sample.value);
  if (!Number.isFinite(value)) return tally.drop();
  const series = store.seriesFor(level, metric);
  if (series === undefined) {
    const reason = `no new series: the store is full (limit series-count, ${store.seriesCount} series)`;
    return tally.reject("series-limit", number, reason);
  }
  store.writeSample(series, timestamp, value);
  log?.append(oneSample(series, timestamp, value), 1);
  tally.store(1);
}
