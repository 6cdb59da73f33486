import type { TextCursor } from "./text-cursor.ts";

/**
 * A number written with a fraction or an exponent. Where Go wants an integer it refuses `1.0` and `1e3` for their
 * spelling, so the spelling is kept.
 */
export class JsonDecimal {
  /** The number as it was written. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The nearest float64; infinite if the literal is beyond its range. */
  get value(): number {
    return Number(this.text);
  }
}

/** A literal of so many digits is below 2^53: adding digit by digit is exact. */
const EXACT_DIGITS = 15;

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

/** Reads a number from its sign or first digit on. An integer beyond 2^53 becomes the nearest float64. */
export function readNumberLiteral(cursor: TextCursor): number | JsonDecimal {
  const start = cursor.at;
  const isNegative = cursor.peek() === MINUS;
  if (isNegative) cursor.at++;
  const firstDigit = cursor.at;
  const magnitude = readWhole(cursor);
  const digits = cursor.at - firstDigit;
  const hasFraction = skipFraction(cursor);
  const hasExponent = skipExponent(cursor);
  if (hasFraction || hasExponent) return new JsonDecimal(cursor.text.slice(start, cursor.at));
  if (digits > EXACT_DIGITS) return Number(cursor.text.slice(start, cursor.at));
  return isNegative ? -magnitude : magnitude;
}

/** Reads the digits before the point. No digit may follow a leading zero: `01` ends after the 0. */
function readWhole(cursor: TextCursor): number {
  if (cursor.peek() !== ZERO) return readDigits(cursor, "in numeric literal");
  cursor.at++;
  return 0;
}

function skipFraction(cursor: TextCursor): boolean {
  if (cursor.peek() !== POINT) return false;
  cursor.at++;
  readDigits(cursor, "after decimal point in numeric literal");
  return true;
}

function skipExponent(cursor: TextCursor): boolean {
  const code = cursor.peek();
  if (code !== LOWER_E && code !== UPPER_E) return false;
  cursor.at++;
  const sign = cursor.peek();
  if (sign === MINUS || sign === PLUS) cursor.at++;
  readDigits(cursor, "in exponent of numeric literal");
  return true;
}

/** Reads at least one digit; what it answers is exact up to EXACT_DIGITS. */
function readDigits(cursor: TextCursor, context: string): number {
  const start = cursor.at;
  let value = 0;
  for (let code = cursor.peek(); code >= ZERO && code <= NINE; code = cursor.peek()) {
    value = value * 10 + (code - ZERO);
    cursor.at++;
  }
  if (cursor.at === start) throw cursor.unexpected(context);
  return value;
}
