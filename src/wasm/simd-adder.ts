// The typed face of the aggregation kernel (wasm/aggregate): an adder for stores. Where runs are long it
// takes two thirds of the plain one's time on V8, a third on JavaScriptCore.

import { addRows, MAX_ROWS, MAX_RUN_LENGTH, type Adder, type Rows, type Runs } from "../core/adder.ts";
import { wasmBase64 } from "./aggregate.wasm.ts";
import { instantiateKernel, type KernelExports } from "./instantiate.ts";

/** What `wasm/aggregate/kernel.ts` exports. Offsets in bytes of its memory, `addRows` counts in values. */
interface AggregateKernel extends KernelExports {
  readonly MAX_SUMS: { readonly value: number };
  readonly MAX_ROWS: { readonly value: number };
  readonly ROW_VALUES: { readonly value: number };
  sumsOffset(): number;
  rowsOffset(): number;
  clearSums(count: number): void;
  addRows(offset: number, begin: number, length: number, count: number): void;
}

/** Copying a row into the kernel pays from this length on. */
const MIN_LENGTH = 128;

/** Adds with SIMD instructions, in a memory of its own: one adder for each store. */
export class SimdAdder implements Adder {
  readonly #kernel: AggregateKernel;
  readonly #kernelSums: Float64Array<ArrayBuffer>;
  readonly #rows: Float32Array;
  readonly #rowValues: number;
  /** The kernel's, or others if they are too many for it. */
  #sums = new Float64Array(0);

  constructor() {
    const kernel = instantiateKernel<AggregateKernel>(wasmBase64);
    const { buffer } = kernel.memory;
    this.#kernel = kernel;
    this.#rowValues = kernel.ROW_VALUES.value;
    // The kernel's memory never grows, so these views never detach.
    this.#kernelSums = new Float64Array(buffer, kernel.sumsOffset(), kernel.MAX_SUMS.value);
    this.#rows = new Float32Array(buffer, kernel.rowsOffset(), MAX_ROWS * this.#rowValues);
    if (kernel.MAX_ROWS.value !== MAX_ROWS || this.#rowValues <= MAX_RUN_LENGTH) {
      throw new Error("BUG: the kernel is made for other runs than the store's");
    }
  }

  begin(length: number): void {
    if (length > this.#kernelSums.length) {
      this.#sums = new Float64Array(length);
    } else {
      this.#kernel.clearSums(length);
      this.#sums = this.#kernelSums.subarray(0, length);
    }
  }

  add(slabs: readonly Float32Array[], runs: Runs, rows: Rows): void {
    const length = runs.length[rows.first];
    if (length < MIN_LENGTH || !this.#usesKernel) return addRows(this.#sums, slabs, runs, rows);
    const begin = runs.at[rows.first] & 1;
    for (let row = 0; row < rows.count; row++) {
      const run = rows.first + row * rows.step;
      const at = runs.at[run];
      if ((at & 1) !== begin) return addRows(this.#sums, slabs, runs, rows);
      // FENCED: slabs are shared memory. V8 copies that in words where both ends lie on a word's boundary, and byte by
      // byte where one does not; so a row that begins at an odd place is copied from the place before.
      this.#rows.set(slabs[runs.slab[run]].subarray(at - begin, at + length), row * this.#rowValues);
    }
    this.#kernel.addRows(runs.offset[rows.first], begin, length, rows.count);
  }

  finish(): Float64Array<ArrayBuffer> {
    return this.#usesKernel ? this.#sums.slice() : this.#sums;
  }

  get #usesKernel(): boolean {
    return this.#sums.buffer === this.#kernelSums.buffer;
  }
}
