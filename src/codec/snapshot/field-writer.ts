import { INT64_BYTES, MAX_NAME_BYTES, UINT16_BYTES, UINT32_BYTES } from "./layout.ts";

const FIRST_NOT_ASCII = 0x80;

const utf8 = new TextEncoder();

/** Writes field after field into memory of a size computed before. What cannot be written is a BUG of the caller. */
export class FieldWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  #at = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += UINT32_BYTES;
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new Error(`BUG: not an integer: ${value}`);
    // DataView takes both modulo 2^32; the upper half is rounded down, so that it carries the sign.
    this.#view.setUint32(this.#at, value, true);
    this.#view.setInt32(this.#at + UINT32_BYTES, Math.floor(value / 2 ** 32), true);
    this.#at += INT64_BYTES;
  }

  name(name: string): void {
    const start = this.#at + UINT16_BYTES;
    const written = writeAscii(this.#bytes, start, name) ?? utf8.encodeInto(name, this.#bytes.subarray(start)).written;
    this.#view.setUint16(this.#at, written, true);
    this.#at = start + written;
  }

  values(values: Float32Array): void {
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.#at);
    this.#at += values.byteLength;
  }

  /** What was written: all that was announced. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#at !== this.#bytes.length)
      throw new Error(`BUG: ${this.#bytes.length} bytes announced, ${this.#at} written`);
    return this.#bytes;
  }
}

/** Names are short and of ASCII, most of them: that is faster than a call of `TextEncoder`. Undefined if one is not. */
function writeAscii(bytes: Uint8Array, start: number, name: string): number | undefined {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= FIRST_NOT_ASCII) return undefined;
    bytes[start + i] = code;
  }
  return name.length;
}

/** The bytes that a name takes as UTF-8; a surrogate without its partner is written as U+FFFD. */
export function nameSizeBytes(name: string): number {
  let sizeBytes = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.codePointAt(i) ?? 0;
    if (code > 0xffff) i++;
    sizeBytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code <= 0xffff ? 3 : 4;
  }
  if (sizeBytes > MAX_NAME_BYTES) throw new Error(`BUG: a name of ${sizeBytes} bytes, ${MAX_NAME_BYTES} at most`);
  return sizeBytes;
}
