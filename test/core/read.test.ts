// Reading one series: what range comes back for what was asked. The recorded cases query-ranges, -gaps and -unaligned
// of the reference hold the same over HTTP.

import { beforeAll, describe, expect, it } from "vitest";
import { HOST, newStore, ramp, read, T0, write } from "./fixtures.ts";
import type { MetricStore } from "../../src/core/store.ts";

const N = NaN;

interface Case {
  asked: string;
  from: number;
  to: number;
  values: number[];
  /** Relative to T0, like from and to; `to` left out = from + values × frequency. */
  actualFrom: number;
}

function expectRead(
  store: MetricStore,
  metric: string,
  frequency: number,
  { from, to, values, actualFrom }: Case,
): void {
  expect(read(store, HOST, metric, T0 + from, T0 + to)).toEqual({
    values,
    from: T0 + actualFrom,
    to: T0 + actualFrom + values.length * frequency,
  });
}

describe("a range of a series of four samples every 60 s", () => {
  let store: MetricStore;
  beforeAll(() => {
    store = newStore();
    write(store, HOST, "cpu_load", ramp(T0, 60, 4, 1));
  });

  const cases: Case[] = [
    { asked: "just the samples", from: 0, to: 240, values: [1, 2, 3, 4], actualFrom: 0 },
    { asked: "inside", from: 60, to: 180, values: [2, 3], actualFrom: 60 },
    { asked: "the end is exclusive: a second less keeps the last", from: 60, to: 179, values: [2, 3], actualFrom: 60 },
    { asked: "a second more brings the next", from: 60, to: 181, values: [2, 3, 4], actualFrom: 60 },
    { asked: "around", from: -600, to: 6000, values: [1, 2, 3, 4], actualFrom: 0 },
    { asked: "from before into the data", from: -60, to: 61, values: [1, 2], actualFrom: 0 },
    { asked: "from within the first half slot", from: -30, to: 61, values: [1, 2], actualFrom: 0 },
    { asked: "from off the grid keeps from", from: 1, to: 181, values: [1, 2, 3], actualFrom: 1 },
    { asked: "from 29 s after a sample is still its slot", from: 29, to: 149, values: [1, 2], actualFrom: 29 },
    { asked: "from 30 s after a sample is the next slot", from: 30, to: 150, values: [2, 3], actualFrom: 30 },
    { asked: "over the end", from: 180, to: 6000, values: [4], actualFrom: 180 },
    { asked: "over the end, in the last half slot", from: 209, to: 6000, values: [4], actualFrom: 209 },
    { asked: "behind, from where the last slot ends", from: 210, to: 6000, values: [], actualFrom: 210 },
    { asked: "far behind", from: 6000, to: 7000, values: [], actualFrom: 6000 },
    { asked: "before", from: -600, to: -60, values: [], actualFrom: 0 },
    { asked: "up to the first sample", from: -600, to: 0, values: [], actualFrom: 0 },
    { asked: "from = to inside", from: 60, to: 60, values: [], actualFrom: 60 },
    { asked: "from = to before", from: -60, to: -60, values: [], actualFrom: 0 },
    { asked: "from = to behind", from: 600, to: 600, values: [], actualFrom: 600 },
    { asked: "more time than memory would hold", from: 0, to: 1e15, values: [1, 2, 3, 4], actualFrom: 0 },
  ];
  it.each(cases)("$asked", (asked) => expectRead(store, "cpu_load", 60, asked));
});

