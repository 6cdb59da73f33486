// One field value: a number, or what the protocol knows besides and a metric store has no use for.

import { isDigit, MINUS } from "./digits.ts";
import { type NumberError, parseDecimal, parseSigned, parseUnsigned } from "./number.ts";
import { quoteNext, quoteToken, reject, type Rejection } from "./rejection.ts";
import { BACKSLASH, COMMA, DOUBLE_QUOTE, END_OF_LINE, type LineCursor, peek, SPACE, utf8Text } from "./tokens.ts";

/** The value rounded to float32, or the name of the type that is no number. */
export type FieldValue = number | "string" | "bool";

/** The key whose value is read, for the reasons of rejections. */
export interface FieldKey {
  start: number;
  end: number;
}

const POINT = 0x2e;
const LOWER_F = 0x66;
const LOWER_I = 0x69;
const LOWER_T = 0x74;
const LOWER_U = 0x75;
/** Sets ASCII letters to lower case. */
const LOWER_CASE_BIT = 0x20;
const BOOLEANS = new Set(["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"]);

/** Reads the value at `line.at` and moves behind it, to a comma, a space or the end of the line. */
export function readFieldValue(line: LineCursor, key: FieldKey): FieldValue | Rejection {
  const start = line.at;
  if (peek(line) === DOUBLE_QUOTE) return readString(line);
  skipBareValue(line);
  if (line.at === start) {
    return reject(line, start, `missing field value for field ${quoteToken(line, key.start, key.end)}`);
  }
  const first = line.bytes[start];
  if (isDigit(first) || first === MINUS || first === POINT) return readNumber(line, start, key);
  const letter = first | LOWER_CASE_BIT;
  if (letter === LOWER_T || letter === LOWER_F) return readBoolean(line, start, key);
  const field = quoteToken(line, key.start, key.end);
  return reject(line, start, `value for field ${field} (${quoteToken(line, start, line.at)}) has unrecognized type`);
}

/** Only numbers come out of a string to matter, so its text is passed over; `\` keeps the next byte from ending it. */
function readString(line: LineCursor): "string" | Rejection {
  const { bytes, end } = line;
  const start = line.at;
  let at = start + 1;
  while (at < end && bytes[at] !== DOUBLE_QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  if (at >= end) return reject(line, start, "expected closing quote for string field value, found end of input");
  line.at = at + 1;
  const next = peek(line);
  if (next === COMMA || next === SPACE || next === END_OF_LINE) return "string";
  return reject(line, line.at, `unexpected character ${quoteNext(line)} after field`);
}

function skipBareValue(line: LineCursor): void {
  const { bytes, end } = line;
  let at = line.at;
  while (at < end && bytes[at] !== COMMA && bytes[at] !== SPACE) at++;
  line.at = at;
}

function readBoolean(line: LineCursor, start: number, key: FieldKey): "bool" | Rejection {
  const text = utf8Text(line.bytes.subarray(start, line.at));
  if (text !== undefined && BOOLEANS.has(text)) return "bool";
  return rejectValue(line, start, key, `invalid bool value ${quoteToken(line, start, line.at)}`);
}

function readNumber(line: LineCursor, start: number, key: FieldKey): number | Rejection {
  const end = line.at;
  switch (line.bytes[end - 1]) {
    case LOWER_I:
      return numberOr(line, start, key, parseSigned(line.bytes, start, end - 1), "integer");
    case LOWER_U:
      return numberOr(line, start, key, parseUnsigned(line.bytes, start, end - 1), "unsigned integer");
    default:
      return numberOr(line, start, key, parseDecimal(line.bytes, start, end), "float");
  }
}

function numberOr(
  line: LineCursor,
  start: number,
  key: FieldKey,
  parsed: number | NumberError,
  type: string,
): number | Rejection {
  if (typeof parsed === "number") return parsed;
  const problem = parsed === "range" ? "line-protocol value out of range" : `invalid ${type} value syntax`;
  return rejectValue(line, start, key, problem);
}

function rejectValue(line: LineCursor, start: number, key: FieldKey, problem: string): Rejection {
  return reject(line, start, `cannot parse value for field key ${quoteToken(line, key.start, key.end)}: ${problem}`);
}
