import { formatFixed, type Decimals } from "./fixed-decimals.ts";
import type { NumberPrinter, TextSink } from "./number-printer.ts";
import { quoteJson } from "./quote.ts";

/** An answer to a query of one metric fits in without growing. */
const DEFAULT_CAPACITY_BYTES = 16 * 1024;

/** Up to this length a loop over the characters is faster than a call of `TextEncoder`. */
const SHORT_TEXT_CHARS = 48;

/** A UTF-16 code unit never needs more in UTF-8 (a pair needs four). */
const MAX_BYTES_PER_CHAR = 3;

/** Room that is made for an answer before it is there. */
const MAX_EXPECTED_BYTES = 1024 * 1024 * 1024;

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

const utf8 = new TextEncoder();

/**
 * Builds one JSON answer as UTF-8 bytes, in the order of the calls. It writes values only; brackets, keys, colons and
 * commas are the caller's, through `raw`. The printer may be shared with other writers.
 */
export class JsonWriter implements TextSink {
  readonly #printer: NumberPrinter;
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(printer: NumberPrinter, capacityBytes = DEFAULT_CAPACITY_BYTES) {
    this.#printer = printer;
    this.#buffer = new Uint8Array(capacityBytes);
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.#length;
  }

  /**
   * Makes room for so many bytes to come, so that a large answer is not copied again and again while it grows. What is
   * not needed of it costs address space, no memory.
   */
  expect(sizeBytes: number): void {
    this.#reserve(Math.min(sizeBytes, MAX_EXPECTED_BYTES));
  }

  /** Writes text as it stands. */
  raw(text: string): void {
    this.#reserve(text.length * MAX_BYTES_PER_CHAR);
    const copied = text.length > SHORT_TEXT_CHARS ? 0 : copyAscii(text, this.#buffer, this.#length);
    this.#length += copied;
    if (copied === text.length) return;
    this.#length += utf8.encodeInto(text.slice(copied), this.#buffer.subarray(this.#length)).written;
  }

  /** Writes bytes as they stand. */
  bytes(chunk: Uint8Array): void {
    this.#reserve(chunk.length);
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** Writes a string value, quoted and escaped. */
  string(text: string): void {
    this.raw(quoteJson(text));
  }

  /** Writes an integer, at most 2^53 − 1 on either side of 0. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value)) throw new Error(`BUG: not an integer: ${value}`);
    this.raw(String(value));
  }

  /** Writes one number with that many decimals, `null` for NaN. */
  fixed(value: number, decimals: Decimals): void {
    this.raw(formatFixed(value, decimals));
  }

  /** Writes `[1.000,null,…]`: an array of numbers with three decimals, `null` for NaN. */
  fixedArray(values: Float64Array): void {
    this.#byte(OPENING_BRACKET);
    this.#printer.printWithCommas(values, this);
    if (values.length > 0) this.#length--; // the last comma
    this.#byte(CLOSING_BRACKET);
  }

  /** What was written. The bytes are the writer's own: nothing may be written afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }

  #reserve(moreBytes: number): void {
    const needed = this.#length + moreBytes;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** Copies up to the first character that is not ASCII; answers how many it copied. */
function copyAscii(text: string, target: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return i;
    target[at + i] = code;
  }
  return text.length;
}
