// Field values: decimal text → the nearest float32, rounded once.
//
// `Math.fround(Number(text))` rounds twice, decimal → float64 → float32. The first rounding harms only when it lands
// exactly half-way between two float32: then nothing of the float64 tells on which side the decimal was. Those rare
// texts are compared with the half-way point as integers.

import { INT64_MAX, INT64_MIN, isAbove, isDigit, MINUS, skipDigits, skipZeros, UINT64_MAX } from "./digits.ts";
import { asciiText } from "./tokens.ts";

/** `syntax`: not a number of the kind. `range`: beyond float64, int64 or uint64. */
export type NumberError = "syntax" | "range";

const PLUS = 0x2b;
const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

const FLOAT32_MAX = 2 ** 128 - 2 ** 104;
/** Half-way from the largest float32 to 2^128: rounds to Infinity, anything below to the largest float32. */
const FLOAT32_OVERFLOW_TIE = 2 ** 128 - 2 ** 103;

/** Every half-way point is a multiple of 2^-150, the half of the smallest float32. */
const TIE_FRACTION_BITS = 150;

/**
 * No half-way point has more significant digits than 113 (25 bits × 5^150), so that of a longer text the rest can only
 * say "a little more": one digit stands for all of it, and the cost of the exact comparison is bounded.
 */
export const MAX_EXACT_DIGITS = 128;

/**
 * Parses bytes[start, end) as `[-]digits[.digits][e[±]digits]` (digits on one side of the point suffice; no `+`, no
 * hexadecimal, no `_`, no NaN or Inf) to the nearest float32, ties to even. ±Infinity beyond the float32 range.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number | NumberError {
  if (!isDecimal(bytes, start, end)) return "syntax";
  const nearest64 = Number(asciiText(bytes, start, end));
  if (!Number.isFinite(nearest64)) return "range";
  return toFloat32(nearest64, bytes, start, end);
}

/** Parses bytes[start, end) as an int64 (the `i` behind it left out) to the nearest float32, ties to even. */
export function parseSigned(bytes: Uint8Array, start: number, end: number): number | NumberError {
  const isNegative = bytes[start] === MINUS;
  return parseInteger(bytes, start, isNegative ? start + 1 : start, end, isNegative ? INT64_MIN : INT64_MAX);
}

/** Parses bytes[start, end) as a uint64 (the `u` behind it left out) to the nearest float32, ties to even. */
export function parseUnsigned(bytes: Uint8Array, start: number, end: number): number | NumberError {
  return parseInteger(bytes, start, start, end, UINT64_MAX);
}

function parseInteger(
  bytes: Uint8Array,
  start: number,
  digitsStart: number,
  end: number,
  limit: string,
): number | NumberError {
  if (digitsStart >= end || skipDigits(bytes, digitsStart, end) !== end) return "syntax";
  if (isAbove(bytes, skipZeros(bytes, digitsStart, end), end, limit)) return "range";
  // Integers know no -0: adding 0 makes it 0 and changes nothing else.
  return toFloat32(Number(asciiText(bytes, start, end)), bytes, start, end) + 0;
}

function isDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  const wholeStart = start < end && bytes[start] === MINUS ? start + 1 : start;
  let at = skipDigits(bytes, wholeStart, end);
  let digits = at - wholeStart;
  if (at < end && bytes[at] === POINT) {
    const fractionEnd = skipDigits(bytes, at + 1, end);
    digits += fractionEnd - at - 1;
    at = fractionEnd;
  }
  return digits > 0 && (at === end || isExponent(bytes, at, end));
}

function isExponent(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== LOWER_E && bytes[start] !== UPPER_E) return false;
  const hasSign = start + 1 < end && (bytes[start + 1] === PLUS || bytes[start + 1] === MINUS);
  const digitsStart = hasSign ? start + 2 : start + 1;
  return digitsStart < end && skipDigits(bytes, digitsStart, end) === end;
}

/** The float32 nearest to the number written in bytes[start, end), whose nearest float64 is `nearest64`. */
function toFloat32(nearest64: number, bytes: Uint8Array, start: number, end: number): number {
  const nearest32 = Math.fround(nearest64);
  if (!isTie(nearest64, nearest32)) return nearest32;
  const order = compareToTie(bytes, start, end, Math.abs(nearest64));
  if (order === 0) return nearest32;
  return Math.sign(nearest64) * neighbour(Math.abs(nearest64), Math.abs(nearest32), order);
}

/** Whether a float64 lies half-way between `nearest32`, to which it rounds, and another float32. */
function isTie(value: number, nearest32: number): boolean {
  if (value === nearest32) return false;
  if (!Number.isFinite(nearest32)) return Math.abs(value) === FLOAT32_OVERFLOW_TIE;
  const mirrored = 2 * value - nearest32;
  return Math.fround(mirrored) === mirrored;
}

/** The float32 below (`order` < 0) or above the half-way point `tie`, which rounds to `nearest32`. All positive. */
function neighbour(tie: number, nearest32: number, order: number): number {
  const other = Number.isFinite(nearest32) ? 2 * tie - nearest32 : FLOAT32_MAX;
  return order < 0 ? Math.min(nearest32, other) : Math.max(nearest32, other);
}

/** The sign of (the magnitude written in bytes[start, end) − tie), exactly. */
function compareToTie(bytes: Uint8Array, start: number, end: number, tie: number): number {
  const { digits, exponent } = significantDigits(bytes, start, end);
  // A power of two times a float64: the product is exact, and an integer.
  let scaledTie = BigInt(tie * 2 ** TIE_FRACTION_BITS);
  let scaledDecimal = digits << BigInt(TIE_FRACTION_BITS);
  if (exponent < 0) scaledTie *= 10n ** BigInt(-exponent);
  else scaledDecimal *= 10n ** BigInt(exponent);
  if (scaledDecimal === scaledTie) return 0;
  return scaledDecimal < scaledTie ? -1 : 1;
}

/** The magnitude as digits × 10^exponent, the digits behind the first MAX_EXACT_DIGITS replaced by a single one. */
function significantDigits(bytes: Uint8Array, start: number, end: number): { digits: bigint; exponent: number } {
  const kept: number[] = [];
  let exponent = 0;
  let hasMore = false;
  let isFraction = false;
  let at = bytes[start] === MINUS ? start + 1 : start;
  for (; at < end && (isDigit(bytes[at]) || bytes[at] === POINT); at++) {
    if (bytes[at] === POINT) {
      isFraction = true;
      continue;
    }
    const digit = bytes[at] - 0x30;
    if (isFraction) exponent--;
    if (kept.length < MAX_EXACT_DIGITS) {
      if (kept.length > 0 || digit > 0) kept.push(digit);
    } else {
      exponent++;
      hasMore ||= digit > 0;
    }
  }
  if (at < end) exponent += Number(asciiText(bytes, at + 1, end));
  return { digits: BigInt(`${kept.join("")}${hasMore ? 1 : 0}`), exponent: exponent - 1 };
}
