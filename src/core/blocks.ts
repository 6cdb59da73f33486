// Whole runs of values at once: how a host's samples leave for a snapshot and come back from one.

import { BUFFER_CAPACITY, CAPACITY_SHIFT, NO_BUFFER, SLAB_MASK, SLAB_SHIFT, type BufferPool } from "./buffer-pool.ts";
import { chainOf, followHead, openHead, sealHead, tidy, writeSample } from "./chain.ts";
import type { SeriesTable } from "./series.ts";

/** Consecutive values of a series: value i belongs to the time start + i · frequency (Unix seconds), NaN = none. */
export interface Block {
  readonly start: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/**
 * Writes a block, as if each value that is not NaN had been written by itself, in order: what continues the newest
 * buffer is copied, only what lies elsewhere goes sample by sample. A block on another grid than the newest buffer's
 * gets a buffer of its own, so that its values keep their times.
 */
export function writeBlock(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  start: number,
  values: Float32Array,
): void {
  const frequency = table.frequency[series];
  let i = nextNumber(values, 0);
  if (i < values.length && beginsOwnGrid(table, pool, series, start + i * frequency)) {
    openHead(table, pool, series, start + i * frequency, values[i]);
    i = nextNumber(values, i + 1);
  }
  while (i < values.length) {
    const time = start + i * frequency;
    const appended = appendRun(table, pool, series, time, values, i);
    if (appended === 0) writeSample(table, pool, series, time, values[i]);
    i = nextNumber(values, i + Math.max(1, appended));
  }
}

/** Whether a block that begins at `time` lies behind the head buffer's beginning, but not on its grid. */
function beginsOwnGrid(table: SeriesTable, pool: BufferPool, series: number, time: number): boolean {
  const head = table.head[series];
  if (head === NO_BUFFER) return false;
  const frequency = table.frequency[series];
  const sinceStart = time - Math.floor(frequency / 2) - pool.start[head];
  return sinceStart > 0 && sinceStart % frequency !== 0;
}

/** Copies values[i …] behind the head buffer's end, as far as that buffer goes. Returns how many, 0 if they do not fit there. */
function appendRun(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  time: number,
  values: Float32Array,
  i: number,
): number {
  const head = table.head[series];
  if (head === NO_BUFFER) return 0;
  const slot = Math.floor((time - pool.start[head]) / table.frequency[series]);
  if (slot < table.headLength[series] || slot >= BUFFER_CAPACITY) return 0;
  sealHead(table, pool, series);
  const slab = pool.slabs[head >>> SLAB_SHIFT];
  const base = (head & SLAB_MASK) << CAPACITY_SHIFT;
  const count = lastNumber(values, i, Math.min(values.length, i + BUFFER_CAPACITY - slot)) + 1 - i;
  slab.fill(NaN, base + pool.length[head], base + slot);
  slab.set(values.subarray(i, i + count), base + slot);
  pool.length[head] = slot + count;
  followHead(table, pool, series);
  return count;
}

/** Index of the first value at or behind `from` that is not NaN; the length if there is none. */
function nextNumber(values: Float32Array, from: number): number {
  let i = from;
  while (i < values.length && Number.isNaN(values[i])) i++;
  return i;
}

/** Index of the last value before `end` that is not NaN; values[from] is one. */
function lastNumber(values: Float32Array, from: number, end: number): number {
  let i = end - 1;
  while (i > from && Number.isNaN(values[i])) i--;
  return i;
}

/**
 * The values of a series whose slots' times lie in [from, to), from the first to the last that is not NaN; undefined if
 * there are none. Buffers on another grid than the first one's are put on that, each value into the slot that its time
 * falls into.
 */
export function readBlock(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  from: number,
  to: number,
): Block | undefined {
  const runs = runsWithin(table, pool, series, from, to);
  const first = runs[0];
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const frequency = table.frequency[series];
  const gridStart = first.time - Math.floor(frequency / 2);
  const slotOf = (time: number): number => Math.floor((time - gridStart) / frequency);
  const values = new Float32Array(slotOf(last.time) + last.values.length).fill(NaN);
  for (const run of runs) values.set(run.values, slotOf(run.time));
  return { start: first.time, values };
}

interface TimedRun {
  /** Time of the first value. */
  readonly time: number;
  readonly values: Float32Array;
}

/** Per buffer what of it lies in [from, to), without the NaNs at both ends. */
function runsWithin(table: SeriesTable, pool: BufferPool, series: number, from: number, to: number): TimedRun[] {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  const frequency = table.frequency[series];
  const runs: TimedRun[] = [];
  for (const buffer of chainOf(table, pool, series)) {
    const slotTime = pool.start[buffer] + Math.floor(frequency / 2);
    const begin = Math.max(0, Math.ceil((from - slotTime) / frequency));
    const end = Math.min(pool.length[buffer], Math.ceil((to - slotTime) / frequency));
    const base = (buffer & SLAB_MASK) << CAPACITY_SHIFT;
    const all = pool.slabs[buffer >>> SLAB_SHIFT].subarray(base, base + Math.max(0, end));
    const first = nextNumber(all, begin);
    if (first >= all.length) continue;
    const values = all.subarray(first, lastNumber(all, first, all.length) + 1);
    runs.push({ time: slotTime + first * frequency, values });
  }
  return runs;
}

/** A stretch of time, Unix seconds; `to` is exclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** The times of the slots that each buffer of a series has in use. */
export function bufferRanges(table: SeriesTable, pool: BufferPool, series: number): TimeRange[] {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  const frequency = table.frequency[series];
  return chainOf(table, pool, series).map((buffer) => {
    const from = pool.start[buffer] + Math.floor(frequency / 2);
    return { from, to: from + (pool.length[buffer] - 1) * frequency + 1 };
  });
}
