import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { shortestFloat32, shortestFloat32List } from "../../../src/codec/checkpoint-json/shortest-float32.ts";
import { float32FromBits, shortestByDefinition } from "./nearest-decimal.ts";

const INFINITY_BITS = 0x7f80_0000;

/** Complains unless the text is JSON, reads back as the same float32, and has the digits that the definition finds. */
function expectShortest(float: number): void {
  const text = shortestFloat32(float);
  expect(Math.fround(JSON.parse(text)), text).toBe(float);
  expect(shortestByDefinition(float).map(String)).toContain(text);
}

describe("the shortest text of a float32", () => {
  test.each([
    [0, "0"],
    [-0, "-0"],
    [0.1, "0.1"],
    [-0.25, "-0.25"],
    [1, "1"],
    [100_000, "100000"],
    [9.9999, "9.9999"],
    [999_999.9, "999999.9"],
    [16_777_216, "16777216"],
    [16_777_218, "16777218"],
    [1_000_002_048, "1000002050"],
    [1_742_641.75, "1742641.8"],
    [1e11, "100000000000"],
    [1e20, "100000000000000000000"],
    [1e21, "1e+21"],
    [0.001, "0.001"],
    [0.0001, "0.0001"],
    [1e-6, "0.000001"],
    [1.5e-6, "0.0000015"],
    [1.234_567_9e-6, "0.0000012345679"],
    [1e-7, "1e-7"],
    [3.402_823_466_385_288_6e38, "3.4028235e+38"],
    [2 ** -149, "1e-45"],
    [-(2 ** -126), "-1.1754944e-38"],
    [2 ** -96, "1.2621775e-29"],
    [1 / 3, "0.33333334"],
    [Number.NaN, "null"],
    [Infinity, "null"],
    [-Infinity, "null"],
    [1e39, "null"],
  ])("of %d is %s", (value, text) => {
    expect(shortestFloat32(value)).toBe(text);
  });

  test("is the shortest there is, for every power of two and its neighbours", () => {
    for (let exponent = -149; exponent <= 127; exponent++) {
      const bits = new Uint32Array(Float32Array.of(2 ** exponent).buffer)[0] ?? 0;
      for (const near of [bits - 1, bits, bits + 1]) if (near > 0) expectShortest(float32FromBits(near));
    }
  });

  test("is the shortest there is, for every power of ten and its neighbours", () => {
    for (let exponent = -45; exponent <= 38; exponent++) {
      const bits = new Uint32Array(Float32Array.of(Number(`1e${exponent}`)).buffer)[0] ?? 0;
      for (let near = bits - 3; near <= bits + 3; near++) if (near > 0) expectShortest(float32FromBits(near));
    }
  });

  test("is the shortest there is, for any bits", () => {
    const anyBits = fc.integer({ min: 1, max: INFINITY_BITS - 1 });
    fc.assert(
      fc.property(anyBits, (bits) => expectShortest(float32FromBits(bits))),
      { numRuns: 3000 },
    );
  });

  test("is what was written, for a decimal of up to six digits", () => {
    const decimals = fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: -12, max: 12 }));
    fc.assert(
      fc.property(decimals, ([digits, power]) => {
        fc.pre(digits !== 0);
        const decimal = Number(`${digits}e${power}`);
        expect(shortestFloat32(decimal)).toBe(String(decimal));
      }),
      { numRuns: 1000 },
    );
  });
});

test.each([0, 1, 2, 1023, 1024, 1025, 3000])("a list of %d is printed value by value", (length) => {
  const values = Float32Array.from({ length }, (_, i) => (i % 7 === 3 ? Number.NaN : (i - 500) / 3));
  expect(shortestFloat32List(values)).toBe(Array.from(values, shortestFloat32).join(","));
});

test("a list of the longest texts fits", () => {
  const values = new Float32Array(2000).fill(-(2 ** 69));
  expect(shortestFloat32List(values)).toBe(Array<string>(2000).fill("-590295800000000000000").join(","));
});
