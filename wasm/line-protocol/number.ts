// The field: `value=` and a decimal number, read to the nearest float32.
//
// No digit is looked at alone. The text ends at the first byte that is neither a digit nor the first dot; its last
// sixteen digits are gathered in one vector, the dot squeezed out, and summed pairwise. The few digits before them are
// done the same way in a 32-bit word. There is no branch on the length of the number, which differs from line to line.

import { distanceToSpace, lastBytes, lastBytesBefore, nonDigits } from "./bytes";

const MINUS: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const E: u8 = 0x65;
const I: u8 = 0x69;
const U: u8 = 0x75;

/** `value=` as the low six bytes of a little-endian word. */
const VALUE_EQUALS: u64 = 0x3d65756c6176;
const SIX_BYTES: u64 = 0xffffffffffff;

/** Significant digits taken; ten to this power still fits an i64. */
const MAX_DIGITS: usize = 18;
/** Integers up to here, and powers of ten up to 10^22, are exact in float64. */
const MAX_EXACT: u64 = 1 << 53;
const MAX_POWER: i32 = 22;
const NO_EXPONENT: i32 = 1000;
/** The largest finite float32; a little beyond would still round to it, but that is not worth the care. */
const MAX_FLOAT32: f64 = 3.4028234663852886e38;
const POWERS_OF_TEN: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/**
 * Reads `value=<number> ` at `text` and stores the number as a float32 at `target`.
 * @returns the space behind the number, or 0 when it is not one whose nearest float32 is certain
 */
// @ts-ignore: decorator
@inline
export function readValue(text: usize, target: usize): usize {
  if ((load<u64>(text) & SIX_BYTES) !== VALUE_EQUALS) return 0;
  const number = text + 6;
  const length = distanceToSpace(number);
  const minus = <usize>(load<u8>(number) === MINUS);
  // The bytes that are no digits, the sign aside: of a plain number, none or its dot.
  const marks = nonDigits(number) & ((1 << <u32>length) - 1) & ~(<u32>minus);
  const dot = <usize>(marks !== 0);
  const fraction = (length - 1 - ctz(marks)) & -(<i32>dot);
  const count = length - minus - dot;
  const oneDot = dot === 0 || ((marks & (marks - 1)) === 0 && load<u8>(number + ctz(marks)) === DOT);
  if (oneDot && count - fraction - 1 < MAX_DIGITS && count <= MAX_DIGITS && fraction >= dot) {
    const decimal = decimalBefore(number + length, count, select<usize>(fraction, 32, dot));
    const value = <f64>(<i64>decimal) / powerOfTen(<i32>fraction);
    if (!storeNearest(value, decimal, -(<i32>fraction), minus, target)) return 0;
  } else if (!readMarked(number, length, marks, minus, target)) return 0;
  return number + length;
}

// @ts-ignore: decorator
@inline
export function decimalBefore(end: usize, count: usize, fraction: usize): u64 {
  // Bytes of the fraction are where they belong; those before the dot belong one place further right.
  const text = v128.bitselect(v128.load(end - 16), v128.load(end - 17), lastBytes(fraction));
  const digits = v128.and(i8x16.sub(text, i8x16.splat(ZERO)), lastBytes(count));
  const low = sixteenDigits(digits);

  const inFraction = lastBytesBefore(fraction);
  const headText = (load<u32>(end - 20) & inFraction) | (load<u32>(end - 21) & ~inFraction);
  return <u64>fourDigits((headText - 0x30303030) & lastBytesBefore(count)) * 10000000000000000 + low;
}

/** Sixteen digits, the first the most significant: pairs, then pairs of pairs, and so on. */
function sixteenDigits(digits: v128): u64 {
  const tens = i16x8.mul(v128.and(digits, i16x8.splat(0xff)), i16x8.splat(10));
  const pairs = i16x8.add(tens, i16x8.shr_u(digits, 8));
  const quads = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const octets = i32x4.dot_i16x8_s(
    i16x8.narrow_i32x4_u(quads, quads),
    i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1),
  );
  const both = <u64>i64x2.extract_lane(octets, 0);
  return (both & 0xffffffff) * 100000000 + (both >> 32);
}

