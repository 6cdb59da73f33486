// Several series read as one. Better than the reference, which fails where ranges differ. (spec §4)

import { describe, expect, it } from "vitest";
import type { Selector } from "../../src/core/level.ts";
import type { MetricStore } from "../../src/core/store.ts";
import { HOST, newStore, ramp, read, T0, write, type Sample } from "./fixtures.ts";

const N = NaN;
const thread = (id: number): string[] => [...HOST, `hwthread${id}`];
const group = (...ids: number[]): Selector => [...HOST, ids.map((id) => `hwthread${id}`)];

/** A host whose hwthread i has the i-th list of samples. */
function hostOf(metric: string, ...threads: Sample[][]): MetricStore {
  const store = newStore();
  for (const [id, samples] of threads.entries()) write(store, thread(id), metric, samples);
  return store;
}

describe("aggregation of three hwthreads", () => {
  const threads = [ramp(T0, 60, 3, 1), ramp(T0, 60, 3, 10), ramp(T0, 60, 3, 100)];
  it.each([
    { metric: "flops_any", how: "adds", values: [111, 114, 117] },
    { metric: "cpu_load", how: "takes the mean", values: [37, 38, 39] },
  ])("$metric $how", ({ metric, values }) => {
    const store = hostOf(metric, ...threads);
    for (const selector of [HOST, ["alex"], [], group(0, 1, 2), group(2, 1, 0)]) {
      expect(read(store, selector, metric, T0, T0 + 180).values).toEqual(values);
    }
  });

  it("a metric that must not be combined is refused, unless one series is all there is", () => {
    const store = hostOf("clock", ...threads);
    const error = expect.objectContaining({
      code: "invalid-aggregation",
      message: "[METRICSTORE]> invalid aggregation",
    });
    expect(() => store.read(HOST, "clock", T0, T0 + 60)).toThrow(error);
    expect(() => store.read(group(0, 0), "clock", T0, T0 + 60)).toThrow(error);
    expect(read(store, group(1), "clock", T0, T0 + 60).values).toEqual([10]);
    expect(read(store, group(1, 99), "clock", T0, T0 + 60).values).toEqual([10]);
  });

  it.each(["flops_any", "cpu_load"])("%s of one contributor is its values", (metric) => {
    const store = hostOf(metric, [
      [T0, 0.1],
      [T0 + 60, -0],
    ]);
    expect(read(store, HOST, metric, T0, T0 + 120).values).toEqual([Math.fround(0.1), 0]);
  });

  it("sums are taken in float64", () => {
    const store = hostOf("flops_any", [[T0, 16_777_216]], [[T0, 1]], [[T0, 1]]);
    expect(read(store, HOST, "flops_any", T0, T0 + 60).values).toEqual([16_777_218]);
  });

  it("two −0 add up to 0", () => {
    const store = hostOf("flops_any", [[T0, -0]], [[T0, -0]]);
    expect(read(store, HOST, "flops_any", T0, T0 + 60).values).toEqual([0]);
  });

  it("statistics are those of the combined values", () => {
    const store = hostOf("flops_any", ...threads);
    const expected = { samples: 3, avg: 114, min: 111, max: 117, from: T0, to: T0 + 180 };
    expect(store.statistics(HOST, "flops_any", T0, T0 + 180)).toEqual(expected);
  });
});

