// Whole runs of values at once: how a host's samples leave for a snapshot and come back from one.

import { BUFFER_CAPACITY, CAPACITY_SHIFT, NO_BUFFER, SLAB_MASK, SLAB_SHIFT, type BufferPool } from "./buffer-pool.ts";
import { chainOf, followHead, openHead, sealHead, tidy, writeSample } from "./chain.ts";
import type { SeriesTable } from "./series.ts";

/** Consecutive values of a series: value i belongs to the time start + i · frequency (Unix seconds), NaN = none. */
export interface Block {
  readonly start: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/** Gives memory for so many values, whatever is in it. */
export type AllocateValues = (count: number) => Float32Array<ArrayBuffer>;

const allocateAlone: AllocateValues = (count) => new Float32Array(count);

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
    const appended = opensHead(table, pool, series, time)
      ? openWithRun(table, pool, series, time, values, i)
      : appendRun(table, pool, series, time, values, i);
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

/** Whether a sample of this time begins a new head buffer. */
function opensHead(table: SeriesTable, pool: BufferPool, series: number, time: number): boolean {
  const head = table.head[series];
  return head === NO_BUFFER || time >= pool.start[head] + BUFFER_CAPACITY * table.frequency[series];
}

/** Opens a new head buffer and copies values[i …] into it, as far as it goes. Returns how many. */
function openWithRun(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  time: number,
  values: Float32Array,
  i: number,
): number {
  sealHead(table, pool, series);
  const head = pool.take(time - Math.floor(table.frequency[series] / 2), table.head[series]);
  table.head[series] = head;
  const count = lastNumber(values, i, Math.min(values.length, i + BUFFER_CAPACITY)) + 1 - i;
  pool.slabs[head >>> SLAB_SHIFT].set(values.subarray(i, i + count), (head & SLAB_MASK) << CAPACITY_SHIFT);
  pool.length[head] = count;
  followHead(table, pool, series);
  return count;
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
  allocate: AllocateValues = allocateAlone,
): Block | undefined {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  const frequency = table.frequency[series];
  const chain = chainOf(table, pool, series);
  const start = firstNumberTime(pool, chain, frequency, from, to);
  if (start === undefined) return undefined;
  const last = lastNumberTime(pool, chain, frequency, start, to);
  const gridStart = start - Math.floor(frequency / 2);
  const values = allocate(Math.floor((last - gridStart) / frequency) + 1);
  let filled = 0;
  for (const buffer of chain) {
    const begin = slotFrom(pool, buffer, frequency, start);
    const end = slotFrom(pool, buffer, frequency, last + 1);
    if (begin >= end) continue;
    const at = Math.floor((timeOf(pool, buffer, frequency, begin) - gridStart) / frequency);
    if (at > filled) values.fill(NaN, filled, at);
    const base = (buffer & SLAB_MASK) << CAPACITY_SHIFT;
    values.set(pool.slabs[buffer >>> SLAB_SHIFT].subarray(base + begin, base + end), at);
    filled = at + end - begin;
  }
  return { start, values };
}

function timeOf(pool: BufferPool, buffer: number, frequency: number, slot: number): number {
  return pool.start[buffer] + Math.floor(frequency / 2) + slot * frequency;
}

/** The first slot of a buffer whose time is not before `time`; the buffer's length if there is none. */
function slotFrom(pool: BufferPool, buffer: number, frequency: number, time: number): number {
  const slots = Math.ceil((time - timeOf(pool, buffer, frequency, 0)) / frequency);
  return Math.min(pool.length[buffer], Math.max(0, slots));
}

/** Time of the first value in [from, to) that is not NaN. @param chain oldest first */
function firstNumberTime(
  pool: BufferPool,
  chain: readonly number[],
  frequency: number,
  from: number,
  to: number,
): number | undefined {
  for (const buffer of chain) {
    const values = pool.slabs[buffer >>> SLAB_SHIFT];
    const base = (buffer & SLAB_MASK) << CAPACITY_SHIFT;
    const end = slotFrom(pool, buffer, frequency, to);
    for (let slot = slotFrom(pool, buffer, frequency, from); slot < end; slot++) {
      if (!Number.isNaN(values[base + slot])) return timeOf(pool, buffer, frequency, slot);
    }
  }
  return undefined;
}

/** Time of the last value before `to` that is not NaN; there is one at `first`. @param chain oldest first */
function lastNumberTime(
  pool: BufferPool,
  chain: readonly number[],
  frequency: number,
  first: number,
  to: number,
): number {
  for (let i = chain.length - 1; i >= 0; i--) {
    const buffer = chain[i];
    const values = pool.slabs[buffer >>> SLAB_SHIFT];
    const base = (buffer & SLAB_MASK) << CAPACITY_SHIFT;
    const begin = slotFrom(pool, buffer, frequency, first);
    for (let slot = slotFrom(pool, buffer, frequency, to) - 1; slot >= begin; slot--) {
      if (!Number.isNaN(values[base + slot])) return timeOf(pool, buffer, frequency, slot);
    }
  }
  throw new Error(`BUG: no value at ${first}`);
}

/** As `readBlock`, but a block for each buffer, so that every value keeps its time; oldest first. */
export function readBlocks(table: SeriesTable, pool: BufferPool, series: number, from: number, to: number): Block[] {
  return runsWithin(table, pool, series, from, to).map(({ time, values }) => ({
    start: time,
    values: new Float32Array(values),
  }));
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

/**
 * Adds the times of the slots that a series has in use from `bound` on to `ranges`, in stretches without holes between
 * buffers; not what lies within the last range there, which is mostly that of a series in step with this one.
 */
export function addRanges(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  bound: number,
  ranges: TimeRange[],
): void {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  const frequency = table.frequency[series];
  for (let newest = table.head[series]; newest !== NO_BUFFER;) {
    const to = timeOf(pool, newest, frequency, pool.length[newest] - 1) + 1;
    let oldest = newest;
    let older = pool.previous[oldest];
    while (older !== NO_BUFFER && timeOf(pool, older, frequency, pool.length[older]) >= pool.start[oldest]) {
      oldest = older;
      older = pool.previous[oldest];
    }
    const from = Math.max(bound, timeOf(pool, oldest, frequency, 0));
    const last = ranges.at(-1);
    const isCovered = last !== undefined && last.from <= from && to <= last.to;
    if (to > bound && !isCovered) ranges.push({ from, to });
    newest = older;
  }
}

/** Time of the first slot of a series; Infinity without samples. */
export function firstTime(table: SeriesTable, pool: BufferPool, series: number): number {
  tidy(table, pool, series);
  let time = Infinity;
  for (let buffer = table.head[series]; buffer !== NO_BUFFER; buffer = pool.previous[buffer]) {
    time = timeOf(pool, buffer, table.frequency[series], 0);
  }
  return time;
}
