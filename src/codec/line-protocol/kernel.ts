// The typed face of the line kernel (wasm/line-protocol), the fast path of ingest.
//
// The caller copies lines into `input`, calls `parse` and reads the columns. Where it stops with STOP_LINE, the caller
// gives that line to the grammar, may `teach` its head, and goes on behind it.

import { instantiateKernel } from "../../wasm/instantiate.ts";
import type { KernelExports } from "../../wasm/instantiate.ts";
import { wasmBase64 } from "../../wasm/line-protocol.wasm.ts";

/** Size of the input area in bytes: the longest run of lines one `parse` takes. */
export const INPUT_BYTES = 1 << 20;
/** Most samples one `parse` gives. */
export const OUTPUT_SAMPLES = 1 << 14;
/** As series number in `teach`: lines with this head are skipped unread, and counted. */
export const IGNORED_SERIES = 0xffff_ffff;

/** Why `parse` returned. */
export type KernelStop = typeof STOP_END | typeof STOP_FULL | typeof STOP_LINE;
/** All of [start, end) is taken. */
export const STOP_END = 0;
/** The columns are full: read them, then parse on from `position`. */
export const STOP_FULL = 1;
/** The line at `position` is not for the kernel: its head is unknown, its sample too old, or its form unusual. */
export const STOP_LINE = 2;

const NEWLINE = 0x0a;
const SPACE = 0x20;
/** At 48 bytes each they leave room for text in the 4 GiB that a module addresses. */
const MAX_KEYS = 1 << 25;

interface LineKernelExports extends KernelExports {
  init(maxKeys: number): number;
  inputAddress(): number;
  seriesAddress(): number;
  timestampsAddress(): number;
  valuesAddress(): number;
  reportAddress(): number;
  parse(start: number, end: number): KernelStop;
  teach(start: number, end: number, series: number): number;
  setContext(context: number): void;
  setOldest(seconds: number): void;
  forgetAll(): void;
  countKeys(): number;
}

/** Views of the module's memory: good until it grows, which only `teach` does. */
interface Views {
  readonly buffer: ArrayBuffer;
  readonly input: Uint8Array;
  readonly series: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float32Array;
  readonly report: Uint32Array;
}

export class LineKernel {
  /** Samples in the columns after the last `parse`. */
  count = 0;
  /** Lines the last `parse` took, ignored ones included. */
  lineCount = 0;
  /** How many of them were ignored. */
  ignoredCount = 0;
  /** Offset in `input` behind the last line taken. */
  position = 0;

  readonly #exports: LineKernelExports;
  #views: Views;
  #context = 0;
  #oldestSeconds = -Infinity;

  /**
   * @param maxKeys how many heads it can learn, a power of two. It takes 48 bytes a key, and the heads' text.
   * @throws RangeError when the host does not give the memory
   */
  constructor(maxKeys: number) {
    if (!(maxKeys >= 1 && maxKeys <= MAX_KEYS && Number.isInteger(Math.log2(maxKeys)))) {
      throw new Error(`BUG: maxKeys must be a power of two up to ${MAX_KEYS}, not ${maxKeys}`);
    }
    this.#exports = instantiateKernel<LineKernelExports>(wasmBase64);
    if (this.#exports.init(maxKeys) === 0) throw new RangeError(`no memory for a line kernel of ${maxKeys} keys`);
    this.#views = viewMemory(this.#exports);
  }

  // The views change when `teach` has made the memory grow: take them from here each time.

  /** Where the lines go, INPUT_BYTES long. */
  get input(): Uint8Array {
    return this.#views.input;
  }
  /** Column: the series number its head was taught with. */
  get series(): Uint32Array {
    return this.#views.series;
  }
  /** Column: seconds, whole. */
  get timestamps(): Float64Array {
    return this.#views.timestamps;
  }
  /** Column: the float32 nearest to the number that was written. */
  get values(): Float32Array {
    return this.#views.values;
  }
  /** Heads learned. */
  get keyCount(): number {
    return this.#exports.countKeys();
  }

  /**
   * Takes the lines in [start, end) of `input`; the last byte must be a newline. The columns are written from their
   * beginning on.
   */
  parse(start: number, end: number): KernelStop {
    const { input, report } = this.#views;
    if (start < 0 || start > end || end > INPUT_BYTES || (start < end && input[end - 1] !== NEWLINE)) {
      throw new Error(`BUG: [${start}, ${end}) of the input is no run of complete lines`);
    }
    const stop = this.#exports.parse(start, end);
    // The order of the report is that of wasm/line-protocol/kernel.ts. Destructuring it would run an iterator.
    this.count = report[0];
    this.lineCount = report[1];
    this.position = report[2];
    this.ignoredCount = this.lineCount - this.count;
    return stop;
  }

  /** Which meaning heads have from now on (0 at first): a head is known only in the context it was taught in. */
  setContext(context: number): void {
    if (context === this.#context) return;
    this.#context = context;
    this.#exports.setContext(context);
  }

  /** Lines with an older timestamp than this stop the kernel (at first none is too old). */
  setOldest(seconds: number): void {
    if (seconds === this.#oldestSeconds) return;
    this.#oldestSeconds = seconds;
    this.#exports.setOldest(seconds);
  }

  /**
   * Learns [start, end) of `input`, a line's head with the space behind it, as a key of `series`; a known key gets the
   * new number. Only heads that the grammar gave as such (its `headEnd`): no escapes, no newline. One over 2 KiB long is
   * not learned, and that is no failure.
   * @returns false when full: use a larger kernel, or `forgetAll`
   */
  teach(start: number, end: number, series: number): boolean {
    if (start < 0 || start >= end || end > INPUT_BYTES || this.input[end - 1] !== SPACE) {
      throw new Error(`BUG: [${start}, ${end}) of the input is no head with its space`);
    }
    const learned = this.#exports.teach(start, end, series) !== 0;
    if (this.#exports.memory.buffer !== this.#views.buffer) this.#views = viewMemory(this.#exports);
    return learned;
  }

  /** Empties the dictionary, for all contexts. */
  forgetAll(): void {
    this.#exports.forgetAll();
  }
}

function viewMemory(exports: LineKernelExports): Views {
  const { buffer } = exports.memory;
  return {
    buffer,
    input: new Uint8Array(buffer, exports.inputAddress(), INPUT_BYTES),
    series: new Uint32Array(buffer, exports.seriesAddress(), OUTPUT_SAMPLES),
    timestamps: new Float64Array(buffer, exports.timestampsAddress(), OUTPUT_SAMPLES),
    values: new Float32Array(buffer, exports.valuesAddress(), OUTPUT_SAMPLES),
    report: new Uint32Array(buffer, exports.reportAddress(), 3),
  };
}
