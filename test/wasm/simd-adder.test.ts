// The kernel of aggregation against its plain twin: the same sums to the last bit.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainAdder } from "../../src/core/adder.ts";
import { SimdAdder } from "../../src/wasm/simd-adder.ts";
import { adderCases, difference, sumsOf } from "../core/adder-cases.ts";

/** More sums than the kernel has room for. */
const TOO_MANY = 2 ** 18 + 1;

describe("the SIMD adder", () => {
  const kernel = new SimdAdder();

  it("adds as the plain one does: NaN, −0, infinities, subnormals, any length and alignment", () => {
    fc.assert(
      fc.property(adderCases(2048), (adding) => {
        expect(difference(sumsOf(kernel, adding), sumsOf(new PlainAdder(), adding))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it("adds answers that are too long for the kernel, and short ones after them", () => {
    const slabs = [Float32Array.from({ length: 512 }, (_, i) => i / 8)];
    const at = (length: number) => ({
      length,
      slabs,
      runs: { slab: [0, 0], at: [0, 0], offset: [length - 512, length - 512], length: [512, 512] },
      bundles: [{ first: 0, step: 1, count: 2 }],
    });
    for (const adding of [at(TOO_MANY), at(TOO_MANY - 1), at(512), at(TOO_MANY)]) {
      const sums = sumsOf(kernel, adding);
      expect(difference(sums, sumsOf(new PlainAdder(), adding))).toBeUndefined();
      expect(sums.length).toBe(adding.length);
    }
  });

  it("hands out sums that neither it nor another adder touches any more", () => {
    const adding = (value: number) => ({
      length: 300,
      slabs: [new Float32Array(512).fill(value)],
      runs: { slab: [0], at: [0], offset: [0], length: [300] },
      bundles: [{ first: 0, step: 1, count: 1 }],
    });
    const first = sumsOf(kernel, adding(1));
    const second = sumsOf(kernel, adding(2));
    sumsOf(new SimdAdder(), adding(3));
    expect([first[0], first[299], second[0], second[299]]).toEqual([1, 1, 2, 2]);
  });

  it("may be begun while another is at work", () => {
    const [one, other] = [new SimdAdder(), new SimdAdder()];
    const slabs = [new Float32Array(512).fill(1)];
    const runs = { slab: [0], at: [0], offset: [0], length: [200] };
    one.begin(200);
    one.add(slabs, runs, { first: 0, step: 1, count: 1 });
    other.begin(200);
    one.add(slabs, runs, { first: 0, step: 1, count: 1 });
    expect([one.finish()[199], other.finish()[199]]).toEqual([2, 0]);
  });
});
