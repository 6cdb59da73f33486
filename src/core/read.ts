// Reading: the values of one series, or of several combined into one, on a grid of time. (spec §4; seed: buffer.go)

import { CAPACITY_SHIFT, NO_BUFFER, SLAB_MASK, SLAB_SHIFT, type BufferPool } from "./buffer-pool.ts";
import { sealHead, tidy } from "./chain.ts";
import { StoreError } from "./errors.ts";
import type { Aggregation } from "./metrics.ts";
import type { SeriesTable } from "./series.ts";

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

/** What of a series a range of time touches: runs of consecutive slots, and where they go in the answer. */
interface Span {
  /** Unix seconds of value 0. */
  from: number;
  /** Number of values, from the first to the last slot with data in the range. */
  count: number;
  runs: Run[];
}

interface Run {
  slab: Float32Array;
  /** Index of the run's first value in its slab. */
  at: number;
  /** Index of the run's first value in the span. */
  offset: number;
  count: number;
}

/**
 * Reads one series.
 * @param from first time asked for, Unix seconds; off the grid it stays as it is
 * @param to end of the range, Unix seconds, exclusive
 */
export function readSeries(table: SeriesTable, pool: BufferPool, series: number, from: number, to: number): SeriesData {
  const frequency = table.frequency[series];
  const span = findSpan(table, pool, series, from, to);
  const values = new Float64Array(span.count);
  fillGaps(values, span.runs);
  for (const run of span.runs) copyRun(values, run.offset, run.slab, run.at, run.count);
  return { values, from: span.from, to: span.from + span.count * frequency };
}

/**
 * Reads several series of one metric as one: the sum, or for "avg" the sum × 1/n, slot by slot. A slot is NaN where any
 * series has no value; the range is the union of their ranges.
 *
 * Alignment: time runs in steps of the frequency from where the first series with data begins, or by whole steps
 * earlier if another begins earlier. A series that begins between two steps counts from the earlier of them.
 * @throws StoreError `invalid-aggregation` when the metric must not be combined
 */
export function readAggregated(
  table: SeriesTable,
  pool: BufferPool,
  selected: readonly number[],
  aggregation: Aggregation,
  from: number,
  to: number,
): SeriesData {
  if (selected.length === 0) throw new Error("BUG: nothing to aggregate");
  if (selected.length === 1) return readSeries(table, pool, selected[0], from, to);
  if (aggregation === null) throw new StoreError("invalid-aggregation", "[METRICSTORE]> invalid aggregation");
  const frequency = table.frequency[selected[0]];
  const { base, spans, count } = alignSpans(table, pool, selected, from, to);
  const sums = new Float64Array(count);
  addSpans(sums, spans, base, frequency);
  if (aggregation === "avg") scale(sums, 1 / selected.length);
  return { values: sums, from: base, to: base + count * frequency };
}

function slotTime(pool: BufferPool, buffer: number, frequency: number): number {
  return pool.start[buffer] + Math.floor(frequency / 2);
}

function findSpan(table: SeriesTable, pool: BufferPool, series: number, from: number, to: number): Span {
  const frequency = table.frequency[series];
  const chain = chainFrom(table, pool, series, from);
  if (chain.length === 0) return { from, count: 0, runs: [] };
  const first = Math.max(from, slotTime(pool, chain[0], frequency));
  const wanted = Math.max(0, Math.ceil((to - first) / frequency));
  const runs: Run[] = [];
  let count = 0;
  for (const buffer of chain) {
    const start = pool.start[buffer];
    // A gap before a newer buffer is part of the answer only if the range reaches that buffer.
    if (buffer !== chain[0] && to <= start) break;
    const slotOfFirst = Math.floor((first - start) / frequency);
    const offset = Math.max(count, -slotOfFirst);
    const end = Math.min(wanted, pool.length[buffer] - slotOfFirst);
    if (end > offset) {
      const at = ((buffer & SLAB_MASK) << CAPACITY_SHIFT) + slotOfFirst + offset;
      runs.push({ slab: pool.slabs[buffer >>> SLAB_SHIFT], at, offset, count: end - offset });
    }
    count = Math.max(count, Math.min(wanted, Math.max(offset, end)));
  }
  return { from: first, count, runs };
}

/** The buffers from the one that holds `from` on, oldest first; all of them when `from` lies before the first. */
function chainFrom(table: SeriesTable, pool: BufferPool, series: number, from: number): number[] {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  const frequency = table.frequency[series];
  const chain: number[] = [];
  for (let buffer = table.head[series]; buffer !== NO_BUFFER; buffer = pool.previous[buffer]) {
    chain.push(buffer);
    if (slotTime(pool, buffer, frequency) <= from) break;
  }
  return chain.toReversed();
}

function alignSpans(
  table: SeriesTable,
  pool: BufferPool,
  selected: readonly number[],
  from: number,
  to: number,
): { base: number; spans: Span[]; count: number } {
  const frequency = table.frequency[selected[0]];
  const asked = selected.map((series) => findSpan(table, pool, series, from, to));
  const withData = asked.filter((span) => span.count > 0);
  const base = baseOf(withData.length > 0 ? withData : asked, frequency);
  const spans = selected.map((series, i) =>
    // A series that reaches back behind the common start has to be sampled at the common times.
    asked[i].from < base ? findSpan(table, pool, series, base, to) : asked[i],
  );
  let count = 0;
  for (const span of spans) {
    if (span.count > 0) count = Math.max(count, Math.floor((span.from - base) / frequency) + span.count);
  }
  return { base, spans, count };
}

function baseOf(spans: readonly Span[], frequency: number): number {
  const anchor = spans[0].from;
  let earliest = anchor;
  for (const span of spans) earliest = Math.min(earliest, span.from);
  return anchor - Math.floor((anchor - earliest) / frequency) * frequency;
}

function addSpans(sums: Float64Array, spans: readonly Span[], base: number, frequency: number): void {
  for (const span of spans) {
    const shift = span.count > 0 ? Math.floor((span.from - base) / frequency) : sums.length;
    let covered = 0;
    for (const run of span.runs) {
      const at = shift + run.offset;
      sums.fill(NaN, covered, at);
      addRun(sums, at, run.slab, run.at, run.count);
      covered = at + run.count;
    }
    sums.fill(NaN, covered, sums.length);
  }
}

function fillGaps(values: Float64Array, runs: readonly Run[]): void {
  let covered = 0;
  for (const run of runs) {
    values.fill(NaN, covered, run.offset);
    covered = run.offset + run.count;
  }
  values.fill(NaN, covered, values.length);
}

/** A stored −0 is read as 0, as the reference reads it (it adds to 0). */
function copyRun(values: Float64Array, offset: number, slab: Float32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) values[offset + i] = slab[at + i] + 0;
}

function addRun(sums: Float64Array, offset: number, slab: Float32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) sums[offset + i] += slab[at + i];
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= factor;
}
