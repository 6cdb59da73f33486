// From a snapshot into the store.

import type { HostSnapshot, LevelSnapshot } from "../codec/host-snapshot.ts";
import type { LevelPath } from "../core/level.ts";
import type { MetricStore } from "../core/store.ts";

export interface ImportCounts {
  /** Values that are there. */
  samples: number;
  /** Blocks that are not loaded: their metric is not configured, or the store may not have more series. */
  skippedBlocks: number;
}

/** Writes the samples of a snapshot into the store, below [cluster, host]. */
export function importHost(store: MetricStore, cluster: string, host: string, snapshot: HostSnapshot): ImportCounts {
  const counts: ImportCounts = { samples: 0, skippedBlocks: 0 };
  importLevel(store, [cluster, host], snapshot.level, counts);
  return counts;
}

function importLevel(
  store: MetricStore,
  path: LevelPath,
  { metrics, children }: LevelSnapshot,
  counts: ImportCounts,
): void {
  for (const { name, frequency, start, values } of metrics) {
    const samples = countNumbers(values);
    // A series without samples could not be told from one that is all in snapshots.
    if (samples === 0) continue;
    const metric = store.metrics.get(name);
    const series = metric === undefined ? undefined : store.seriesFor(path, metric);
    if (metric === undefined || series === undefined) {
      counts.skippedBlocks++;
      continue;
    }
    if (metric.frequency === frequency) store.writeBlock(series, start, values);
    else writeOneByOne(store, series, start, frequency, values);
    counts.samples += samples;
  }
  for (const child of children) importLevel(store, [...path, child.name], child.level, counts);
}

/** The metric had another frequency when the snapshot was made: its samples find their slots as if they came now. */
function writeOneByOne(
  store: MetricStore,
  series: number,
  start: number,
  frequency: number,
  values: Float32Array,
): void {
  for (const [i, value] of values.entries()) {
    if (!Number.isNaN(value)) store.writeSample(series, start + i * frequency, value);
  }
}

function countNumbers(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) count++;
  return count;
}
