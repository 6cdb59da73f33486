// The order of arrival leaves no trace; and samples that come in order but off the grid are all there.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricStore } from "../../src/core/store.ts";
import {
  buffersOf,
  firstDifference,
  HOST,
  newStore,
  read,
  write,
  writeBatch,
  type Sample,
  sizesOf,
} from "./fixtures.ts";

const FREQUENCY = 10;
const METRICS = { metric: { frequency: FREQUENCY, aggregation: "sum" } } as const;

const storeWith = (samples: readonly Sample[], writeAll: typeof write): MetricStore => {
  const store = newStore(METRICS);
  writeAll(store, HOST, "metric", samples);
  return store;
};

/** Slots in no order, each once: single ones far and near, and runs longer than a buffer. */
const shuffledSlots = fc
  .tuple(
    fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 40 }),
    fc.array(fc.record({ from: fc.integer({ min: -3000, max: 3000 }), count: fc.nat(700) }), { maxLength: 2 }),
  )
  .map(([singles, runs]) => {
    const dense = runs.flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i));
    return [...new Set([...singles, ...dense])];
  })
  .filter((slots) => slots.length > 0)
  .chain((slots) => fc.shuffledSubarray(slots, { minLength: slots.length }));

const ranges = fc.array(fc.record({ from: fc.integer({ min: -35_000, max: 35_000 }), length: fc.nat(30_000) }), {
  minLength: 3,
  maxLength: 3,
});

describe("samples that arrive in any order", () => {
  it("give the same buffers, answers and numbers freed as in order of time", () => {
    fc.assert(
      fc.property(
        shuffledSlots,
        fc.boolean(),
        ranges,
        fc.integer({ min: -35_000, max: 35_000 }),
        (slots, batch, asked, time) => {
          const samples = slots.map((slot): Sample => [slot * FREQUENCY, slot + 0.5]);
          const shuffled = storeWith(samples, batch ? writeBatch : write);
          const ordered = storeWith(
            samples.toSorted(([a], [b]) => a - b),
            writeBatch,
          );
          for (const { from, length } of asked) {
            const expected = read(ordered, HOST, "metric", from, from + length);
            const actual = read(shuffled, HOST, "metric", from, from + length);
            expect([actual.from, actual.to]).toEqual([expected.from, expected.to]);
            expect(firstDifference(actual.values, expected.values)).toBeUndefined();
          }
          expect([...shuffled.debugDump([])].join("")).toBe([...ordered.debugDump([])].join(""));
          expect(shuffled.free([], time)).toBe(ordered.free([], time));
          expect(shuffled.freeAll()).toBe(ordered.freeAll());
          expect(sizesOf(shuffled)).toMatchObject({
            levels: 0,
            series: 0,
            buffers: 0,
            slots: 0,
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("are freed in the same numbers when nobody has looked before", () => {
    fc.assert(
      fc.property(shuffledSlots, fc.integer({ min: -35_000, max: 35_000 }), fc.boolean(), (slots, time, force) => {
        const samples = slots.map((slot): Sample => [slot * FREQUENCY, slot + 0.5]);
        const shuffled = storeWith(samples, write);
        const ordered = storeWith(
          samples.toSorted(([a], [b]) => a - b),
          write,
        );
        const free = (store: MetricStore): number => (force ? store.forceFree() : store.free(HOST, time));
        expect(free(shuffled)).toBe(free(ordered));
        expect(buffersOf(shuffled, HOST, "metric")).toEqual(buffersOf(ordered, HOST, "metric"));
      }),
      { numRuns: 80 },
    );
  });
});

/** Times that only ever grow: a little early or late, with pauses of any length. */
const jitteredTimes = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: FREQUENCY - 4, max: FREQUENCY + 4 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 8000 }) },
    ),
    { minLength: 1, maxLength: 700, size: "max" },
  )
  .map((steps) => steps.reduce<number[]>((times, step) => [...times, (times.at(-1) ?? 1_720_879_260) + step], []));

/** Around the end of a buffer, each at another place in its slot: there the grids of neighbouring buffers part. */
const timesNearBufferEnd = fc
  .array(fc.nat(FREQUENCY - 1), { minLength: 4, maxLength: 4 })
  .map((offsets) => [0, 510.5, 511.5, 900].map((slot, i) => slot * FREQUENCY + offsets[i]))
  .filter((times) => times.every((time, i) => i === 0 || time - times[i - 1] >= FREQUENCY))
  .chain((times) => fc.shuffledSubarray(times, { minLength: times.length }));

describe("samples off the grid, in any order", () => {
  it("none is lost if they are a frequency apart", () => {
    fc.assert(
      fc.property(timesNearBufferEnd, (times) => {
        const samples = times.map((time, i): Sample => [time, i]);
        const store = storeWith(samples, write);
        const found = buffersOf(store, HOST, "metric").flatMap(({ start, len }) => {
          const first = start + FREQUENCY / 2;
          return read(store, HOST, "metric", first, first + len * FREQUENCY).values;
        });
        const known = found.filter((value) => !Number.isNaN(value));
        expect(known.toSorted((a, b) => a - b)).toEqual(times.map((_, i) => i));
      }),
      { numRuns: 800 },
    );
  });
});

describe("samples off the grid, in order of time", () => {
  it("are each readable at their own time, unless a later one fell into the same slot", () => {
    fc.assert(
      fc.property(jitteredTimes, fc.boolean(), (times, batch) => {
        const samples = times.map((time, i): Sample => [time, i]);
        const store = storeWith(samples, batch ? writeBatch : write);
        const slots = slotsInOrder(times);
        for (const [i, [time]] of samples.entries()) {
          expect(read(store, HOST, "metric", time, time + 1).values).toEqual([slots.lastIndexOf(slots[i])]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** "buffer/slot" of each time: index = floor((ts − start) / frequency), a new buffer from index 512 on. */
function slotsInOrder(times: readonly number[]): string[] {
  let start = -Infinity;
  let buffer = 0;
  return times.map((time) => {
    if (Math.floor((time - start) / FREQUENCY) >= 512) {
      start = time - Math.floor(FREQUENCY / 2);
      buffer++;
    }
    return `${buffer}/${Math.floor((time - start) / FREQUENCY)}`;
  });
}
