// The timestamp and the end of the line: a space, ten digits of seconds, at will three, six or nine more, a newline.
//
// The unit is told by the magnitude: the largest in which the instant is before the year 2262, where the nanoseconds of
// an int64 end. So with ten digits before the fraction, and less than `END_OF_TIME` in them, those ten are the seconds.

import { NEWLINE, nonDigits } from "./bytes";

/** Seconds from which on the unit is in doubt, or the instant out of range. */
const END_OF_TIME: u64 = 9223372036;
const ZERO: u8 = 0x30;

/** Seconds; lines with older samples are not taken. */
let oldest: f64 = -Infinity;

// The last timestamp that was read, as its text (a space and ten digits) and in seconds. Most lines repeat it. Zeros
// stand for none: what is compared with it begins with a space.
const LAST_TEXT: usize = memory.data(16, 16);
const TEXT_LANES: i32 = 0x7ff;
let lastSeconds: f64 = 0;

export function setOldestSeconds(seconds: f64): void {
  oldest = seconds;
  v128.store(LAST_TEXT, i8x16.splat(0)); // it was accepted under the old limit
}

/**
 * Reads ` <timestamp>\n` at `text`, where the space is known to be, and stores the seconds as a float64 at `target`.
 * @returns the beginning of the next line, or 0 when the line must be looked at by the grammar
 */
export function readTimestamp(text: usize, target: usize): usize {
  const same = i8x16.bitmask(i8x16.eq(v128.load(text), v128.load(LAST_TEXT)));
  if ((same & TEXT_LANES) !== TEXT_LANES && !learnSeconds(text)) return 0;
  store<f64>(target, lastSeconds);
  return load<u8>(text, 11) === NEWLINE ? text + 12 : behindFraction(text + 11);
}

/** Reads the space and ten digits at `text` into `lastSeconds`. False when the grammar has to decide. */
function learnSeconds(text: usize): bool {
  const digits = text + 1;
  if (load<u8>(digits) === ZERO || ctz(nonDigits(digits)) < 10) return false;
  let seconds: u64 = 0;
  for (let i: usize = 0; i < 10; i++) seconds = seconds * 10 + (load<u8>(digits + i) - ZERO);
  if (seconds >= END_OF_TIME || <f64>seconds < oldest) return false;
  v128.store(LAST_TEXT, v128.load(text));
  lastSeconds = <f64>seconds;
  return true;
}

/** Steps over the digits of milli-, micro- or nanoseconds and the newline; 0 when it is anything else. */
function behindFraction(text: usize): usize {
  const digits = <usize>ctz(nonDigits(text));
  const isUnit = digits === 3 || digits === 6 || digits === 9;
  return isUnit && load<u8>(text + digits) === NEWLINE ? text + digits + 1 : 0;
}
