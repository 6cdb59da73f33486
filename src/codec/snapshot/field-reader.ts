import { INT64_BYTES, UINT16_BYTES, UINT32_BYTES, VALUE_BYTES } from "./layout.ts";
import { SnapshotError } from "./snapshot-error.ts";

/** A name of so many bytes is faster read byte by byte than by a call of `TextDecoder`. */
const SHORT_NAME_BYTES = 24;

/** Where values begin is a multiple of this: out of step with it, copying into the store's memory takes thrice as long. */
const VALUES_ALIGNMENT_BYTES = 8;

/** Places for names that were read before, a power of two. */
const NAME_PLACES = 1 << 9;

const FIRST_NOT_ASCII = 0x80;

// A byte order mark is part of the name it stands in; that is what `ignoreBOM` means.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads field after field. Each method throws a SnapshotError when its field is cut or holds what cannot be. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Room for all values there can be, in one piece: an allocation for each metric takes as long as the copying. */
  readonly #slab: Uint8Array<ArrayBuffer>;
  #slabUsed = 0;
  /** Each level names its metrics anew: a name is made once and found again by its bytes. [place] → where it was read. */
  readonly #nameStarts = new Uint32Array(NAME_PLACES);
  readonly #names: string[] = [];
  /** Offset of the next field. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#slab = new Uint8Array(bytes.length - (bytes.length % VALUE_BYTES));
  }

  get bytesLeft(): number {
    return this.#bytes.length - this.at;
  }

  uint32(what: string): number {
    return this.#view.getUint32(this.#take(UINT32_BYTES, what), true);
  }

  /** Reads an int64 that a JavaScript number can hold. */
  int64(what: string): number {
    const start = this.#take(INT64_BYTES, what);
    const value = this.#view.getInt32(start + UINT32_BYTES, true) * 2 ** 32 + this.#view.getUint32(start, true);
    if (!Number.isSafeInteger(value)) throw new SnapshotError(`${what} beyond ±2^53`, start);
    return value;
  }

  /** Reads a count of things that follow, each of them at least so large. */
  count(what: string, minSizeBytes: number): number {
    const start = this.at;
    const count = this.uint32(what);
    // Checked before anything is made of the count: a flipped bit must not cost gigabytes.
    if (count * minSizeBytes > this.bytesLeft) {
      throw new SnapshotError(`${what} is ${count}, more than ${this.bytesLeft} bytes can hold`, start);
    }
    return count;
  }

  name(what: string): string {
    const sizeBytes = this.#view.getUint16(this.#take(UINT16_BYTES, `length of ${what}`), true);
    const start = this.#take(sizeBytes, what);
    if (sizeBytes > SHORT_NAME_BYTES) return this.#decodeName(start, what);
    const place = placeOf(this.#bytes, start, this.at);
    const known = this.#names[place];
    // As short as they are, ASCII names have as many characters as bytes.
    if (known?.length === sizeBytes && sameBytes(this.#bytes, this.#nameStarts[place], start, sizeBytes)) return known;
    const ascii = readAscii(this.#bytes, start, this.at);
    if (ascii === undefined) return this.#decodeName(start, what);
    this.#names[place] = ascii;
    this.#nameStarts[place] = start;
    return ascii;
  }

  #decodeName(start: number, what: string): string {
    try {
      return utf8.decode(this.#bytes.subarray(start, this.at));
    } catch {
      throw new SnapshotError(`${what} is not UTF-8`, start);
    }
  }

  /** Copies float32 values into aligned memory; in the file they lie as the names before them leave it. */
  values(count: number): Float32Array<ArrayBuffer> {
    const sizeBytes = count * VALUE_BYTES;
    const start = this.#take(sizeBytes, "values");
    const target = this.#slabUsed;
    // What this skips is less than the fields that come before the next values.
    this.#slabUsed += Math.ceil(sizeBytes / VALUES_ALIGNMENT_BYTES) * VALUES_ALIGNMENT_BYTES;
    // Every machine that runs JavaScript engines of note is little-endian, as the file is.
    this.#slab.set(this.#bytes.subarray(start, this.at), target);
    return new Float32Array(this.#slab.buffer, target, count);
  }

  /** Steps over a field and answers where it begins. */
  #take(sizeBytes: number, what: string): number {
    const start = this.at;
    if (sizeBytes > this.bytesLeft) {
      throw new SnapshotError(`${what} is cut: ${sizeBytes} bytes expected, ${this.bytesLeft} left`, start);
    }
    this.at = start + sizeBytes;
    return start;
  }
}

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i];
  return (hash ^ (hash >>> 15)) & (NAME_PLACES - 1);
}

function sameBytes(bytes: Uint8Array, a: number, b: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

/** The bytes as text, undefined if there is one that is not ASCII. */
function readAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= FIRST_NOT_ASCII) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
