// The field: `value=` and a decimal number, read to the nearest float32.
//
// First a guess, with no branch on the length of the number, which differs from line to line: the first sixteen digits
// in one vector, times a power of ten, in float64. The guess is a little off. That matters only near the middle between
// two float32s, for one number in some thousand; such a number is read again, exactly (exact-number.ts).

import { firstBytes, nonDigits, SPACE } from "./bytes";
import { DOT, isNearMiddle, MINUS, readExactly, ZERO } from "./exact-number";

const PLUS: u8 = 0x2b;
const E: u8 = 0x65;
const I: u8 = 0x69;
const U: u8 = 0x75;
const LOWER_CASE_BIT: u8 = 0x20;

/** `value=` as the low six bytes of a little-endian word. */
const VALUE_EQUALS: u64 = 0x3d65756c6176;
const SIX_BYTES: u64 = 0xffffffffffff;

/** Digits of a vector: as many as the guess takes. */
const GUESS_DIGITS: u32 = 16;
// More is left to the grammar. Within these limits every number is 0 or a normal float32: below 10^38, and above 10^-38
// even where it is the last digit of the guess.
const MAX_INTEGER_DIGITS: u32 = 18;
const MAX_EXPONENT: i32 = 20;

// 10^-35 to 10^22. Those below 10^0 are rounded, and no harm: see `DOUBT`.
const MIN_POWER: i32 = 1 - <i32>GUESS_DIGITS - MAX_EXPONENT;
const MAX_POWER: i32 = <i32>(MAX_INTEGER_DIGITS - GUESS_DIGITS) + MAX_EXPONENT;
const POWERS_OF_TEN: usize = memory.data(8 * 58, 16);
for (let power = MIN_POWER; power <= MAX_POWER; power++) {
  let scale: f64 = 1;
  for (let i = 0; i < abs(power); i++) scale *= 10;
  store<f64>(powerAddress(power), power < 0 ? 1 / scale : scale);
}

/** How near to the middle a guess is doubtful, in units of its last place: much more than the few it may be off. */
const DOUBT: u32 = 1 << 17;
/** Where the digits beyond the sixteenth were cut, those taken must make this much for them to stay below `DOUBT`. */
const MIN_CUT: u64 = 1 << 37;

/**
 * Reads `value=<number> ` at `text` and stores the number as a float32 at `target`.
 * @returns the space behind the number, or 0 when it is not one whose nearest float32 is certain
 */
export function readValue(text: usize, target: usize): usize {
  if ((load<u64>(text) & SIX_BYTES) !== VALUE_EQUALS) return 0;
  const number = text + 6;
  const minus = <u32>(load<u8>(number) === MINUS);
  // The bytes that are no digits: the dot, if there is one, and what ends the number.
  const marks = nonDigits(number) & ~minus;
  const dotAt = <u32>ctz(marks);
  const dot = <u32>(load<u8>(number + dotAt) === DOT);
  const end = <u32>ctz(marks & (marks - dot));
  const integerDigits = dotAt - minus;
  const count = end - minus - dot;
  if (integerDigits - 1 >= MAX_INTEGER_DIGITS || count < integerDigits + dot) return 0;

  const digits = number + minus;
  let space = number + end;
  let exponent: i32 = 0;
  if (load<u8>(space) !== SPACE) {
    space = behindSuffix(digits, space, dot, minus);
    if (space === 0 || load<u8>(space) !== SPACE) return 0;
    exponent = suffixExponent;
  }
  const decimal = firstDigits(digits, integerDigits, count);
  const power = exponent + <i32>(integerDigits - GUESS_DIGITS);
  const value = <f64>(<i64>decimal) * load<f64>(powerAddress(power));
  if (isNearMiddle(value, DOUBT) || (count > GUESS_DIGITS && decimal < MIN_CUT)) {
    return readExactly(digits, number + end, exponent, minus, target) ? space : 0;
  }
  store<u32>(target, reinterpret<u32>(<f32>value) | (minus << 31));
  return space;
}

/** The first sixteen of `count` digits as an integer, as if zeros followed; the dot behind the integer is left out. */
function firstDigits(digits: usize, integerDigits: u32, count: u32): u64 {
  const text = v128.bitselect(v128.load(digits), v128.load(digits, 1), firstBytes(integerDigits));
  return sixteenDigits(v128.and(i8x16.sub(text, i8x16.splat(ZERO)), firstBytes(count)));
}

/** Sixteen digits, the first the most significant: summed to four of four, then to two of eight. */
function sixteenDigits(digits: v128): u64 {
  const even = i32x4.dot_i16x8_s(
    v128.and(digits, i16x8.splat(0xff)),
    i16x8(1000, 10, 1000, 10, 1000, 10, 1000, 10),
  );
  const odd = i32x4.dot_i16x8_s(i16x8.shr_u(digits, 8), i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const fours = i32x4.add(even, odd);
  const weights = i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1);
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_u(fours, fours), weights);
  const both = <u64>i64x2.extract_lane(eights, 0);
  return (both & 0xffffffff) * 100000000 + (both >> 32);
}

function powerAddress(power: i32): usize {
  return POWERS_OF_TEN + (<usize>(power - MIN_POWER) << 3);
}

/** Exponent of the suffix that `behindSuffix` read. */
let suffixExponent: i32 = 0;

/** First byte behind the exponent or the suffix of an integer that follows the digits at `suffix`; 0 when unusual. */
function behindSuffix(digits: usize, suffix: usize, dot: u32, minus: u32): usize {
  const letter = load<u8>(suffix);
  if ((letter | LOWER_CASE_BIT) === E) return behindExponent(suffix + 1);
  // An unsigned integer has no minus, and a signed one no -0.
  const fits = letter === I ? !minus || load<u8>(digits) !== ZERO : letter === U && !minus;
  suffixExponent = 0;
  return fits && !dot ? suffix + 1 : 0;
}

/** Reads an exponent of one or two digits that may have a sign. */
function behindExponent(text: usize): usize {
  const sign = load<u8>(text);
  const digits = text + <usize>(sign === MINUS || sign === PLUS);
  const first = <u32>load<u8>(digits) - ZERO;
  const second = <u32>load<u8>(digits, 1) - ZERO;
  const hasSecond = second <= 9;
  const exponent = <i32>(hasSecond ? first * 10 + second : first);
  if (first > 9 || exponent > MAX_EXPONENT) return 0;
  suffixExponent = sign === MINUS ? -exponent : exponent;
  return digits + 1 + <usize>hasSecond;
}
