// A store for tests: a few metrics, samples written by name, answers as plain arrays.

import type { Selector } from "../../src/core/level.ts";
import type { MetricConfig } from "../../src/core/metrics.ts";
import { MetricStore, type ReadResult } from "../../src/core/store.ts";

/** [timestamp in Unix seconds, value] */
export type Sample = readonly [timestamp: number, value: number];

/** What the dump tells of one buffer. */
export interface DumpedBuffer {
  start: number;
  len: number;
  end: number;
}

/** The metrics of the recorded cases. */
export const METRICS: Readonly<Record<string, MetricConfig>> = {
  cpu_load: { frequency: 60, aggregation: "avg" },
  flops_any: { frequency: 60, aggregation: "sum" },
  clock: { frequency: 60, aggregation: null },
  net_bw: { frequency: 10, aggregation: "sum" },
};

/** Time of the first sample in most tests: the one of the recorded cases. */
export const T0 = 1_720_879_260;

export const HOST = ["alex", "a0101"] as const;

export const newStore = (metrics = METRICS): MetricStore => new MetricStore({ metrics });

export function seriesOf(store: MetricStore, path: readonly string[], metricName: string): number {
  const metric = store.metrics.get(metricName);
  const series = metric === undefined ? undefined : store.seriesFor(path, metric);
  if (series === undefined) throw new Error(`no series ${path.join("/")} ${metricName}`);
  return series;
}

/** Writes samples one by one. */
export function write(store: MetricStore, path: readonly string[], metric: string, samples: readonly Sample[]): void {
  const series = seriesOf(store, path, metric);
  for (const [timestamp, value] of samples) store.writeSample(series, timestamp, value);
}

/** Writes samples of one series as one batch of columns. */
export function writeBatch(
  store: MetricStore,
  path: readonly string[],
  metric: string,
  samples: readonly Sample[],
): void {
  const series = seriesOf(store, path, metric);
  const columns = {
    series: new Uint32Array(samples.length).fill(series),
    timestamps: Float64Array.from(samples, ([timestamp]) => timestamp),
    values: Float32Array.from(samples, ([, value]) => value),
  };
  store.writeColumns(columns, samples.length);
}

/** `count` samples, `step` seconds apart, with the values first, first + 1, … */
export const ramp = (from: number, step: number, count: number, first = 0): Sample[] =>
  Array.from({ length: count }, (_, i) => [from + i * step, first + i]);

/** A read as plain data; NaN stands for "no sample". */
export function read(
  store: MetricStore,
  selector: Selector,
  metric: string,
  from: number,
  to: number,
): { values: number[]; from: number; to: number } {
  return plain(store.read(selector, metric, from, to));
}

export const plain = ({ values, from, to }: ReadResult): { values: number[]; from: number; to: number } => ({
  values: [...values],
  from,
  to,
});

/** The dump of a level, parsed. */
export const dump = (store: MetricStore, path: readonly string[]): unknown =>
  JSON.parse(`{${[...store.debugDump(path)].join("")}}`);

/** The buffers of one series, oldest first; none when there is no such level. */
export function buffersOf(store: MetricStore, path: readonly string[], metric: string): DumpedBuffer[] {
  if (store.root.find(path) === undefined) return [];
  const level = dump(store, path) as Record<string, DumpedBuffer[] | undefined>;
  return level[metric] ?? [];
}

/** Where two lists of values part, −0 and 0 being different; quicker for thousands of values than `toEqual`. */
export function firstDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { index: number; actual: number | undefined; expected: number | undefined } | undefined {
  const length = Math.max(actual.length, expected.length);
  for (let index = 0; index < length; index++) {
    if (!Object.is(actual[index], expected[index])) return { index, actual: actual[index], expected: expected[index] };
  }
  return undefined;
}

/** How much there is, all in one. */
export const sizesOf = (store: MetricStore) => ({ ...store.sizes(), ...store.countAll() });
