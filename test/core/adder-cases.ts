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

const SLAB_VALUES = 4 * MAX_RUN_LENGTH;

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
  fc.constantFrom(1, 2, 3, 4, 5, 127, 128, 129, 511, MAX_RUN_LENGTH),
  fc.integer({ min: 1, max: MAX_RUN_LENGTH }),
);

const placeInSlab = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 5, arbitrary: fc.nat(SLAB_VALUES) });

/** Rows with one place in the answer; each lies somewhere in one of the slabs. */
function bundle(length: number) {
  return fc.record({
    offset: fc.nat(length),
    length: runLength,
    // Mostly all of one slab and at places that are even or odd together, as in a store.
    places: fc.array(fc.record({ slab: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1), at: placeInSlab }), {
      minLength: 1,
      maxLength: MAX_ROWS,
      size: "max",
    }),
    parity: fc.constantFrom(0, 1, undefined),
  });
}

/** @param maxLength of the answer */
export function adderCases(maxLength: number): fc.Arbitrary<Adding> {
  return fc
    .record({ length: fc.integer({ min: MAX_RUN_LENGTH, max: maxLength }), slabs: fc.tuple(slab, slab) })
    .chain(({ length, slabs }) =>
      fc.array(bundle(length - 1), { minLength: 1, maxLength: 6 }).map((bundles): Adding => {
        const runs = { slab: [] as number[], at: [] as number[], offset: [] as number[], length: [] as number[] };
        const rows = bundles.map((rowsAt): Rows => {
          const first = runs.at.length;
          const runLengthHere = Math.min(rowsAt.length, length - rowsAt.offset);
          for (const place of rowsAt.places) {
            const at = Math.min(place.at, SLAB_VALUES - runLengthHere - 1);
            runs.slab.push(place.slab);
            runs.at.push(rowsAt.parity === undefined ? at : (at & ~1) + rowsAt.parity);
            runs.offset.push(rowsAt.offset);
            runs.length.push(runLengthHere);
          }
          return { first, step: 1, count: rowsAt.places.length };
        });
        return { length, slabs, runs, bundles: rows };
      }),
    );
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
