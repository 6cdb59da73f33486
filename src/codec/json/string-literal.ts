import type { TextCursor } from "./text-cursor.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const FIRST_PRINTABLE = 0x20;

const REPLACEMENT = "\ufffd";
const HEX_DIGIT = /^[0-9a-fA-F]$/;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** Reads a string from its opening quote on. */
export function readStringLiteral(cursor: TextCursor): string {
  cursor.at++;
  const first = readPlain(cursor);
  return cursor.peek() === QUOTE ? closed(cursor, first) : readEscaped(cursor, first);
}

/** Reads up to the next quote or backslash: the whole string, nearly always. */
function readPlain(cursor: TextCursor): string {
  const { text } = cursor;
  const start = cursor.at;
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE || code === BACKSLASH || code < FIRST_PRINTABLE) break;
  }
  cursor.at = at;
  if (cursor.peek() < FIRST_PRINTABLE) throw cursor.unexpected("in string literal");
  return text.slice(start, at);
}

function closed(cursor: TextCursor, value: string): string {
  cursor.at++;
  return value;
}

function readEscaped(cursor: TextCursor, first: string): string {
  let value = first;
  while (cursor.peek() === BACKSLASH) {
    cursor.at++;
    value += cursor.peek() === LOWER_U ? readUnicodeEscape(cursor) : readShortEscape(cursor);
    value += readPlain(cursor);
  }
  return closed(cursor, value);
}

function readShortEscape(cursor: TextCursor): string {
  const char = ESCAPES.get(cursor.text.charAt(cursor.at));
  if (char === undefined) throw cursor.unexpected("in string escape code");
  cursor.at++;
  return char;
}

/** Reads `u` and four digits; two such escapes that make a surrogate pair are one character. */
function readUnicodeEscape(cursor: TextCursor): string {
  const first = readHex(cursor);
  if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
  const isHigh = first < 0xdc00;
  if (!isHigh || !cursor.text.startsWith("\\u", cursor.at)) return REPLACEMENT;
  const second = cursor.at;
  cursor.at++;
  const low = readHex(cursor);
  if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(first, low);
  // Not its partner: the second escape stands for itself.
  cursor.at = second;
  return REPLACEMENT;
}

function readHex(cursor: TextCursor): number {
  cursor.at++;
  const start = cursor.at;
  while (cursor.at < start + 4) {
    if (!HEX_DIGIT.test(cursor.text.charAt(cursor.at)))
      throw cursor.unexpected(String.raw`in \u hexadecimal character escape`);
    cursor.at++;
  }
  return Number.parseInt(cursor.text.slice(start, cursor.at), 16);
}
