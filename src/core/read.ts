// Reading: the values of one series, or of several combined into one, on a grid of time. (spec §4; seed: buffer.go)

import { MAX_ROWS, ownValues, PlainAdder, type Adder, type NewValues } from "./adder.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { StoreError } from "./errors.ts";
import type { Aggregation } from "./metrics.ts";
import type { SeriesTable } from "./series.ts";
import { SpanList } from "./spans.ts";

/**
 * Values of one metric. Value i belongs to the time from + i · frequency; NaN where there is no sample.
 * `from` and `to` are what is there, which may be less than what was asked for.
 */
export interface SeriesData {
  readonly values: Float64Array<ArrayBuffer>;
  /** Unix seconds of the first value. */
  readonly from: number;
  /** Unix seconds one frequency behind the last value; `from` when there are no values. */
  readonly to: number;
}

/** Reads the series of one store. */
export class SeriesReader {
  readonly #table: SeriesTable;
  readonly #pool: BufferPool;
  readonly #adder: Adder;
  readonly #spans = new SpanList();

  constructor(table: SeriesTable, pool: BufferPool, adder: Adder = new PlainAdder()) {
    this.#table = table;
    this.#pool = pool;
    this.#adder = adder;
  }

  /**
   * Reads one series.
   * @param from first time asked for, Unix seconds; off the grid it stays as it is
   * @param to end of the range, Unix seconds, exclusive
   */
  readOne(series: number, from: number, to: number, newValues: NewValues = ownValues): SeriesData {
    const spans = this.#spans;
    spans.clear();
    spans.find(this.#table, this.#pool, series, from, to);
    const values = newValues(spans.length[0]);
    copyRuns(values, this.#pool.slabs, spans);
    spans.fillGaps(values, 0);
    return { values, from: spans.from[0], to: spans.from[0] + values.length * this.#table.frequency[series] };
  }

  /**
   * Reads several series of one metric as one: the sum, or for "avg" the sum × 1/n, slot by slot. A slot is NaN where
   * any series has no value; the range is the union of their ranges.
   *
   * Alignment: time runs in steps of the frequency from where the first series with data begins, or by whole steps
   * earlier if another begins earlier. A series that begins between two steps counts from the earlier of them.
   * @throws StoreError `invalid-aggregation` when the metric must not be combined
   */
  readCombined(
    selected: readonly number[],
    aggregation: Aggregation,
    from: number,
    to: number,
    newValues: NewValues = ownValues,
  ): SeriesData {
    if (selected.length === 0) throw new Error("BUG: nothing to aggregate");
    if (selected.length === 1) return this.readOne(selected[0], from, to, newValues);
    if (aggregation === null) throw new StoreError("invalid-aggregation", "[METRICSTORE]> invalid aggregation");
    const frequency = this.#table.frequency[selected[0]];
    const base = this.#findAligned(selected, frequency, from, to);
    const length = shiftSpans(this.#spans, base, frequency);
    const values = this.#sumSpans(length, newValues);
    if (aggregation === "avg") scale(values, 1 / selected.length);
    return { values, from: base, to: base + length * frequency };
  }

  /** Finds the spans of all series, none of which begins a whole step before the time that is returned. */
  #findAligned(selected: readonly number[], frequency: number, from: number, to: number): number {
    const spans = this.#spans;
    spans.clear();
    for (const series of selected) spans.find(this.#table, this.#pool, series, from, to);
    const base = baseOf(spans, frequency);
    const begins = spans.from.slice(0, spans.count);
    if (begins.every((begin) => begin >= base)) return base;
    // A series that reaches back behind the common start has to be sampled at the common times.
    spans.clear();
    for (const [i, series] of selected.entries()) {
      spans.find(this.#table, this.#pool, series, begins[i] < base ? base : from, to);
    }
    return base;
  }

  #sumSpans(length: number, newValues: NewValues): Float64Array<ArrayBuffer> {
    const { slabs } = this.#pool;
    const spans = this.#spans;
    this.#adder.begin(length);
    for (let span = 0, count = 0; span < spans.count; span += count) {
      count = spans.countInStep(span, MAX_ROWS);
      const end = spans.runsEnd[span];
      const step = end - spans.runsBegin(span);
      for (let first = end - step; first < end; first++) this.#adder.add(slabs, spans.runs, { first, step, count });
    }
    const sums = this.#adder.finish(newValues);
    for (let span = 0; span < spans.count; span++) spans.fillGaps(sums, span);
    return sums;
  }
}

/** The time of the combined value 0: on the grid of the first series with data, or of the first if none has any. */
function baseOf(spans: SpanList, frequency: number): number {
  let withData = 0;
  while (withData < spans.count && spans.length[withData] === 0) withData++;
  const isEmpty = withData === spans.count;
  const anchor = spans.from[isEmpty ? 0 : withData];
  let earliest = anchor;
  for (let span = 0; span < spans.count; span++) {
    if (isEmpty || spans.length[span] > 0) earliest = Math.min(earliest, spans.from[span]);
  }
  return anchor - Math.floor((anchor - earliest) / frequency) * frequency;
}

/** Makes the offsets of all runs count from `base`. Returns the length of the whole. */
function shiftSpans(spans: SpanList, base: number, frequency: number): number {
  let length = 0;
  for (let span = 0; span < spans.count; span++) {
    if (spans.length[span] === 0) continue;
    const shift = Math.floor((spans.from[span] - base) / frequency);
    if (shift > 0) spans.shift(span, shift);
    length = Math.max(length, shift + spans.length[span]);
  }
  return length;
}

/** Copies the runs of the only span. A stored −0 is read as 0, as the reference reads it (it adds to 0). */
function copyRuns(values: Float64Array, slabs: readonly Float32Array[], { runs, runsEnd }: SpanList): void {
  for (let run = 0; run < runsEnd[0]; run++) {
    copyRun(values, runs.offset[run], slabs[runs.slab[run]], runs.at[run], runs.length[run]);
  }
}

function copyRun(values: Float64Array, offset: number, slab: Float32Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) values[offset + i] = slab[at + i] + 0;
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= factor;
}
