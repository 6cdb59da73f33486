// The shortest decimal text of a float32. JavaScript prints the shortest text of a float64 only: the float32 nearest to
// 0.1 comes out as 0.10000000149011612, and slowly.

/** 10^0 … 10^22, the powers that float64 holds exactly: a product or quotient with one of them is rounded once. */
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Every decimal of so many digits survives float32 and back, so that rounding a float32 to them finds it again. */
const SAFE_DIGITS = 6;
/** So many digits tell any two float32 apart. */
const MAX_DIGITS = 9;

/** Decimal exponents of the numbers that JavaScript, and so this file, writes without an exponent. */
const MIN_PLAIN_EXPONENT = -6;
const MAX_PLAIN_EXPONENT = 20;

/** Integers below have no shorter text than their own digits. */
const PLAIN_INTEGER_LIMIT = 2 ** 24;

/** Room for the longest text: a sign and the 21 digits of the largest number without an exponent. */
const MAX_TEXT_BYTES = 22;

/** Values printed between two calls of `TextDecoder`. */
const BLOCK_VALUES = 1024;

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * Below a power of two the float32 lie twice as dense as above. Only for these three (all were tried) does the nearest
 * decimal of some length miss while its upper neighbour of that length reads back.
 */
const SHORTER_ABOVE: ReadonlyMap<number, number> = new Map([
  [2 ** -96, 1.2621775e-29],
  [2 ** 87, 1.5474251e26],
  [2 ** 90, 1.2379401e27],
]);

const ascii = new TextDecoder();
const scratch = new Uint8Array(BLOCK_VALUES * (MAX_TEXT_BYTES + 1));

/**
 * Prints a float32 as a JSON number with the fewest significant digits that read back as the same float32, the nearest
 * of those (the upper of two as near): 0.1, 16777216, 3.4028235e+38, -0. Exponents are written where JavaScript writes them (below 1e-6 and from
 * 1e21 on). NaN and the infinities, which JSON has no text for, are `null`.
 * @param value a float32; another number is rounded to one first
 */
export function shortestFloat32(value: number): string {
  const end = print(Math.fround(value), scratch, 0);
  return ascii.decode(scratch.subarray(0, end));
}

/** Prints values as `shortestFloat32` does, a comma between them. */
export function shortestFloat32List(values: Float32Array): string {
  let text = "";
  for (let start = 0; start < values.length; start += BLOCK_VALUES) {
    const end = printWithCommas(values.subarray(start, start + BLOCK_VALUES), scratch);
    text += ascii.decode(scratch.subarray(0, end));
  }
  return text.slice(0, -1);
}

function printWithCommas(values: Float32Array, target: Uint8Array): number {
  let at = 0;
  for (const value of values) {
    at = print(value, target, at);
    target[at++] = COMMA;
  }
  return at;
}

/** Prints at `at` and answers the offset behind, as all functions here do that take a target. */
function print(float: number, target: Uint8Array, at: number): number {
  if (!Number.isFinite(float)) return copyText("null", target, at);
  const isNegative = float < 0 || Object.is(float, -0);
  if (isNegative) target[at] = MINUS;
  return printMagnitude(Math.abs(float), target, isNegative ? at + 1 : at);
}

function printMagnitude(magnitude: number, target: Uint8Array, at: number): number {
  if (magnitude < PLAIN_INTEGER_LIMIT && Number.isInteger(magnitude)) return printDecimal(magnitude, 0, target, at);
  const exponent = Math.floor(Math.log10(magnitude));
  if (exponent < MIN_PLAIN_EXPONENT || exponent > MAX_PLAIN_EXPONENT) {
    return copyText(String(shortestExtreme(magnitude)), target, at);
  }
  let decimals = SAFE_DIGITS - 1 - exponent;
  const maxDecimals = MAX_DIGITS - 1 - exponent;
  let digits = scaled(magnitude, decimals);
  while (decimals < maxDecimals && Math.fround(unscaled(digits, decimals)) !== magnitude) {
    decimals++;
    digits = scaled(magnitude, decimals);
  }
  return printDecimal(digits, decimals, target, at);
}

/**
 * magnitude · 10^decimals, rounded to an integer. The product is rounded itself: within some 10^-7 of a tie the farther
 * neighbour may be chosen. What is printed was seen to read back all the same.
 */
function scaled(magnitude: number, decimals: number): number {
  const power = POWERS_OF_TEN[Math.abs(decimals)] ?? 1;
  return Math.round(decimals < 0 ? magnitude / power : magnitude * power);
}

/** The float64 nearest to digits · 10^-decimals, as `Number` would read it: both factors are exact. */
function unscaled(digits: number, decimals: number): number {
  const power = POWERS_OF_TEN[Math.abs(decimals)] ?? 1;
  return decimals < 0 ? digits * power : digits / power;
}

/**
 * Prints digits · 10^-decimals without an exponent and without zeros behind the last decimal.
 * @param digits below 2^31
 */
function printDecimal(digits: number, decimals: number, target: Uint8Array, at: number): number {
  let integer = digits | 0;
  let behindPoint = decimals;
  for (; behindPoint > 0 && integer % 10 === 0; behindPoint--) integer = (integer / 10) | 0;
  if (behindPoint <= 0) {
    const end = at + digitCount(integer);
    printDigits(integer, target, at, end);
    const zeros = -behindPoint;
    for (let i = 0; i < zeros; i++) target[end + i] = ZERO;
    return end + zeros;
  }
  const point = at + Math.max(digitCount(integer) - behindPoint, 1);
  const end = point + 1 + behindPoint;
  const whole = printDigits(integer, target, point + 1, end);
  target[point] = POINT;
  printDigits(whole, target, at, point);
  return end;
}

/** Fills target[start, end) with the last digits of an integer and answers what is left of it. */
function printDigits(integer: number, target: Uint8Array, start: number, end: number): number {
  let rest = integer | 0; // an int32 throughout: division by a constant is then a multiplication
  for (let i = end - 1; i >= start; i--) {
    const tenth = (rest / 10) | 0;
    target[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return rest;
}

function digitCount(integer: number): number {
  let count = 1;
  for (let rest = integer; rest >= 10; rest = (rest / 10) | 0) count++;
  return count;
}

/** The very large and the very small, subnormals included: slower, with the engine's exact rounding. */
function shortestExtreme(magnitude: number): number {
  const known = SHORTER_ABOVE.get(magnitude);
  if (known !== undefined) return known;
  let decimal = magnitude;
  for (let digits = 1; digits <= MAX_DIGITS; digits++) {
    decimal = Number(magnitude.toPrecision(digits));
    if (Math.fround(decimal) === magnitude) break;
  }
  return decimal;
}

function copyText(text: string, target: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