describe("contributors with different ranges give the union, null where one has no value", () => {
  const cases: {
    what: string;
    threads: Sample[][];
    from?: number;
    to?: number;
    values: number[];
    actualFrom: number;
  }[] = [
    {
      what: "one ends earlier",
      threads: [ramp(T0, 60, 2, 1), ramp(T0, 60, 4, 10)],
      values: [11, 13, N, N],
      actualFrom: 0,
    },
    {
      what: "one begins later",
      threads: [ramp(T0, 60, 4, 1), ramp(T0 + 120, 60, 2, 10)],
      values: [N, N, 13, 15],
      actualFrom: 0,
    },
    {
      what: "the first one begins later",
      threads: [ramp(T0 + 120, 60, 2, 10), ramp(T0, 60, 4, 1)],
      values: [N, N, 13, 15],
      actualFrom: 0,
    },
    {
      what: "they do not overlap",
      threads: [ramp(T0, 60, 1, 1), ramp(T0 + 180, 60, 1, 10)],
      values: [N, N, N, N],
      actualFrom: 0,
    },
    {
      what: "one has a hole",
      threads: [
        ramp(T0, 60, 3, 1),
        [
          [T0, 10],
          [T0 + 120, 12],
        ],
      ],
      values: [11, N, 15],
      actualFrom: 0,
    },
    {
      what: "the range cuts them to the common part",
      threads: [ramp(T0, 60, 4, 1), ramp(T0 + 60, 60, 4, 10)],
      from: 60,
      to: 180,
      values: [12, 14],
      actualFrom: 60,
    },
    {
      what: "the range lies behind all",
      threads: [ramp(T0, 60, 1, 1), ramp(T0, 60, 1, 2)],
      from: 600,
      to: 900,
      values: [],
      actualFrom: 600,
    },
    {
      what: "the range lies before all",
      threads: [ramp(T0 + 60, 60, 1, 1), ramp(T0, 60, 1, 2)],
      from: -600,
      to: -300,
      values: [],
      actualFrom: 0,
    },
    {
      what: "one is long dead",
      threads: [ramp(T0 - 90_000, 60, 3, 1), ramp(T0, 60, 3, 1)],
      values: [N, N, N],
      actualFrom: 0,
    },
    {
      what: "one is not yet born",
      threads: [ramp(T0, 60, 2, 1), ramp(T0 + 90_000, 60, 3, 1)],
      values: [N, N],
      actualFrom: 0,
    },
    {
      what: "from is off the grid",
      threads: [ramp(T0, 60, 3, 1), ramp(T0, 60, 3, 10)],
      from: 7,
      to: 150,
      values: [11, 13, 15],
      actualFrom: 7,
    },
  ];
  it.each(cases)("$what", ({ threads, from = 0, to = 600, values, actualFrom }) => {
    const store = hostOf("flops_any", ...threads);
    const expected = { values, from: T0 + actualFrom, to: T0 + actualFrom + values.length * 60 };
    expect(read(store, HOST, "flops_any", T0 + from, T0 + to)).toEqual(expected);
  });

  it("over several buffers and the gap between them", () => {
    const long = ramp(T0, 60, 1200);
    const store = hostOf(
      "flops_any",
      long,
      long.filter(([time]) => time < T0 + 6000 || time >= T0 + 60_000),
    );
    const { values } = read(store, HOST, "flops_any", T0, T0 + 72_000);
    expect(values).toEqual(long.map(([time, value]) => (time < T0 + 6000 || time >= T0 + 60_000 ? 2 * value : N)));
  });
});

describe("contributors off each other's grid by less than a frequency", () => {
  const cases: { what: string; threads: Sample[][]; from: number; values: number[]; actualFrom: number }[] = [
    {
      what: "the later counts from the step before",
      threads: [ramp(T0, 60, 3, 1), ramp(T0 + 20, 60, 3, 10)],
      from: -60,
      values: [11, 13, 15],
      actualFrom: 0,
    },
    {
      what: "the earlier is read at the times of the first",
      threads: [ramp(T0 + 20, 60, 3, 10), ramp(T0, 60, 3, 1)],
      from: -60,
      values: [11, 13, 15],
      actualFrom: 20,
    },
    {
      what: "read at those times, its nearest sample counts",
      threads: [ramp(T0 + 40, 60, 3, 10), ramp(T0, 60, 4, 1)],
      from: -60,
      values: [12, 14, 16],
      actualFrom: 40,
    },
    {
      what: "the same with more than a frequency between them",
      threads: [ramp(T0 + 140, 60, 2, 10), ramp(T0, 60, 4, 1)],
      from: -60,
      values: [N, N, 13, 15],
      actualFrom: 20,
    },
    {
      what: "inside all of them, from decides",
      threads: [ramp(T0, 60, 4, 1), ramp(T0 + 20, 60, 4, 10)],
      from: 60,
      values: [13, 15, 17],
      actualFrom: 60,
    },
  ];
  it.each(cases)("$what", ({ threads, from, values, actualFrom }) => {
    const store = hostOf("flops_any", ...threads);
    const expected = { values, from: T0 + actualFrom, to: T0 + actualFrom + values.length * 60 };
    expect(read(store, HOST, "flops_any", T0 + from, T0 + 600)).toEqual(expected);
  });
});
