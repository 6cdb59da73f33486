// What is said of a line that cannot be stored, in the words of the reference.

import { BACKSLASH, DOUBLE_QUOTE, END_OF_LINE, type LineCursor, peek } from "./tokens.ts";

/** `column` is 1-based and counts bytes; `reason` is one line of printable text. */
export interface Rejection {
  kind: "rejected";
  column: number;
  reason: string;
}

/** How much of a name or value a reason repeats: a line may be as long as a whole post. */
const MAX_QUOTED_BYTES = 120;

const MAX_UTF8_BYTES = 4;
const CONTINUATION_MASK = 0xc0;
const CONTINUATION_BYTE = 0x80;

const NAMED_ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Rejects the line because of what begins at the offset `at`. */
export function reject(line: LineCursor, at: number, reason: string): Rejection {
  return { kind: "rejected", column: at - line.start + 1, reason };
}

/** The next byte for a reason: `','`, `'\x01'` or `end of input`. */
export function quoteNext(line: LineCursor): string {
  const byte = peek(line);
  return byte === END_OF_LINE ? "end of input" : `'${printable(byte)}'`;
}

/** The bytes of a token for a reason, in double quotes; bytes that are not printable as `\xff`. */
export function quoteToken(line: LineCursor, start: number, end: number): string {
  const bytes = line.bytes.subarray(start, quotedEnd(line.bytes, start, end));
  const text = lenientUtf8.decode(bytes);
  // The replacement character tells that some byte is not UTF-8, and then which one is what the reader wants to know.
  const quoted = text.includes("\ufffd") ? Array.from(bytes, printable) : Array.from(text, printableChar);
  return `"${quoted.join("")}${end - start > MAX_QUOTED_BYTES ? "…" : ""}"`;
}

/** Where to cut a long token: not within a character. */
function quotedEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= MAX_QUOTED_BYTES) return end;
  const longest = start + MAX_QUOTED_BYTES;
  let cut = longest;
  while (cut > longest - MAX_UTF8_BYTES && (bytes[cut] & CONTINUATION_MASK) === CONTINUATION_BYTE) cut--;
  return cut;
}

/** A name for a reason, bare. */
export function shorten(name: string): string {
  return name.length > MAX_QUOTED_BYTES ? `${name.slice(0, MAX_QUOTED_BYTES)}…` : name;
}

function printableChar(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x80 ? printable(code) : char;
}

function printable(byte: number): string {
  const char = String.fromCharCode(byte);
  if (byte === DOUBLE_QUOTE || byte === BACKSLASH) return `\\${char}`;
  if (byte >= 0x20 && byte < 0x7f) return char;
  return NAMED_ESCAPES[char] ?? `\\x${byte.toString(16).padStart(2, "0")}`;
}
