// Where a line ends. Not always at the next newline: a quoted field value may hold newlines.

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** The line's quoted value is not closed before the end of the bytes. */
export const OPEN_QUOTE = -1;

/**
 * The offset of the newline that ends the line at `start`, or OPEN_QUOTE.
 * @param end behind the last byte to look at, which must be a newline
 */
export function findLineEnd(bytes: Uint8Array, start: number, end: number): number {
  const newline = bytes.indexOf(NEWLINE, start);
  if (!hasQuote(bytes, start, newline) || isComment(bytes, start)) return newline;
  let i = skipHead(bytes, start);
  while (i < end && bytes[i] !== NEWLINE) {
    if (bytes[i] === BACKSLASH && bytes[i + 1] !== NEWLINE) i += 2;
    else if (bytes[i] === EQUALS && bytes[i + 1] === QUOTE) i = skipQuoted(bytes, i + 2, end);
    else i++;
  }
  return i < end ? i : OPEN_QUOTE;
}

function hasQuote(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === QUOTE) return true;
  return false;
}

function isComment(bytes: Uint8Array, start: number): boolean {
  let i = start;
  while (bytes[i] === SPACE) i++;
  return bytes[i] === HASH;
}

/** Offset of the first space that is not escaped and not in front of the line, or of the newline before it. */
function skipHead(bytes: Uint8Array, start: number): number {
  let i = start;
  while (bytes[i] === SPACE) i++;
  while (bytes[i] !== SPACE && bytes[i] !== NEWLINE) i += bytes[i] === BACKSLASH && bytes[i + 1] !== NEWLINE ? 2 : 1;
  return i;
}

/** Offset behind the closing quote, or `end`. */
function skipQuoted(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return Math.min(i + 1, end);
}
