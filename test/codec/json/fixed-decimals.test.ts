import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFixed, type Decimals } from "../../../src/codec/json/fixed-decimals.ts";
import { anyNumber, neighbour } from "./nasty-numbers.ts";

/** Rounds the exact decimal expansion, digit by digit. */
function byDecimalExpansion(value: number, decimals: Decimals): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  if (magnitude >= 1e21) return `${sign}${BigInt(magnitude)}.${"0".repeat(decimals)}`;
  // 100 decimals are the whole expansion of every float64 above 2^-48, and the others are nowhere near a tie.
  const [whole = "", fraction = ""] = magnitude.toFixed(100).split(".");
  const kept = whole + fraction.slice(0, decimals);
  const rest = fraction.slice(decimals);
  const half = `5${"0".repeat(rest.length - 1)}`;
  const up = rest > half || (rest === half && Number(kept.at(-1)) % 2 === 1);
  const digits = String(BigInt(kept) + (up ? 1n : 0n)).padStart(decimals + 1, "0");
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

describe("three decimals", () => {
  it.each([
    [1, "1.000"],
    [0, "0.000"],
    [-0, "-0.000"],
    [12.345, "12.345"],
    [-1_000_000_000, "-1000000000.000"],
    // Exact ties, recorded from the reference (query-numbers).
    [0.0625, "0.062"],
    [-0.0625, "-0.062"],
    [0.1875, "0.188"],
    [0.3125, "0.312"],
    [0.4375, "0.438"],
    [2.0625, "2.062"],
    // No ties: the float64 is a little beside what was written.
    [0.0005, "0.001"],
    [1.0005, "1.000"],
    [2.6745, "2.675"],
    [-0.0004, "-0.000"],
    [1e-9, "0.000"],
    [5e-324, "0.000"],
    [1e20, "100000000000000000000.000"],
    [2 ** 52 + 0.5, "4503599627370496.000"],
    [2 ** 42 + 2 ** -10, "4398046511104.001"],
    [2 ** 53, "9007199254740992.000"],
    [Number.NaN, "null"],
    [Infinity, "null"],
    [-Infinity, "null"],
  ])("%d prints as %s", (value, text) => {
    expect(formatFixed(value, 3)).toBe(text);
  });

  it("prints the largest number with all its digits", () => {
    expect(formatFixed(Number.MAX_VALUE, 3)).toBe(`${BigInt(Number.MAX_VALUE)}.000`);
  });

  it("sees on which side of a tie a float lies", () => {
    expect(formatFixed(neighbour(0.0625, -1), 3)).toBe("0.062");
    expect(formatFixed(neighbour(0.0625, 1), 3)).toBe("0.063");
  });
});

describe("two decimals", () => {
  it.each([
    [0.125, "0.12"],
    [0.375, "0.38"],
    [1024.125, "1024.12"],
    [-0.001, "-0.00"],
    [2.675, "2.67"],
    [1.005, "1.00"],
    [431_174_451.2, "431174451.20"],
    [10_000_099_999_816_097_792, "10000099999816097792.00"],
    [Number.NaN, "null"],
  ])("%d prints as %s", (value, text) => {
    expect(formatFixed(value, 2)).toBe(text);
  });
});

it.each([2, 3] as const)("%d decimals of any number are its exact expansion rounded half-even", (decimals) => {
  fc.assert(
    fc.property(anyNumber.filter(Number.isFinite), (value) => {
      expect(formatFixed(value, decimals)).toBe(byDecimalExpansion(value, decimals));
    }),
    { numRuns: 20_000 },
  );
});
