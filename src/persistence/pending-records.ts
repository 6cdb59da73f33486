// Records of a host on their way into its WAL. They lie in blocks that they share with those of other hosts, and are kept
// as places in them: a view of each run, of which there may be millions, would keep the garbage collector busy.

export class PendingRecords {
  /** Run i is blocks[i][starts[i], ends[i]). */
  #blocks: Uint8Array[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds block[start, end), whole records; the block must stay as it is. */
  add(block: Uint8Array, start: number, end: number): void {
    const last = this.#blocks.length - 1;
    if (this.#blocks[last] === block && this.#ends[last] === start) {
      this.#ends[last] = end;
    } else {
      this.#blocks.push(block);
      this.#starts.push(start);
      this.#ends.push(end);
    }
    this.#sizeBytes += end - start;
  }

  /** The records, in pieces. */
  pieces(): Uint8Array[] {
    return this.#blocks.map((block, i) => block.subarray(this.#starts[i], this.#ends[i]));
  }

  /** Takes everything out. */
  take(): Uint8Array[] {
    const pieces = this.pieces();
    this.#blocks = [];
    this.#starts = [];
    this.#ends = [];
    this.#sizeBytes = 0;
    return pieces;
  }

  /** Puts back what was taken, in front of what has been added since. */
  putBack(pieces: readonly Uint8Array[]): void {
    const newer = this.take();
    for (const piece of [...pieces, ...newer]) this.add(piece, 0, piece.length);
  }
}
