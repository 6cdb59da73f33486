// Records on their way to the journal: copied one behind the other into large blocks, so that a flush is a few writes.

import type { HostFiles } from "./host-files.ts";

const BLOCK_BYTES = 1 << 20;

export class RecordQueue {
  /** Full blocks, and what of the present block is not taken yet. */
  #ready: Uint8Array[] = [];
  #block = new Uint8Array(BLOCK_BYTES);
  #taken = 0;
  #filled = 0;
  #readyBytes = 0;
  /** Whose records came last; the next ones of the same host need no host record in front. */
  #lastHost: HostFiles | undefined;

  get isEmpty(): boolean {
    return this.sizeBytes === 0;
  }

  get sizeBytes(): number {
    return this.#readyBytes + this.#filled - this.#taken;
  }

  /** Copies bytes[start, end), new records of `host`, which are pending from now on. */
  pushNew(host: HostFiles, bytes: Uint8Array, start: number, end: number): void {
    this.push(host, bytes, start, end);
    host.addPending(this.#block, this.#filled - (end - start), this.#filled);
  }

  /** Copies bytes[start, end), whole records of `host`. */
  push(host: HostFiles, bytes: Uint8Array, start: number, end: number): void {
    if (host !== this.#lastHost) {
      this.#copy(host.hostRecord);
      this.#lastHost = host;
    }
    this.#copy(end - start === bytes.length ? bytes : bytes.subarray(start, end));
  }

  /** Takes everything out. What is pushed next begins with a host record again: it may begin another file. */
  take(): Uint8Array[] {
    this.#endPiece();
    const pieces = this.#ready;
    this.#ready = [];
    this.#readyBytes = 0;
    this.#lastHost = undefined;
    return pieces;
  }

  /** Puts back what was taken, in front of what has been pushed since: it could not be written. */
  putBack(pieces: readonly Uint8Array[]): void {
    this.#ready = [...pieces, ...this.#ready];
    for (const piece of pieces) this.#readyBytes += piece.length;
  }

  #copy(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#block.length) {
      this.#endPiece();
      this.#block = new Uint8Array(Math.max(BLOCK_BYTES, bytes.length));
      this.#taken = 0;
      this.#filled = 0;
    }
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #endPiece(): void {
    if (this.#filled === this.#taken) return;
    this.#ready.push(this.#block.subarray(this.#taken, this.#filled));
    this.#readyBytes += this.#filled - this.#taken;
    this.#taken = this.#filled;
  }
}
