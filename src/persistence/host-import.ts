// From a snapshot into the store.

import type { HostSnapshot, LevelSnapshot } from "../codec/host-snapshot.ts";
import type { LevelPath } from "../core/level.ts";
import type { MetricStore } from "../core/store.ts";

export interface ImportCounts {
  /** Values that are there. */
  samples: number;
  /** Blocks that are not loaded: their metric is not configured, or the store may not have more series. */
  skippedBlocks: number;
  /** Blocks that begin before the one of the same series that was imported before. */
  earlyBlocks: number;
}

/** Series → where its last block began, Unix seconds. */
export type BlockStarts = Map<number, number>;

/**
 * Writes the samples of a snapshot into the store, below [cluster, host].
 * @param starts goes from one snapshot of the host to the next
 */
export function importHost(
  store: MetricStore,
  cluster: string,
  host: string,
  snapshot: HostSnapshot,
  starts: BlockStarts = new Map(),
): ImportCounts {
  const counts: ImportCounts = { samples: 0, skippedBlocks: 0, earlyBlocks: 0 };
  importLevel(store, [cluster, host], snapshot.level, counts, starts);
  return counts;
}

function importLevel(
  store: MetricStore,
  path: LevelPath,
  { metrics, children }: LevelSnapshot,
  counts: ImportCounts,
  starts: BlockStarts,
): void {
  let level = store.root.find(path);
  for (const { name, frequency, start, values } of metrics) {
    const samples = countNumbers(values);
    // A series without samples could not be told from one that is all in snapshots.
    if (samples === 0) continue;
    const metric = store.metrics.get(name);
    const series = metric && (level === undefined ? store.seriesFor(path, metric) : store.seriesAt(level, metric));
    // Only now: a level is made when a series needs it.
    level ??= store.root.find(path);
    if (metric === undefined || series === undefined) {
      counts.skippedBlocks++;
      continue;
    }
    if (metric.frequency === frequency) store.writeBlock(series, start, values);
    else writeOneByOne(store, series, start, frequency, values);
    counts.samples += samples;
    if (start < (starts.get(series) ?? -Infinity)) counts.earlyBlocks++;
    starts.set(series, start);
  }
  for (const child of children) importLevel(store, [...path, child.name], child.level, counts, starts);
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
