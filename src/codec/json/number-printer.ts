import { instantiateKernel, type KernelExports } from "../../wasm/instantiate.ts";
import { wasmBase64 } from "../../wasm/json.wasm.ts";
import { formatFixed } from "./fixed-decimals.ts";

/** What `wasm/json/kernel.ts` exports. Offsets and sizes in bytes. */
interface JsonKernel extends KernelExports {
  readonly BLOCK_VALUES: { readonly value: number };
  readonly printedValues: { readonly value: number };
  inputOffset(): number;
  outputOffset(): number;
  printThousandths(from: number, to: number): number;
}

/** Takes the text that a printer prints, piece by piece. A chunk is valid only during the call. */
export interface TextSink {
  bytes(chunk: Uint8Array): void;
  raw(text: string): void;
}

/**
 * Prints arrays of numbers with three decimals, through a kernel with a memory of its own. It keeps nothing between
 * two calls, so that one printer serves all writers of a store.
 */
export class NumberPrinter {
  readonly #kernel: JsonKernel;
  readonly #input: Float64Array;
  readonly #output: Uint8Array;

  constructor() {
    const kernel = instantiateKernel<JsonKernel>(wasmBase64);
    this.#kernel = kernel;
    // The kernel's memory never grows, so these views never detach.
    this.#input = new Float64Array(kernel.memory.buffer, kernel.inputOffset(), kernel.BLOCK_VALUES.value);
    this.#output = new Uint8Array(kernel.memory.buffer, kernel.outputOffset());
  }

  /** Prints each value as `formatFixed(value, 3)` does, with a comma behind every one, the last included. */
  printWithCommas(values: Float64Array, sink: TextSink): void {
    for (let start = 0; start < values.length; start += this.#input.length) {
      const block = values.subarray(start, start + this.#input.length);
      this.#input.set(block);
      this.#printBlock(block.length, sink);
    }
  }

  #printBlock(count: number, sink: TextSink): void {
    let printed = 0;
    while (printed < count) {
      const sizeBytes = this.#kernel.printThousandths(printed, count);
      sink.bytes(this.#output.subarray(0, sizeBytes));
      printed += this.#kernel.printedValues.value;
      if (printed === count) return;
      // The kernel stops before a value too large for its arithmetic.
      sink.raw(`${formatFixed(this.#input[printed] ?? 0, 3)},`);
      printed++;
    }
  }
}
