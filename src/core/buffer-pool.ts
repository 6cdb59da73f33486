// The memory of all samples: buffers of 512 float32 values, cut from slabs, recycled through a free list.

import { grownFloat64, grownInt32, grownUint16 } from "./grow.ts";

/** Values a buffer holds (the reference's BufferCap). */
export const BUFFER_CAPACITY = 512;

/** log2 of the buffers in a slab. 1,024 × 2 KiB = 2 MiB: small enough that touching fresh memory never stalls ingest. */
export const SLAB_SHIFT = 10;
const SLAB_BUFFERS = 1 << SLAB_SHIFT;
/** `buffer & SLAB_MASK` is a buffer's place in its slab. */
export const SLAB_MASK = SLAB_BUFFERS - 1;
/** `place << CAPACITY_SHIFT` is the index of a buffer's first value in its slab. */
export const CAPACITY_SHIFT = 9;

/** "No buffer", in every field that holds the number of one. */
export const NO_BUFFER = -1;

const DROPPED_SLAB = new Float32Array(0);

/**
 * A slab's values. Shared memory although nobody shares it: V8 takes the growth of ordinary array buffers for a reason
 * to collect garbage, every 64 MiB, and in the minute in which all series change their buffers that stalls ingest again
 * and again. Memory of this kind it does not count; what is dropped is freed with the next full collection.
 */
const newSlab = (): Float32Array =>
  new Float32Array(new SharedArrayBuffer(SLAB_BUFFERS * BUFFER_CAPACITY * Float32Array.BYTES_PER_ELEMENT));

/**
 * Numbered buffers and their headers, as parallel arrays indexed by the buffer's number.
 * The arrays are replaced when they grow: read them through the pool, keep no reference over a `take`.
 */
export class BufferPool {
  /** Slab k holds the values of buffers k·1024 … k·1024+1023; a dropped slab has length 0. */
  readonly slabs: Float32Array[] = [];
  /** Start of a buffer's first slot, seconds: the time of its first sample less half a frequency. */
  start = new Float64Array(0);
  /** Slots in use, 0 … 512; a slot without a sample holds NaN. */
  length = new Uint16Array(0);
  /** The next older buffer of the same series, or NO_BUFFER. */
  previous = new Int32Array(0);

  readonly #free: number[] = [];
  readonly #usedInSlab: number[] = [];
  readonly #droppedSlabs: number[] = [];
  #used = 0;

  /** Buffers that hold samples now. */
  get used(): number {
    return this.#used;
  }

  /** Buffers that wait for reuse. */
  get idle(): number {
    return this.#free.length;
  }

  /** Slots in use of all buffers, by their headers (which lag behind while values wait on the stage). */
  get slots(): number {
    let slots = 0;
    for (let buffer = 0; buffer < this.length.length; buffer++) slots += this.length[buffer];
    return slots;
  }

  /** Bytes of all slabs that are not dropped. */
  get sizeBytes(): number {
    return (this.#used + this.#free.length) * BUFFER_CAPACITY * Float32Array.BYTES_PER_ELEMENT;
  }

  /**
   * Takes an empty buffer.
   * @param start of its first slot, seconds
   * @param previous the next older buffer of the series, or NO_BUFFER
   */
  take(start: number, previous: number): number {
    if (this.#free.length === 0) this.#addSlab();
    const buffer = this.#free.pop();
    if (buffer === undefined) throw new Error("BUG: a new slab has no buffers");
    this.start[buffer] = start;
    this.length[buffer] = 0;
    this.previous[buffer] = previous;
    this.#used++;
    this.#usedInSlab[buffer >>> SLAB_SHIFT]++;
    return buffer;
  }

  /** Gives a buffer back. Its number must not be used any more. */
  release(buffer: number): void {
    this.length[buffer] = 0;
    this.#free.push(buffer);
    this.#used--;
    this.#usedInSlab[buffer >>> SLAB_SHIFT]--;
  }

  /** Returns the memory of slabs without a buffer in use to the system. Returns the bytes given back. */
  trim(): number {
    const before = this.sizeBytes;
    for (let slab = 0; slab < this.slabs.length; slab++) {
      if (this.#usedInSlab[slab] > 0 || this.slabs[slab] === DROPPED_SLAB) continue;
      this.slabs[slab] = DROPPED_SLAB;
      this.#droppedSlabs.push(slab);
    }
    const kept = this.#free.filter((buffer) => this.slabs[buffer >>> SLAB_SHIFT] !== DROPPED_SLAB);
    this.#free.length = 0;
    for (const buffer of kept) this.#free.push(buffer);
    return before - this.sizeBytes;
  }

  #addSlab(): void {
    const slab = this.#droppedSlabs.pop() ?? this.slabs.length;
    this.slabs[slab] = newSlab();
    this.#usedInSlab[slab] = 0;
    const end = (slab + 1) << SLAB_SHIFT;
    if (end > this.start.length) this.#growHeaders(end);
    // Highest number first: buffers are then taken in ascending order, neighbours in memory.
    for (let buffer = end - 1; buffer >= end - SLAB_BUFFERS; buffer--) this.#free.push(buffer);
  }

  #growHeaders(count: number): void {
    this.start = grownFloat64(this.start, count);
    this.length = grownUint16(this.length, count);
    this.previous = grownInt32(this.previous, count);
  }
}
