// The lowest floor of the grammar: where a name ends, and what text it stands for.

/** One line and the place the parser has reached in it. Columns are counted from `start`. */
export interface LineCursor {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  at: number;
}

/** What `peek` answers behind the last byte of a line. */
export const END_OF_LINE = -1;

export const CARRIAGE_RETURN = 0x0d;
export const SPACE = 0x20;
export const DOUBLE_QUOTE = 0x22;
export const HASH = 0x23;
export const COMMA = 0x2c;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;
const DELETE = 0x7f;
const FIRST_NON_ASCII = 0x80;

/** Up to this length a text is put together faster from its bytes than by a decoder, whose every call costs 0.1 µs. */
const SHORT_TEXT_BYTES = 32;

const IS_SPACE = 1;
const IS_COMMA = 2;
const IS_EQUALS = 4;
const IS_CONTROL = 8;
const IS_BACKSLASH = 16;

/** The classes of bytes that end a measurement. A tab is a control byte like any other: it separates nothing. */
export const MEASUREMENT_STOPS = IS_SPACE | IS_COMMA | IS_CONTROL;
/** The classes of bytes that end a tag key, a tag value or a field key. */
export const NAME_STOPS = MEASUREMENT_STOPS | IS_EQUALS;

const classOfByte = new Uint8Array(256).fill(IS_CONTROL, 0, SPACE);
classOfByte[SPACE] = IS_SPACE;
classOfByte[COMMA] = IS_COMMA;
classOfByte[EQUALS] = IS_EQUALS;
classOfByte[BACKSLASH] = IS_BACKSLASH;
classOfByte[DELETE] = IS_CONTROL;

// A byte order mark is a part of the name it stands in, as in the reference.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function peek(line: LineCursor): number {
  return line.at < line.end ? line.bytes[line.at] : END_OF_LINE;
}

export function skipSpaces(line: LineCursor): void {
  while (line.at < line.end && line.bytes[line.at] === SPACE) line.at++;
}

/** Moves behind the bytes up to the first unescaped byte of one of the classes `stops`. */
export function skipName(line: LineCursor, stops: number): void {
  const { bytes, end } = line;
  let at = line.at;
  while (at < end) {
    const byteClass = classOfByte[bytes[at]];
    if ((byteClass & stops) !== 0) break;
    at += byteClass === IS_BACKSLASH && at + 1 < end && isEscapable(bytes[at + 1], stops) ? 2 : 1;
  }
  line.at = at;
}

/** The text of the name in bytes[start, end), or undefined where that is not UTF-8. */
export function nameText(bytes: Uint8Array, start: number, end: number, stops: number): string | undefined {
  const isEscaped = contains(bytes, start, end, BACKSLASH);
  return utf8Text(isEscaped ? unescape(bytes, start, end, stops) : bytes.subarray(start, end));
}

/** Whether bytes[start, end) are UTF-8: for names that are only passed over. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] >= FIRST_NON_ASCII) return utf8Text(bytes.subarray(at, end)) !== undefined;
  }
  return true;
}

export function contains(bytes: Uint8Array, start: number, end: number, byte: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === byte) return true;
  return false;
}

export function equals(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** A backslash takes the meaning from the separators of its place, and is itself an ordinary byte before all others. */
function isEscapable(byte: number, stops: number): boolean {
  return (classOfByte[byte] & stops & ~IS_CONTROL) !== 0;
}

function unescape(bytes: Uint8Array, start: number, end: number, stops: number): Uint8Array {
  const plain = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === BACKSLASH && at + 1 < end && isEscapable(bytes[at + 1], stops)) at++;
    plain[length++] = bytes[at];
  }
  return plain.subarray(0, length);
}

/** The text of bytes, or undefined where they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text of bytes known to be ASCII. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return decode(bytes.subarray(start, end));
}

/** Throws where the bytes are not UTF-8. */
function decode(bytes: Uint8Array): string {
  return (bytes.length <= SHORT_TEXT_BYTES ? shortAsciiText(bytes) : undefined) ?? utf8.decode(bytes);
}

function shortAsciiText(bytes: Uint8Array): string | undefined {
  const codes: number[] = [];
  for (const byte of bytes) {
    if (byte >= FIRST_NON_ASCII) return undefined;
    codes.push(byte);
  }
  return String.fromCharCode(...codes);
}
