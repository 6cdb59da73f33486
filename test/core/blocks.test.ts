// Whole runs of values: out of the store for a snapshot.

import { describe, expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";

const T0 = 1_700_000_000;

/** A store with as many series of one host, one value a second. */
function storeOf(count: number): { store: MetricStore; series: number[] } {
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  const store = new MetricStore({
    metrics: Object.fromEntries(names.map((name) => [name, { frequency: 1, aggregation: null }])),
  });
  const series = store.metrics.byIndex.map((metric) => store.seriesFor(["c", "h"], metric) ?? -1);
  return { store, series };
}

const ramp = (length: number, first = 0): Float32Array => Float32Array.from({ length }, (_, i) => first + i);

/** Memory that has been used before. */
const used = (count: number): Float32Array<ArrayBuffer> => new Float32Array(count).fill(-1);

describe("a block that is read", () => {
  test("of several buffers has all values, and NaN in the holes between them", () => {
    const { store, series } = storeOf(1);
    store.writeBlock(series[0], T0, ramp(600));
    store.writeBlock(series[0], T0 + 1100, ramp(3, 1100));
    const block = store.readBlock(series[0], -Infinity, Infinity, used);
    expect(block?.start).toBe(T0);
    const expected = new Float32Array(1103).fill(NaN);
    expected.set(ramp(600));
    expected.set(ramp(3, 1100), 1100);
    expect(block?.values).toEqual(expected);
  });

  test.each([
    ["within one buffer", 10, 20, 10, 10],
    ["over the edge of a buffer", 500, 530, 500, 30],
    ["from before the beginning", -50, 5, 0, 5],
    ["to behind the end", 598, 700, 598, 2],
  ])("and is cut %s has what lies in the range", (_, from, to, first, length) => {
    const { store, series } = storeOf(1);
    store.writeBlock(series[0], T0, ramp(600));
    const block = store.readBlock(series[0], T0 + from, T0 + to, used);
    expect([block?.start, block?.values]).toEqual([T0 + first, ramp(length, first)]);
  });

  test("and is cut in a hole begins and ends with a number; there is none where there are only holes", () => {
    const { store, series } = storeOf(1);
    store.writeSample(series[0], T0, 1);
    store.writeSample(series[0], T0 + 10, 2);
    store.writeSample(series[0], T0 + 20, 3);
    const block = store.readBlock(series[0], T0 + 5, T0 + 15, used);
    expect([block?.start, block?.values]).toEqual([T0 + 10, Float32Array.of(2)]);
    expect(store.readBlock(series[0], T0 + 1, T0 + 10, used)).toBeUndefined();
  });
});

describe("the ranges of a level", () => {
  const rangesOf = (store: MetricStore, bound = -Infinity) =>
    store.rangesOf(store.root, () => bound).map(({ from, to }) => [from - T0, to - T0]);

  test("join buffers without a hole between them, and are told once for series in step", () => {
    const { store, series } = storeOf(3);
    for (const one of series) store.writeBlock(one, T0, ramp(1500));
    expect(rangesOf(store)).toEqual([[0, 1500]]);
    expect(rangesOf(store, T0 + 700)).toEqual([[700, 1500]]);
    expect(rangesOf(store, T0 + 1500)).toEqual([]);
  });

  test("are apart where a hole lies between buffers, and told of each series that is out of step", () => {
    const { store, series } = storeOf(2);
    store.writeBlock(series[0], T0, ramp(5));
    store.writeBlock(series[0], T0 + 1000, ramp(5));
    store.writeBlock(series[1], T0 + 2, ramp(5));
    expect(rangesOf(store).toSorted((a, b) => a[0] - b[0] || a[1] - b[1])).toEqual([
      [0, 5],
      [2, 7],
      [1000, 1005],
    ]);
  });
});

test("the first time of a series is that of its oldest sample, late ones included; Infinity without any", () => {
  const { store, series } = storeOf(1);
  expect(store.firstTimeOf(series[0])).toBe(Infinity);
  store.writeSample(series[0], T0 + 1000, 1);
  expect(store.firstTimeOf(series[0])).toBe(T0 + 1000);
  store.writeSample(series[0], T0 + 10, 2);
  expect(store.firstTimeOf(series[0])).toBe(T0 + 10);
});