/** As `sixteenDigits`, for the four digits in a word. */
function fourDigits(digits: u32): u32 {
  const pairs = (digits * 10 + (digits >> 8)) & 0x00ff00ff;
  return (pairs * 100 + (pairs >> 16)) & 0xffff;
}

/** As the plain case of `readValue`, for exponents, the suffixes of integers, and zeros in front of the digits. */
function readMarked(number: usize, length: usize, marks: u32, minus: usize, target: usize): bool {
  const dot = <usize>(marks !== 0 && load<u8>(number + ctz(marks)) === DOT);
  const suffixes = dot ? marks & (marks - 1) : marks;
  const end = suffixes ? <usize>ctz(suffixes) : length;
  const fraction = dot ? end - ctz(marks) - 1 : 0;
  const count = end - minus - dot;
  if (count === fraction || fraction < dot || end > 31) return false;
  if (count - zerosInFront(number + minus) > MAX_DIGITS) return false;
  const decimal = decimalBefore(number + end, count, dot ? fraction : 32);
  let power = -(<i32>fraction);
  if (suffixes) {
    const suffix = load<u8>(number + end);
    const rest = length - end - 1
    if ((suffix | 0x20) === E) {
      const exponent = readExponent(number + end + 1, rest);
      if (exponent === NO_EXPONENT) return false;
      power += exponent;
    } else {
      // An integer has no negative zero, and an unsigned one no minus.
      const isInteger = suffix === I ? !minus || decimal !== 0 : suffix === U && !minus;
      if (!isInteger || dot || rest !== 0) return false;
    }
  }
  if (abs(power) > MAX_POWER) return false;
  const scale = powerOfTen(abs(power));
  const value = power < 0 ? <f64>(<i64>decimal) / scale : <f64>(<i64>decimal) * scale;
  return abs(value) < MAX_FLOAT32 && storeNearest(value, decimal, power, minus, target);
}

/** Number of zeros before the first other digit, on both sides of the dot: 5 in 0.00012345678901234567. */
function zerosInFront(digits: usize): usize {
  let zeros: usize = 0;
  let byte = load<u8>(digits);
  while (byte === ZERO || byte === DOT) {
    zeros += <usize>(byte === ZERO);
    byte = load<u8>(++digits);
  }
  return zeros;
}

/** An exponent of one or two digits, which may have a sign; NO_EXPONENT for anything else. */
function readExponent(text: usize, length: usize): i32 {
  const sign = load<u8>(text);
  const signBytes = <usize>(sign === MINUS || sign === PLUS);
  const digits = length - signBytes;
  const last = <i32>load<u8>(text + length - 1) - ZERO;
  const first = digits === 2 ? <i32>load<u8>(text + signBytes) - ZERO : 0;
  if (digits - 1 > 1 || <u32>first > 9 || <u32>last > 9) return NO_EXPONENT;
  const exponent = first * 10 + last;
  return sign === MINUS ? -exponent : exponent;
}

function powerOfTen(power: i32): f64 {
  return load<f64>(POWERS_OF_TEN + (<usize>power << 3));
}

/**
 * Stores the float32 nearest to decimal × 10^power, of which `value` is the float64, if that is certain.
 *
 * Up to 2^53 the scaling has rounded once, else twice: `value` is off by little more than two units in its last place.
 * That changes the float32 only where `value` is so close to the middle between two of them, a tie in its low 29 bits.
 * (No float32 below 2^-126, where the middle lies elsewhere, is reached: the smallest number here is 10^-22.)
 */
function storeNearest(value: f64, decimal: u64, power: i32, minus: usize, target: usize): bool {
  const distance = (<u32>reinterpret<u64>(value) & 0x1fffffff) - 0x10000000;
  if (distance + 4 <= 8 && !isCertain(distance, value, decimal, power)) return false;
  store<f32>(target, <f32>(minus ? -value : value));
  return true;
}

/** Whether the float32 is certain although `value` is within four units of a tie. */
function isCertain(distance: u32, value: f64, decimal: u64, power: i32): bool {
  if (decimal > MAX_EXACT) return false;
  const isExact = power >= 0 && value <= <f64>MAX_EXACT;
  return distance !== 0 || isExact;
}
