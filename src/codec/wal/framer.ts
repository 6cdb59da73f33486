// Samples → WAL records, fast: per series a template of its record, in which the kernel fills in timestamp, value and
// CRC. A record is byte for byte what `encodeRecord` makes of the sample.

import { BLOCK_SAMPLES, createWalKernel, currentViews, viewMemory } from "./kernel.ts";
import type { WalKernelExports, WalViews } from "./kernel.ts";
import { encodeRecordInto } from "./record.ts";

/** Series numbers are dense: the framer's directory takes four bytes for each up to the largest. */
export const MAX_FRAMER_SERIES = 1 << 28;

/** Samples, column by column: as the line kernel gives them, or plain arrays. */
export interface SampleColumns {
  readonly series: Uint32Array;
  /** Seconds, whole, within int64. */
  readonly timestamps: Float64Array;
  readonly values: Float32Array;
}

/**
 * Frames samples into runs of records, a run being what goes to one host's file in one piece:
 *
 *     for (let at = 0; at < count; ) {
 *       at = framer.frame(columns, at, count);
 *       // write `output` up to runEnds[0] to the file of runHosts[0], from there to runEnds[1] to that of runHosts[1], …
 *       if (at < count && !framer.hasTemplate(columns.series[at])) framer.setTemplate(columns.series[at], …);
 *     }
 */
export class WalFramer {
  /** Runs that the last `frame` made. */
  runCount = 0;

  readonly #exports: WalKernelExports = createWalKernel();
  #views: WalViews = viewMemory(this.#exports);

  // What `frame` made stays until the next `frame`. The views change when `setTemplate` has made the memory grow: take
  // them from here each time.

  /** The framed bytes. */
  get output(): Uint8Array {
    const { records, runEnds } = this.#views;
    return records.subarray(0, this.runCount === 0 ? 0 : runEnds[this.runCount - 1]);
  }
  /** [run] → the host its templates were given with. Neighbours differ. */
  get runHosts(): Uint32Array {
    return this.#views.runHosts;
  }
  /** [run] → offset in `output` behind its last byte. It begins where the run before it ends. */
  get runEnds(): Uint32Array {
    return this.#views.runEnds;
  }

  hasTemplate(series: number): boolean {
    return this.#exports.hasTemplate(series) !== 0;
  }

  /**
   * Gives a series the names of its records, or other ones than it had.
   * @param host a uint32 that the caller knows the host's file by
   * @throws WalLimitError when the format has no room for a name
   * @throws RangeError when there is no memory left
   */
  setTemplate(series: number, host: number, metric: string, selector: readonly string[]): void {
    if (!(Number.isInteger(series) && series >= 0 && series < MAX_FRAMER_SERIES)) {
      throw new Error(`BUG: series ${series} is no number below ${MAX_FRAMER_SERIES}`);
    }
    const record = { metric, selector, timestamp: 0, value: 0 };
    const recordBytes = encodeRecordInto(this.#views.taughtRecord, record);
    const isSet = this.#exports.setTemplate(series, host, recordBytes) !== 0;
    this.#views = currentViews(this.#exports, this.#views);
    if (!isSet) throw new RangeError(`no memory for the WAL template of series ${series}`);
  }

  /** Drops all templates; those that follow use their memory again. */
  forgetAll(): void {
    this.#exports.forgetAll();
  }

  /**
   * Frames the samples [from, count) of the columns, as many as it can.
   * @returns the first one that is not framed: `count`, or one whose series has no template, or one for which there was
   *   no more room in this call
   */
  frame(columns: SampleColumns, from: number, count: number): number {
    const end = Math.min(count, from + BLOCK_SAMPLES);
    copyColumns(this.#views, columns, from, end);
    const framed = this.#exports.frame(Math.max(end - from, 0));
    this.runCount = this.#views.report[0];
    return from + framed;
  }
}

/** Up to this many samples are copied faster one by one than by way of views. */
const FEW_SAMPLES = 32;

/** Copies [from, end) of the columns to the beginning of the target's. */
function copyColumns(target: SampleColumns, columns: SampleColumns, from: number, end: number): void {
  // Never one by one: that would change the bits of some NaNs.
  target.values.set(columns.values.subarray(from, end));
  const { series, timestamps } = columns;
  if (end - from > FEW_SAMPLES) {
    target.series.set(series.subarray(from, end));
    target.timestamps.set(timestamps.subarray(from, end));
    return;
  }
  for (let i = from; i < end; i++) {
    target.series[i - from] = series[i];
    target.timestamps[i - from] = timestamps[i];
  }
}
