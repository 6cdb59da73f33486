// Fewer points for the same time. (spec §4, Resolution)

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { averageBuckets, everyNth, largestTriangleThreeBuckets, resample } from "../../src/core/resample.ts";
import { firstDifference, HOST, newStore, ramp, T0, writeBatch } from "./fixtures.ts";
import { naiveLttb, naiveResample } from "./naive-resample.ts";

const N = NaN;

/** A curve with spikes, so that triangles differ. */
const curve = (length: number): number[] =>
  Array.from({ length }, (_, i) => ((i * 7919) % 101) - 50 + (i % 13 === 0 ? 400 : 0));

/** Few distinct values make ties, gaps come in runs. */
const gappy = fc
  .array(
    fc.record({
      value: fc.oneof(
        fc.constantFrom(0, 1, -1, NaN),
        fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
      ),
      repeat: fc.integer({ min: 1, max: 40 }),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((runs) => runs.flatMap(({ value, repeat }) => Array.from({ length: repeat }, () => value)));

describe("how many points come back for a resolution", () => {
  const cases: { points: number; resolution: number; count: number; actual: number }[] = [
    { points: 1200, resolution: 0, count: 1200, actual: 10 },
    { points: 1200, resolution: -10, count: 1200, actual: 10 },
    { points: 1200, resolution: 9, count: 1200, actual: 10 },
    { points: 1200, resolution: 10, count: 1200, actual: 10 },
    { points: 1200, resolution: 20, count: 600, actual: 20 },
    { points: 1200, resolution: 70, count: 171, actual: 70 },
    { points: 1200, resolution: 4000, count: 3, actual: 4000 },
    { points: 1200, resolution: 6000, count: 2, actual: 6000 },
    { points: 1200, resolution: 12_000, count: 2, actual: 12_000 },
    { points: 1200, resolution: 12_010, count: 1200, actual: 10 },
    { points: 1000, resolution: 20, count: 500, actual: 20 },
    { points: 999, resolution: 20, count: 999, actual: 10 },
    { points: 3, resolution: 100, count: 3, actual: 10 },
    { points: 0, resolution: 100, count: 0, actual: 10 },
  ];
  it.each(cases)(
    "$points points every 10 s at $resolution: $count every $actual s",
    ({ points, resolution, count, actual }) => {
      const values = Float64Array.from(curve(points));
      const result = resample(values, 10, resolution);
      expect([result.values.length, result.resolution]).toEqual([count, actual]);
      if (count > 0) expect([result.values[0], result.values.at(-1)]).toEqual([values[0], values.at(-1)]);
    },
  );

  it.each([0, 3, 999, 1200])("a resolution that is no multiple is an error for %i points", (points) => {
    const error = expect.objectContaining({
      code: "invalid-resolution",
      message: "new sampling frequency (41) must be a multiple of old frequency (10)",
    });
    expect(() => resample(new Float64Array(points), 10, 41)).toThrow(error);
  });

  it("a store answers with the resolution asked for, its range unchanged", () => {
    const store = newStore();
    writeBatch(store, HOST, "net_bw", ramp(T0, 10, 1200));
    const result = store.read(HOST, "net_bw", T0, T0 + 12_000, 100);
    expect(result).toMatchObject({ from: T0, to: T0 + 12_000, resolution: 100 });
    expect(result.values.length).toBe(120);
    expect([...store.read(HOST, "net_bw", T0, T0 + 12_000, 4000, everyNth).values]).toEqual([0, 400, 800]);
    expect(() => store.read(HOST, "net_bw", T0, T0 + 10, 15)).toThrow("must be a multiple");
  });
});

describe("largest triangle three buckets", () => {
  it("agrees with the specification's text for any values, gaps and ties", () => {
    fc.assert(
      fc.property(gappy, fc.nat(100), (values, share) => {
        fc.pre(values.length > 3);
        const count = 3 + Math.floor(((values.length - 4) * share) / 100);
        const actual = largestTriangleThreeBuckets(Float64Array.from(values), count);
        expect(firstDifference(actual, naiveLttb(values, count))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([2, 3, 7, 10, 99, 333, 400])("agrees over 1203 points by %i", (multiple) => {
    const values = curve(1203);
    const expected = naiveResample(values, 10, 10 * multiple);
    const { values: actual, resolution } = resample(Float64Array.from(values), 10, 10 * multiple);
    expect({ values: [...actual], resolution }).toEqual(expected);
  });

  it.each([
    { what: "keeps spikes", values: [0, 0, 0, 9, 0, 0, 0, -7, 0, 0], count: 4, picked: [0, 9, -7, 0] },
    { what: "takes the first of equals", values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], count: 4, picked: [0, 1, 5, 9] },
    { what: "a gap wins over a spike", values: [0, 0, 9, N, 9, 5, 6, 7, 8, 9], count: 4, picked: [0, N, 7, 9] },
    { what: "a gap at the start is kept", values: [N, 1, 2, 3, 4, 5, 6, 7, 8, 9], count: 4, picked: [N, 4, 5, 9] },
    // The bucket behind the only one is empty, its average no number: the last point stays.
    { what: "of three, the last but one is the middle", values: [0, 9, 0, 0, 0, 0, 6, 7], count: 3, picked: [0, 6, 7] },
  ])("$what", ({ values, count, picked }) => {
    expect([...largestTriangleThreeBuckets(Float64Array.from(values), count)]).toEqual(picked);
  });
});

describe("other resamplers", () => {
  const values = Float64Array.of(1, 3, N, 5, N, N, 2, 4, 100);
  it.each([
    { name: "average takes the mean of what is there", resampler: averageBuckets, expected: [2, 5, N, 3] },
    { name: "simple takes every k-th", resampler: everyNth, expected: [1, N, N, 2] },
  ])("$name", ({ resampler, expected }) => {
    expect([...resampler(values, 4, 2)]).toEqual(expected);
  });

  it.each([
    { name: "simple", resampler: everyNth, expected: (i: number) => i * 100 },
    { name: "average", resampler: averageBuckets, expected: (i: number) => i * 100 + 49.5 },
  ])("$name: value i stands for the time from + i × resolution, points over at the end are left out", (test) => {
    const ascending = Float64Array.from({ length: 1099 }, (_, i) => i);
    const { values: picked, resolution } = resample(ascending, 10, 1000, test.resampler);
    expect(resolution).toBe(1000);
    expect([...picked]).toEqual(Array.from({ length: 10 }, (_, i) => test.expected(i)));
  });
});
