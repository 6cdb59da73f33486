// The typed face of the aggregation kernel (wasm/aggregate): an adder for stores. Where runs are long it
// takes two thirds of the plain one's time on V8, a third on JavaScriptCore.

import {
  addRows,
  MAX_ROWS,
  MAX_RUN_LENGTH,
  ownValues,
  type Adder,
  type NewValues,
  type Rows,
  type Runs,
} from "../core/adder.ts";
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
const MIN_LENGTH = 192;

/** Adds with SIMD instructions, in a memory of its own: one adder for each store. */
export class SimdAdder implements Adder {
  readonly #kernel: AggregateKernel;
  readonly #kernelSums: Float64Array<ArrayBuffer>;
  readonly #rows: Float32Array;
  /** The kernel's, or others if they are too many for it. */
  #sums = new Float64Array(0);

  constructor() {
    const kernel = instantiateKernel<AggregateKernel>(wasmBase64);
    const { buffer } = kernel.memory;
    this.#kernel = kernel;
    // The kernel's memory never grows, so these views never detach.
    this.#kernelSums = new Float64Array(buffer, kernel.sumsOffset(), kernel.MAX_SUMS.value);
    this.#rows = new Float32Array(buffer, kernel.rowsOffset(), MAX_ROWS * MAX_RUN_LENGTH);
    if (kernel.MAX_ROWS.value !== MAX_ROWS || kernel.ROW_VALUES.value !== MAX_RUN_LENGTH) {
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
    const { first, step, count } = rows;
    const length = runs.length[first];
    if (length < MIN_LENGTH || !this.#usesKernel) return addRows(this.#sums, slabs, runs, rows);
    // FENCED: slabs are shared memory. V8 copies that in words where both ends lie on a word's boundary, and byte by byte
    // where one does not; so rows that begin at odd places are copied from the places before.
    const begin = runs.at[first] & 1;
    if (areNeighbours(runs, rows)) {
      this.#copy(slabs, runs, first, begin, 0, (count - 1) * MAX_RUN_LENGTH + length);
    } else {
      for (let row = 0; row < count; row++) {
        const run = first + row * step;
        if ((runs.at[run] & 1) !== begin) return addRows(this.#sums, slabs, runs, rows);
        this.#copy(slabs, runs, run, begin, row, length);
      }
    }
    this.#kernel.addRows(runs.offset[first], begin, length, count);
  }

  /** Copies so many values from the beginning of a run, and `before` in front of it, to the beginning of a row. */
  #copy(slabs: readonly Float32Array[], runs: Runs, run: number, before: number, row: number, length: number): void {
    const at = runs.at[run];
    this.#rows.set(slabs[runs.slab[run]].subarray(at - before, at + length), row * MAX_RUN_LENGTH);
  }

  finish(newValues: NewValues = ownValues): Float64Array<ArrayBuffer> {
    if (!this.#usesKernel) return this.#sums;
    const sums = newValues(this.#sums.length);
    sums.set(this.#sums);
    return sums;
  }

  get #usesKernel(): boolean {
    return this.#sums.buffer === this.#kernelSums.buffer;
  }
}

/** Whether the runs lie in buffers one behind the other, as those of series do that began together. */
function areNeighbours({ slab, at }: Runs, { first, step, count }: Rows): boolean {
  for (let row = 1; row < count; row++) {
    const run = first + row * step;
    if (slab[run] !== slab[first] || at[run] !== at[first] + row * MAX_RUN_LENGTH) return false;
  }
  return true;
}
