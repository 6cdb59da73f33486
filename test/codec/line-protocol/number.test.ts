import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseDecimal, parseSigned, parseUnsigned } from "../../../src/codec/line-protocol/number.ts";
import { exactDecimal, fraction, nearestFloat32 } from "./float32-reference.ts";

type Parse = typeof parseDecimal;

function parse(parser: Parse, text: string): number | string {
  // Digits around the text: a parser that reads beyond its range sees another number.
  const bytes = new TextEncoder().encode(`9${text}9`);
  return parser(bytes, 1, bytes.length - 1);
}

const FLOAT32_MAX = 3.4028234663852886e38;

describe("a decimal", () => {
  test.each<[string, number | "syntax" | "range"]>([
    ["0", 0],
    ["-0", -0],
    ["1", 1],
    ["1.", 1],
    [".5", 0.5],
    ["-.5", -0.5],
    ["1e5", 1e5],
    ["1E+05", 1e5],
    ["1e-2", Math.fround(0.01)],
    ["00012.50", 12.5],
    ["1e-400", 0],
    ["-1e-400", -0],
    ["0e99999999999999999999", 0],
    ["1e38", Math.fround(1e38)],
    ["1e39", Number.POSITIVE_INFINITY],
    ["-1e300", Number.NEGATIVE_INFINITY],
    ["1.7976931348623158e308", Number.POSITIVE_INFINITY],
    ["1.7976931348623159e308", "range"],
    ["-1e999", "range"],
    ["", "syntax"],
    ["-", "syntax"],
    [".", "syntax"],
    ["-.", "syntax"],
    ["+1", "syntax"],
    ["--1", "syntax"],
    ["1e", "syntax"],
    ["1e+", "syntax"],
    ["e5", "syntax"],
    [".e5", "syntax"],
    ["1e5.5", "syntax"],
    ["1.5.5", "syntax"],
    ["1-", "syntax"],
    [" 1", "syntax"],
    ["1 ", "syntax"],
    ["1_000", "syntax"],
    ["0x10", "syntax"],
    ["0x1p4", "syntax"],
    ["NaN", "syntax"],
    ["Inf", "syntax"],
    ["-Infinity", "syntax"],
    ["1i", "syntax"],
    ["1\u0001", "syntax"],
  ])("%j is read as %j", (text, value) => {
    expect(parse(parseDecimal, text)).toBe(value);
  });
});

describe("a decimal near a half-way point of float32 is rounded once", () => {
  const ZEROS = "0".repeat(30);
  test.each<[string, number]>([
    ["16777217", 16777216],
    [`16777217.${ZEROS}1`, 16777218],
    ["16777216.99999999999999999999", 16777216],
    ["16777219", 16777220],
    [`16777218.${"9".repeat(30)}`, 16777218],
    ["1.000000059604644775390625", 1],
    ["1.0000000596046447753906250000000000001", 1 + 2 ** -23],
    ["-1.0000000596046447753906250000000000001", -1 - 2 ** -23],
    ["10000000596046447753906250000000000001e-37", 1 + 2 ** -23],
    // The smallest float32 is 2^-149: its half rounds to 0, anything more to 2^-149.
    [
      "7.00649232162408535461864791644958065640130970938257885878534141944895541342930300743319094181060791015625e-46",
      0,
    ],
    [
      "7.00649232162408535461864791644958065640130970938257885878534141944895541342930300743319094181060791015626e-46",
      2 ** -149,
    ],
    ["340282356779733661637539395458142568447.99999", FLOAT32_MAX],
    ["340282356779733661637539395458142568448", Number.POSITIVE_INFINITY],
    ["-340282356779733661637539395458142568447.99999", -FLOAT32_MAX],
    // Digits that only the sticky one stands for.
    [`16777217.${"0".repeat(10_000)}1`, 16777218],
    [`16777217.${"0".repeat(10_000)}`, 16777216],
    [`16777217${"0".repeat(10_000)}e-10000`, 16777216],
    [`16777217${"0".repeat(9_999)}1e-10000`, 16777218],
    [`0.${"0".repeat(10_000)}16777217e10008`, 16777216],
  ])("%s", (text, value) => {
    expect(parse(parseDecimal, text)).toBe(value);
  });
});

