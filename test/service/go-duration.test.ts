import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatGoDuration, GoDurationError, parseGoDuration } from "../../src/service/go-duration.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("parseGoDuration", () => {
  test.each<[string, number]>([
    ["48h", 48 * HOUR],
    ["1h30m", 1.5 * HOUR],
    ["90s", 90 * SECOND],
    ["876000h", 876_000 * HOUR],
    ["0", 0],
    ["+0", 0],
    ["-0", 0],
    ["0s", 0],
    ["250ms", 250],
    ["1ns", 0.000001],
    ["1500ns", 0.0015],
    ["1us", 0.001],
    ["1µs", 0.001], // U+00B5, micro sign
    ["1μs", 0.001], // U+03BC, Greek letter
    ["1.5h", 1.5 * HOUR],
    [".5s", 500],
    ["1.s", 1000],
    ["0.1s", 100],
    ["-1h", -HOUR],
    ["+1h", HOUR],
    ["-.5s", -500],
    ["1h1h", 2 * HOUR],
    ["1s1h", HOUR + SECOND],
    ["1m0.5s", MINUTE + 500],
    ["0.0000000001h", 0.00036],
    ["0.0000000000001ns", 0],
    ["1.0000000000000000000000001s", 1000],
    ["2562047h47m16.854775807s", 9_223_372_036_854.775],
    ["-2562047h47m16.854775808s", -9_223_372_036_854.775],
    ["9223372036854775807ns", 9_223_372_036_854.775],
  ])("%s is %d ms", (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 9);
  });

  const example = `; expected e.g. "48h", "1h30m", "90s"`;
  test.each<[string, string]>([
    ["", "it is empty"],
    ["-", "a number must follow the sign"],
    ["+", "a number must follow the sign"],
    ["48", "missing unit after 48 (ns, us, ms, s, m, h)"],
    ["1h30", "missing unit after 30 (ns, us, ms, s, m, h)"],
    ["1.5", "missing unit after 1.5 (ns, us, ms, s, m, h)"],
    ["00", "missing unit after 00 (ns, us, ms, s, m, h)"],
    ["2days", 'unknown unit "days"'],
    ["2d", 'unknown unit "d"'],
    ["1H", 'unknown unit "H"'],
    ["1h 30m", 'unknown unit "h "'],
    ["1h-30m", 'unknown unit "h-"'],
    ["h", 'a number must stand before "h"'],
    [".s", 'a number must stand before ".s"'],
    [".", 'a number must stand before "."'],
    ["1h.m", 'a number must stand before ".m"'],
    ["--1h", 'a number must stand before "-1h"'],
    [" 1h", 'a number must stand before " 1h"'],
    ["1..5s", "missing unit after 1. (ns, us, ms, s, m, h)"],
    ["1e3s", 'unknown unit "e"'],
    ["١h", 'a number must stand before "١h"'],
    ["2562047h47m16.854775808s", "longer than 292 years"],
    ["-2562047h47m16.854775809s", "longer than 292 years"],
    ["9223372036854775808ns", "longer than 292 years"],
    ["99999999999999999999999h", "longer than 292 years"],
  ])("%j is refused: %s", (text, reason) => {
    expect(() => parseGoDuration(text)).toThrow(new GoDurationError(text, reason));
    expect(() => parseGoDuration(text)).toThrow(`invalid duration ${JSON.stringify(text)}: ${reason}${example}`);
  });
});

describe("formatGoDuration", () => {
  test.each<[number, string]>([
    [0, "0s"],
    [-0, "0s"],
    [0.000001, "1ns"],
    [0.0000001, "0s"],
    [0.0011, "1.1µs"],
    [2.2, "2.2ms"],
    [2.3, "2.3ms"],
    [3300, "3.3s"],
    [5 * MINUTE, "5m0s"],
    [4 * MINUTE + 5 * SECOND, "4m5s"],
    [4 * MINUTE + 5001, "4m5.001s"],
    [48 * HOUR, "48h0m0s"],
    [5 * HOUR + 6 * MINUTE + 7001, "5h6m7.001s"],
    [8 * MINUTE + 0.000001, "8m0.000000001s"],
    [-1.5 * SECOND, "-1.5s"],
    [999.999999, "999.999999ms"],
  ])("%d ms prints as %s", (ms, text) => {
    expect(formatGoDuration(ms)).toBe(text);
  });

  test("what is no number is a mistake of the program", () => {
    expect(() => formatGoDuration(Number.NaN)).toThrow("BUG: no duration: NaN");
  });

  test("a printed duration reads back as the same number of milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 }), (ms) => {
        expect(parseGoDuration(formatGoDuration(ms))).toBe(ms === 0 ? 0 : ms);
      }),
    );
  });
});
