// Timestamps: one decimal integer, its unit told by its magnitude (FORMAT.md, "Timestamp").

import { INT64_MAX, INT64_MIN, isAbove, MINUS, skipDigits, skipZeros, toInteger } from "./digits.ts";

/** `syntax`: not one decimal integer. `range`: beyond int64. */
export type TimestampError = "syntax" | "range";

/**
 * The units, coarsest first. A count is in the coarsest unit in which it lies within the int64 nanosecond range, so the
 * limit of each is the same digits, cut: 9223372036 s, 9223372036854 ms, …
 */
export const TIMESTAMP_UNITS = [
  { unit: "s", limitDigits: 10, digitsBelowSecond: 0 },
  { unit: "ms", limitDigits: 13, digitsBelowSecond: 3 },
  { unit: "µs", limitDigits: 16, digitsBelowSecond: 6 },
  { unit: "ns", limitDigits: 19, digitsBelowSecond: 9 },
] as const;

/** Parses bytes[start, end) to whole Unix seconds, rounded down (before 1970, too). */
export function parseTimestamp(bytes: Uint8Array, start: number, end: number): number | TimestampError {
  const isNegative = bytes[start] === MINUS;
  const digitsStart = isNegative ? start + 1 : start;
  if (digitsStart >= end || skipDigits(bytes, digitsStart, end) !== end) return "syntax";
  const first = skipZeros(bytes, digitsStart, end);
  const limit = isNegative ? INT64_MIN : INT64_MAX;
  for (const { limitDigits, digitsBelowSecond } of TIMESTAMP_UNITS) {
    if (isAbove(bytes, first, end, limit, limitDigits)) continue;
    // Subtracted from 0, lest the time be -0.
    return isNegative
      ? 0 - ceilSeconds(bytes, first, end, digitsBelowSecond)
      : floorSeconds(bytes, first, end, digitsBelowSecond);
  }
  return "range";
}

// Every unit is a power of ten of a second, so dropping digits is the division: nothing here outgrows a double. A count
// in a finer unit always has digits to drop: with fewer it would be one of seconds.
function floorSeconds(bytes: Uint8Array, first: number, end: number, digitsBelowSecond: number): number {
  return toInteger(bytes, first, end - digitsBelowSecond);
}

function ceilSeconds(bytes: Uint8Array, first: number, end: number, digitsBelowSecond: number): number {
  const hasFraction = skipZeros(bytes, end - digitsBelowSecond, end) < end;
  return floorSeconds(bytes, first, end, digitsBelowSecond) + (hasFraction ? 1 : 0);
}
