// The plain adder against sums taken one by one.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ROWS, MAX_RUN_LENGTH, PlainAdder } from "../../src/core/adder.ts";
import { adderCases, difference, naiveSums, sumsOf } from "./adder-cases.ts";

describe("the plain adder", () => {
  it("adds in float64, row by row: the order decides what is rounded away", () => {
    const big = 2 ** 60;
    const slabs = [Float32Array.of(big, 1, -big, 1)];
    const runs = { slab: [0, 0, 0, 0], at: [0, 1, 2, 3], offset: [0, 0, 0, 0], length: [1, 1, 1, 1] };
    const sums = (first: number, step: number, count: number): number[] => {
      const adder = new PlainAdder();
      adder.begin(1);
      adder.add(slabs, runs, { first, step, count });
      return [...adder.finish()];
    };
    expect([sums(0, 1, 4), sums(0, 2, 2), sums(0, 1, 2)]).toEqual([[1], [0], [big]]);
  });

  it(`gives the same for any rows, ${MAX_ROWS} of one slab or fewer or of several`, () => {
    fc.assert(
      fc.property(adderCases(2 * MAX_RUN_LENGTH), (adding) => {
        expect(difference(sumsOf(new PlainAdder(), adding), naiveSums(adding))).toBeUndefined();
      }),
    );
  });

  it("hands out sums that the next ones do not touch", () => {
    const adder = new PlainAdder();
    const runs = { slab: [0], at: [0], offset: [0], length: [1] };
    const add = (value: number): Float64Array => {
      adder.begin(1);
      adder.add([Float32Array.of(value)], runs, { first: 0, step: 1, count: 1 });
      return adder.finish();
    };
    const first = add(5);
    expect([[...add(7)], [...first]]).toEqual([[7], [5]]);
  });
});
