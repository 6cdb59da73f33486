// Bytes written one after the other into memory that grows.

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The low `sizeBytes` bytes (up to 4) of a number, the lowest first. */
  little(value: number, sizeBytes: number): void {
    for (let i = 0; i < sizeBytes; i++) this.byte((value >>> (8 * i)) & 255);
  }

  /** ULEB128 of a whole number from 0 to 2^53. */
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    this.byte(rest);
  }

  #reserve(sizeBytes: number): void {
    if (this.#length + sizeBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#length + sizeBytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
