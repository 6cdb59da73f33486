// Runs of decimal digits, compared as text: int64 and uint64 do not fit a JavaScript number.

export const INT64_MAX = "9223372036854775807";
/** Without its minus sign. */
export const INT64_MIN = "9223372036854775808";
export const UINT64_MAX = "18446744073709551615";

export const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** The offset of the first byte of bytes[start, end) that is no digit, or `end`. */
export function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isDigit(bytes[at])) at++;
  return at;
}

/** The offset of the first byte of bytes[start, end) that is no zero, or `end`. */
export function skipZeros(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === ZERO) at++;
  return at;
}

/** Whether the digits bytes[start, end), without leading zeros, are more than the first `limitDigits` of `limit`. */
export function isAbove(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: string,
  limitDigits = limit.length,
): boolean {
  if (end - start !== limitDigits) return end - start > limitDigits;
  for (let i = 0; i < limitDigits; i++) {
    const difference = bytes[start + i] - limit.charCodeAt(i);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** The number of at most 15 digits (more would not be exact). */
export function toInteger(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] - ZERO);
  return value;
}