describe("an integer", () => {
  test.each<[Parse, string, number | "syntax" | "range"]>([
    [parseSigned, "1", 1],
    [parseSigned, "-3", -3],
    [parseSigned, "007", 7],
    [parseSigned, "-0", 0],
    [parseSigned, "9223372036854775807", 2 ** 63],
    [parseSigned, "9223372036854775808", "range"],
    [parseSigned, "-9223372036854775808", -(2 ** 63)],
    [parseSigned, "-9223372036854775809", "range"],
    [parseSigned, `${"0".repeat(50)}9223372036854775807`, 2 ** 63],
    [parseSigned, "10000000000000000000", "range"],
    // 2^62 + 2^38 is half-way; float64 swallows the 1.
    [parseSigned, "4611686293305294848", 2 ** 62],
    [parseSigned, "4611686293305294849", 2 ** 62 + 2 ** 39],
    [parseSigned, "", "syntax"],
    [parseSigned, "-", "syntax"],
    [parseSigned, "+1", "syntax"],
    [parseSigned, "1.5", "syntax"],
    [parseSigned, "1e5", "syntax"],
    [parseUnsigned, "2", 2],
    [parseUnsigned, "18446744073709551615", 2 ** 64],
    [parseUnsigned, "18446744073709551616", "range"],
    [parseUnsigned, "-0", "syntax"],
    [parseUnsigned, "", "syntax"],
  ])("%o of %j is read as %j", (parser, text, value) => {
    expect(parse(parser, text)).toBe(value);
  });
});

describe("against exact rational arithmetic", () => {
  test("any decimal is the nearest float32", () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 40n });
    fc.assert(
      fc.property(fc.boolean(), digits, fc.integer({ min: -90, max: 30 }), (isNegative, count, exponent) => {
        const text = `${isNegative ? "-" : ""}${count}e${exponent}`;
        expect(parse(parseDecimal, text)).toBe(nearestFloat32(isNegative, ...fraction(count, exponent)));
      }),
      { numRuns: 2000 },
    );
  });

  test("decimals at, just below and just above half-way points are", () => {
    // (2 × significand + 1) × 2^(exponent - 1): from the subnormals to the point where float32 ends.
    const significand = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 24n - 1n }),
      fc.constantFrom(2n ** 23n, 2n ** 24n - 1n),
    );
    const exponent = fc.oneof(fc.integer({ min: -149, max: 104 }), fc.constantFrom(-149, 104));
    const beyond = fc.record({ sign: fc.constantFrom(-1n, 0n, 1n), places: fc.integer({ min: 0, max: 200 }) });
    fc.assert(
      fc.property(
        fc.boolean(),
        significand,
        exponent,
        beyond,
        fc.integer({ min: 0, max: 60 }),
        (neg, s, e, b, shift) => {
          const tie = exactDecimal(2n * s + 1n, e - 1);
          const digits = tie.digits * 10n ** BigInt(b.places) + b.sign;
          const decimalExponent = tie.exponent - b.places;
          const expected = nearestFloat32(neg, ...fraction(digits, decimalExponent));
          for (const text of spellings(digits, decimalExponent, shift)) {
            expect(parse(parseDecimal, neg ? `-${text}` : text)).toBe(expected);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("any int64 and uint64 is the nearest float32", () => {
    const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(unsigned, fc.integer({ min: 0, max: 63 }), fc.constantFrom(-1n, 0n, 1n), (random, bits, near) => {
        const kept = (random >> BigInt(bits)) << BigInt(bits);
        const count = kept + near < 0n || kept + near >= 2n ** 64n ? random : kept + near;
        expect(parse(parseUnsigned, `${count}`)).toBe(nearestFloat32(false, count, 1n));
        const signed = BigInt.asIntN(64, count);
        const magnitude = signed < 0n ? -signed : signed;
        expect(parse(parseSigned, `${signed}`)).toBe(nearestFloat32(signed < 0n, magnitude, 1n));
      }),
      { numRuns: 1000 },
    );
  });
});

/** The same number in other words: point moved, zeros around it, exponent signed. */
function spellings(digits: bigint, exponent: number, shift: number): string[] {
  const text = `${digits}`;
  const cut = Math.min(shift, text.length);
  const whole = text.slice(0, text.length - cut);
  const part = text.slice(text.length - cut);
  const shifted = exponent + cut;
  return [
    `${text}e${exponent}`,
    `${whole}.${part}e${shifted}`,
    `00${whole}.${part}000E${shifted < 0 ? shifted : `+0${shifted}`}`,
    `.${"0".repeat(shift)}${text}e${exponent + shift + text.length}`,
  ];
}
