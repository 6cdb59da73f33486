// Adding stored values up, slot by slot: the inner loop of every aggregation. What is here is plain and always right;
// a store may be given a faster adder, whose sums must be the same to the last bit.

import { BUFFER_CAPACITY } from "./buffer-pool.ts";

/** Runs added at once: enough that reading and writing the sums hardly counts. */
export const MAX_ROWS = 8;

/** A run is part of one buffer. */
export const MAX_RUN_LENGTH = BUFFER_CAPACITY;

/** Runs of consecutive stored values, each within one buffer, and where they go in an answer; parallel lists. */
export interface Runs {
  /** Number of the slab that holds the run. */
  readonly slab: readonly number[];
  /** Index of its first value in the slab. */
  readonly at: readonly number[];
  /** Index of its first value in the answer. */
  readonly offset: readonly number[];
  readonly length: readonly number[];
}

/** Runs with the same offset and the same length: `first`, `first + step`, … */
export interface Rows {
  readonly first: number;
  readonly step: number;
  /** 1 … MAX_ROWS. */
  readonly count: number;
}

/** Makes room for an answer: so many values, which hold anything. */
export type NewValues = (length: number) => Float64Array<ArrayBuffer>;

/** Room of its own for each answer. */
export const ownValues: NewValues = (length) => new Float64Array(length);

/** Sums runs of float32 values in float64. Each slot's sum is taken in the order in which its values are added, from 0. */
export interface Adder {
  /** Starts `length` sums at 0. */
  begin(length: number): void;
  /** Adds rows of values, the first row first. `slabs`: the memory that they lie in. */
  add(slabs: readonly Float32Array[], runs: Runs, rows: Rows): void;
  /** The sums, which are the caller's from now on; in the room that it gives, if they have to be copied. */
  finish(newValues?: NewValues): Float64Array<ArrayBuffer>;
}

/** Adds without any help but the compiler's. */
export class PlainAdder implements Adder {
  #sums = new Float64Array(0);

  begin(length: number): void {
    this.#sums = new Float64Array(length);
  }

  add(slabs: readonly Float32Array[], runs: Runs, rows: Rows): void {
    addRows(this.#sums, slabs, runs, rows);
  }

  finish(): Float64Array<ArrayBuffer> {
    return this.#sums;
  }
}

/** Adds rows of values to the sums. */
export function addRows(sums: Float64Array, slabs: readonly Float32Array[], runs: Runs, rows: Rows): void {
  if (rows.count === MAX_ROWS && shareSlab(runs, rows)) return addEight(sums, slabs, runs, rows);
  for (let row = 0; row < rows.count; row++) addOne(sums, slabs, runs, rows.first + row * rows.step);
}

/** Buffers of a host's series were mostly taken together, so that they are neighbours. */
function shareSlab({ slab }: Runs, { first, step, count }: Rows): boolean {
  for (let row = 1; row < count; row++) if (slab[first + row * step] !== slab[first]) return false;
  return true;
}

function addOne(sums: Float64Array, slabs: readonly Float32Array[], runs: Runs, run: number): void {
  const values = slabs[runs.slab[run]];
  const at = runs.at[run];
  const offset = runs.offset[run];
  const length = runs.length[run];
  for (let i = 0; i < length; i++) sums[offset + i] += values[at + i];
}

// FENCED: written out, so that the compiler keeps eight places and a sum in registers: three times as fast as eight loops.
function addEight(sums: Float64Array, slabs: readonly Float32Array[], runs: Runs, { first, step }: Rows): void {
  const { at } = runs;
  const values = slabs[runs.slab[first]];
  const offset = runs.offset[first];
  const length = runs.length[first];
  const a = at[first];
  const b = at[first + step];
  const c = at[first + 2 * step];
  const d = at[first + 3 * step];
  const e = at[first + 4 * step];
  const f = at[first + 5 * step];
  const g = at[first + 6 * step];
  const h = at[first + 7 * step];
  for (let i = 0; i < length; i++) {
    const half = sums[offset + i] + values[a + i] + values[b + i] + values[c + i] + values[d + i];
    sums[offset + i] = half + values[e + i] + values[f + i] + values[g + i] + values[h + i];
  }
}