describe("a range of a series with gaps, every 10 s", () => {
  let store: MetricStore;
  beforeAll(() => {
    store = newStore();
    // Two samples, a pause longer than a buffer, two samples with a hole, a longer pause, one sample.
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + 10, 2],
      [T0 + 7000, 3],
      [T0 + 7020, 5],
      [T0 + 20_000, 6],
    ]);
  });

  const cases: Case[] = [
    { asked: "within the gap has no values", from: 3000, to: 3100, values: [], actualFrom: 3000 },
    { asked: "behind the second buffer has none either", from: 7030, to: 7130, values: [], actualFrom: 7030 },
    { asked: "from data into the gap ends with the data", from: 0, to: 100, values: [1, 2], actualFrom: 0 },
    {
      asked: "up to where the next buffer starts does not reach it",
      from: 6970,
      to: 6995,
      values: [],
      actualFrom: 6970,
    },
    { asked: "a second further does", from: 6970, to: 6996, values: [N, N, N], actualFrom: 6970 },
    { asked: "from the gap into data begins with nulls", from: 6970, to: 7010, values: [N, N, N, 3], actualFrom: 6970 },
    { asked: "over a hole has a null", from: 7000, to: 7030, values: [3, N, 5], actualFrom: 7000 },
    { asked: "of a hole alone is a null", from: 7010, to: 7020, values: [N], actualFrom: 7010 },
    {
      asked: "in the half slot before a newer buffer's first sample",
      from: 6995,
      to: 7015,
      values: [3, N],
      actualFrom: 6995,
    },
    { asked: "from the newest buffer on", from: 20_000, to: 30_000, values: [6], actualFrom: 20_000 },
  ];
  it.each(cases)("$asked", (asked) => expectRead(store, "net_bw", 10, asked));

  it("over all gaps has every sample at its place", () => {
    const { values } = read(store, HOST, "net_bw", T0, T0 + 30_000);
    expect(values.length).toBe(2001);
    const found = [...values.entries()].filter(([, value]) => !Number.isNaN(value));
    expect(found).toEqual([
      [0, 1],
      [1, 2],
      [700, 3],
      [702, 5],
      [2000, 6],
    ]);
  });

  it("with the last samples cut off by the range is filled up with nulls to its end", () => {
    const { values } = read(store, HOST, "net_bw", T0, T0 + 19_996);
    expect(values.length).toBe(2000);
    expect(values.slice(703).every((value) => Number.isNaN(value))).toBe(true);
  });
});

describe("a read that cannot be answered", () => {
  const store = newStore();
  write(store, HOST, "cpu_load", [[T0, 1]]);
  write(store, HOST, "net_bw", []);

  it.each([
    {
      what: "an unknown metric",
      host: "a0101",
      metric: "nope",
      from: 1,
      to: 0,
      code: "unknown-metric",
      message: "[METRICSTORE]> unknown metric: nope",
    },
    {
      what: "from behind to, even of an unknown host",
      host: "nobody",
      metric: "cpu_load",
      from: 1,
      to: 0,
      code: "invalid-time-range",
      message: "[METRICSTORE]> invalid time range",
    },
    {
      what: "an unknown host",
      host: "nobody",
      metric: "cpu_load",
      from: 0,
      to: 1,
      code: "not-found",
      message: "[METRICSTORE]> metric or host not found",
    },
    {
      what: "a metric the host never had",
      host: "a0101",
      metric: "clock",
      from: 0,
      to: 1,
      code: "not-found",
      message: "[METRICSTORE]> metric or host not found",
    },
    {
      what: "a series without samples",
      host: "a0101",
      metric: "net_bw",
      from: 0,
      to: 1,
      code: "not-found",
      message: "[METRICSTORE]> metric or host not found",
    },
  ])("$what: $code", ({ host, metric, from, to, code, message }) => {
    const error = expect.objectContaining({ name: "StoreError", code, message });
    expect(() => store.read(["alex", host], metric, from, to)).toThrow(error);
    expect(() => store.statistics(["alex", host], metric, from, to)).toThrow(error);
  });
});

describe("values", () => {
  it("are float32, and −0 is read as 0", () => {
    const store = newStore();
    write(store, HOST, "cpu_load", [
      [T0, 1_234_567.891],
      [T0 + 60, -0],
      [T0 + 120, 0.1],
    ]);
    expect(read(store, HOST, "cpu_load", T0, T0 + 180).values).toEqual([1_234_567.875, 0, Math.fround(0.1)]);
  });
});
