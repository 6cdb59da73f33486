// A store of its own for one result: what disk and memory hold of a range of time is put together in it, and the
// ordinary code reads from it, so that old samples are answered as new ones are.

import type { Adder } from "../core/adder.ts";
import type { Level, LevelPath } from "../core/level.ts";
import type { Metric, MetricConfig } from "../core/metrics.ts";
import { MetricStore } from "../core/store.ts";
import type { OldRun } from "./old-samples.ts";

export class Scratch {
  readonly store: MetricStore;

  constructor(like: MetricStore, adder: Adder | undefined) {
    const metrics: Record<string, MetricConfig> = {};
    for (const { name, frequency, aggregation } of like.metrics.byIndex) metrics[name] = { frequency, aggregation };
    this.store = new MetricStore({ metrics, ...(adder !== undefined && { adder }) });
  }

  /** Puts values into a series. Of slots that have one already the new value counts. Returns how many values it looked at. */
  put(path: LevelPath, metric: Metric, run: Omit<OldRun, "path">): number {
    const series = this.store.seriesFor(path, metric);
    if (series === undefined) throw new Error("BUG: the scratch store has no limit of series");
    putRun(this.store, series, metric.frequency, run);
    return run.values.length;
  }

  /** Empties it; its memory stays for the next result: the system would take it back only with a collection of garbage. */
  clear(): void {
    this.store.freeAll();
    this.store.pruneEmpty();
  }
}

/**
 * Behind what is there a run is copied as it is. Where it lies over older values it goes sample by sample into their
 * slots: in buffers of its own it would be hidden by them.
 */
function putRun(
  store: MetricStore,
  series: number,
  metricFrequency: number,
  { frequency, start, values }: Omit<OldRun, "path">,
): void {
  const half = Math.floor(metricFrequency / 2);
  const isOnGrid = frequency === metricFrequency;
  let i = 0;
  for (; i < values.length; i++) {
    const time = start + i * frequency;
    if (isOnGrid && !store.hasSamplesSince(series, time - half)) break;
    if (!Number.isNaN(values[i])) store.writeSample(series, time, values[i]);
  }
  if (i < values.length) store.writeBlock(series, start + i * frequency, values.subarray(i));
}

/**
 * Copies what memory holds of a series in [from, to), with its neighbours on both sides: they tell whether the range lies
 * before, between or behind its samples, which is answered differently.
 */
export function copyFromMemory(store: MetricStore, series: number, level: Level, from: number, to: number): OldRun[] {
  const { frequency } = store.identityOf(series).metric;
  const path = level.path().slice(HOST_DEPTH);
  const ranges = store.rangesOfSeries(series);
  const before = ranges.findLast((range) => range.from < from);
  const after = ranges.find((range) => range.to > to);
  const blocks = [
    ...(before === undefined ? [] : store.readBlocks(series, before.from, from).slice(-1).map(lastOf(frequency))),
    ...store.readBlocks(series, from, to),
    ...(after === undefined ? [] : store.readBlocks(series, to, after.to).slice(0, 1).map(firstOf)),
  ];
  return blocks.map((block) => ({ path, frequency, ...block }));
}

const HOST_DEPTH = 2;

interface Values {
  readonly start: number;
  readonly values: Float32Array;
}

const firstOf = ({ start, values }: Values): Values => ({ start, values: values.subarray(0, 1) });

const lastOf =
  (frequency: number) =>
  ({ start, values }: Values): Values => ({
    start: start + (values.length - 1) * frequency,
    values: values.subarray(-1),
  });
