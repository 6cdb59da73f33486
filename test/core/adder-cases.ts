// Rows of nasty values to be added up, for every adder there is.

import fc from "fast-check";
import { MAX_ROWS, MAX_RUN_LENGTH, type Adder, type Rows, type Runs } from "../../src/core/adder.ts";
import { firstDifference } from "./fixtures.ts";

/** What an adder is asked to do: `length` sums, and rows upon rows of values. */
export interface Adding {
  readonly length: number;
  readonly slabs: readonly Float32Array[];
  readonly runs: Runs;
  readonly bundles: readonly Rows[];
}

const SLAB_BUFFERS = 10;
const SLAB_VALUES = SLAB_BUFFERS * MAX_RUN_LENGTH;

/** Whatever a float32 can be, and above all what adds up oddly. */
const nastyValues: readonly number[] = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-45,
  3.4e38,
  -3.4e38,
  1,
  -1,
  2 ** 24,
];

/** Full of numbers of all sizes, with nasty ones between them, not always in the same places. */
const slab = fc.record({ seed: fc.nat(1000), every: fc.constantFrom(2, 7, 100) }).map(({ seed, every }) =>
  Float32Array.from({ length: SLAB_VALUES }, (_, i) => {
    const mixed = Math.imul(i + seed, 0x9e3779b1) >>> 0;
    if (mixed % every === 0) return nastyValues[mixed % nastyValues.length];
    return (mixed / 2 ** 31 - 1) * 10 ** ((mixed % 60) - 30);
  }),
);

/** Lengths around the limits of the fast paths, and any. */
const runLength = fc.oneof(
  fc.constantFrom(1, 2, 3, 4, 5, 191, 192, 193, 511, MAX_RUN_LENGTH),
  fc.integer({ min: 1, max: MAX_RUN_LENGTH }),
);

/** Rows with one place in the answer. */
interface Bundle {
  readonly offset: number;
  readonly length: number;
  /** One for each row: the buffer, counted through both slabs, and how far from its beginning the run starts. */
  readonly places: readonly { readonly buffer: number; readonly slot: number }[];
}

/** Mostly a run in each of some buffers one behind the other, at the same slot, as in a store; or anywhere. */
const places = fc.oneof(
  fc
    .record({
      first: fc.nat(2 * SLAB_BUFFERS - MAX_ROWS),
      slot: fc.nat(3),
      count: fc.integer({ min: 1, max: MAX_ROWS }),
    })
    .map(({ first, slot, count }) => Array.from({ length: count }, (_, i) => ({ buffer: first + i, slot }))),
  fc.array(fc.record({ buffer: fc.nat(2 * SLAB_BUFFERS - 1), slot: fc.nat(3) }), {
    minLength: 1,
    maxLength: MAX_ROWS,
    size: "max",
  }),
);

/** @param maxLength of the answer */
export function adderCases(maxLength: number): fc.Arbitrary<Adding> {
  return fc
    .record({ length: fc.integer({ min: MAX_RUN_LENGTH, max: maxLength }), slabs: fc.tuple(slab, slab) })
    .chain(({ length, slabs }) => {
      const bundle = fc.record({ offset: fc.nat(length - 1), length: runLength, places });
      return fc
        .array(bundle, { minLength: 1, maxLength: 6 })
        .map((bundles) => ({ length, slabs, ...runsOf(bundles, length) }));
    });
}

function runsOf(bundles: readonly Bundle[], answerLength: number): Pick<Adding, "runs" | "bundles"> {
  const runs = { slab: [] as number[], at: [] as number[], offset: [] as number[], length: [] as number[] };
  const rows = bundles.map((bundle): Rows => {
    const first = runs.at.length;
    const lastSlot = Math.max(...bundle.places.map(({ slot }) => slot));
    for (const { buffer, slot } of bundle.places) {
      runs.slab.push(Math.floor(buffer / SLAB_BUFFERS));
      runs.at.push((buffer % SLAB_BUFFERS) * MAX_RUN_LENGTH + slot);
      runs.offset.push(bundle.offset);
      runs.length.push(Math.min(bundle.length, answerLength - bundle.offset, MAX_RUN_LENGTH - lastSlot));
    }
    return { first, step: 1, count: bundle.places.length };
  });
  return { runs, bundles: rows };
}

export function sumsOf(adder: Adder, { length, slabs, runs, bundles }: Adding): Float64Array {
  adder.begin(length);
  for (const rows of bundles) adder.add(slabs, runs, rows);
  return adder.finish();
}

/** Value by value, as one would do it by hand. */
export function naiveSums({ length, slabs, runs, bundles }: Adding): Float64Array {
  const sums = new Float64Array(length);
  for (const { first, step, count } of bundles) {
    for (let run = first; run < first + count * step; run += step) {
      for (let i = 0; i < runs.length[run]; i++) {
        sums[runs.offset[run] + i] += slabs[runs.slab[run]][runs.at[run] + i];
      }
    }
  }
  return sums;
}

export const difference = firstDifference;
