// Where in memory the answer to a read lies: for each series the runs of stored values that a range of time touches.

import type { Runs } from "./adder.ts";
import { CAPACITY_SHIFT, NO_BUFFER, SLAB_MASK, SLAB_SHIFT, type BufferPool } from "./buffer-pool.ts";
import { sealHead, tidy } from "./chain.ts";
import type { SeriesTable } from "./series.ts";

/**
 * The spans of some series, one for each, and their runs; parallel lists that are used again from read to read, since a
 * wide query looks at ten thousand series and would spend its time making objects. They hold numbers only: what they
 * kept of slabs would stay in memory.
 */
export class SpanList {
  /** How many spans there are. */
  count = 0;
  /** Unix seconds of a span's value 0. */
  readonly from: number[] = [];
  /** Values of a span, from the first to the last slot with data in the range. */
  readonly length: number[] = [];
  /** Index behind a span's last run; its first is where those of the span before end. */
  readonly runsEnd: number[] = [];
  /** The runs of all spans; offsets count from the span's first value. */
  readonly runs: { readonly [Column in keyof Runs]: number[] } = { slab: [], at: [], offset: [], length: [] };
  #runCount = 0;
  /** Buffers of the series at hand, newest first. */
  readonly #chain: number[] = [];

  clear(): void {
    this.count = 0;
    this.#runCount = 0;
  }

  /** Index of a span's first run. */
  runsBegin(span: number): number {
    return span === 0 ? 0 : this.runsEnd[span - 1];
  }

  /**
   * Finds what of a series the range touches, and adds it to the list as a span.
   * @param from first time asked for, Unix seconds; off the grid it stays as it is
   * @param to end of the range, Unix seconds, exclusive
   */
  find(table: SeriesTable, pool: BufferPool, series: number, from: number, to: number): void {
    tidy(table, pool, series);
    sealHead(table, pool, series);
    const buffers = this.#collectChain(table, pool, series, from);
    if (buffers === 0) return this.#endSpan(from, 0);
    const frequency = table.frequency[series];
    const oldest = this.#chain[buffers - 1];
    const first = Math.max(from, pool.start[oldest] + Math.floor(frequency / 2));
    const wanted = Math.max(0, Math.ceil((to - first) / frequency));
    let length = 0;
    for (let i = buffers - 1; i >= 0; i--) {
      const buffer = this.#chain[i];
      const start = pool.start[buffer];
      // A gap before a newer buffer is part of the answer only if the range reaches that buffer.
      if (buffer !== oldest && to <= start) break;
      const slotOfFirst = Math.floor((first - start) / frequency);
      const offset = Math.max(length, -slotOfFirst);
      const end = Math.min(wanted, pool.length[buffer] - slotOfFirst);
      if (end > offset) this.#addRun(buffer, slotOfFirst + offset, offset, end - offset);
      length = Math.max(length, Math.min(wanted, Math.max(offset, end)));
    }
    this.#endSpan(first, length);
  }

  /** The buffers from the newest to the one that holds `from`, or all when `from` lies before the first. Returns how many. */
  #collectChain(table: SeriesTable, pool: BufferPool, series: number, from: number): number {
    const half = Math.floor(table.frequency[series] / 2);
    let count = 0;
    for (let buffer = table.head[series]; buffer !== NO_BUFFER; buffer = pool.previous[buffer]) {
      this.#chain[count++] = buffer;
      if (pool.start[buffer] + half <= from) break;
    }
    return count;
  }

  #addRun(buffer: number, slot: number, offset: number, length: number): void {
    const run = this.#runCount++;
    this.runs.slab[run] = buffer >>> SLAB_SHIFT;
    this.runs.at[run] = ((buffer & SLAB_MASK) << CAPACITY_SHIFT) + slot;
    this.runs.offset[run] = offset;
    this.runs.length[run] = length;
  }

  #endSpan(from: number, length: number): void {
    const span = this.count++;
    this.from[span] = from;
    this.length[span] = length;
    this.runsEnd[span] = this.#runCount;
  }

  /** Moves a span's runs by so many values. */
  shift(span: number, values: number): void {
    const { offset } = this.runs;
    for (let run = this.runsBegin(span); run < this.runsEnd[span]; run++) offset[run] += values;
  }

  /** How many spans from `first` on, at most `max`, have their runs in the same places as that: series that march in step. */
  countInStep(first: number, max: number): number {
    const end = Math.min(this.count, first + max);
    let next = first + 1;
    while (next < end && this.#areInStep(first, next)) next++;
    return next - first;
  }

  #areInStep(a: number, b: number): boolean {
    const { offset, length } = this.runs;
    const beginOfA = this.runsBegin(a);
    const beginOfB = this.runsBegin(b);
    const count = this.runsEnd[a] - beginOfA;
    if (this.runsEnd[b] - beginOfB !== count) return false;
    for (let i = 0; i < count; i++) {
      if (offset[beginOfA + i] !== offset[beginOfB + i] || length[beginOfA + i] !== length[beginOfB + i]) return false;
    }
    return true;
  }

  /** Sets to NaN what of an answer a span has no run for; its offsets must count from the answer's first value by now. */
  fillGaps(values: Float64Array, span: number): void {
    const { offset, length } = this.runs;
    let covered = 0;
    for (let run = this.runsBegin(span); run < this.runsEnd[span]; run++) {
      if (offset[run] > covered) values.fill(NaN, covered, offset[run]);
      covered = offset[run] + length[run];
    }
    if (covered < values.length) values.fill(NaN, covered);
  }
}
