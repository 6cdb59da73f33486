// Numbers of seven bits a byte, the lowest first, as they stand in pages. (parquet-format: Encodings.md, ULEB128)

export class VarintReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Beyond 2^53 not exact. @throws RangeError where the bytes end */
  next(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (this.at >= this.#bytes.length) throw new RangeError("a page ends within a number");
      const byte = this.#bytes[this.at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  /** Zigzag: 0, −1, 1, −2, … */
  nextSigned(): number {
    const value = this.next();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Steps over so many bytes. @throws RangeError where there are not as many */
  stepOver(sizeBytes: number): void {
    this.at += sizeBytes;
    if (this.at > this.#bytes.length) throw new RangeError("a page ends within a block");
  }
}
