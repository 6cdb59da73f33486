// Writing: how samples find their slots in the chain of buffers of a series.
//
// A buffer covers 512 slots of one frequency each, from its `start`. A series' first sample at time t opens a buffer
// with start = t − floor(frequency / 2); a sample behind the newest buffer's 512 slots opens the next one in the same
// way, so that its grid may differ. (seed: buffer.go; spec §4)
//
//      oldest                                newest = head
//     [start … 512 slots] ← previous ← [start … 512 slots]
//
// Late samples land in the older buffer that covers them. Where none does, a block of 512 slots on the grid of the
// next newer buffer is put in. Such a chain answers right but its buffers begin elsewhere than if all had come in
// order; `tidy` brings it into that form before it is read, so that answers do not depend on the order of arrival.

import { BUFFER_CAPACITY, CAPACITY_SHIFT, NO_BUFFER, SLAB_MASK, SLAB_SHIFT, type BufferPool } from "./buffer-pool.ts";
import { STAGE_SLOTS, type SeriesTable } from "./series.ts";

/** Samples as columns: sample i belongs to series[i]. Timestamps in Unix seconds, values float32. */
export interface SampleColumns {
  readonly series: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float32Array;
}

/** Writes the first `count` samples of the columns, each into its series. */
export function writeColumns(table: SeriesTable, pool: BufferPool, columns: SampleColumns, count: number): void {
  let done = 0;
  while (done < count) {
    done = appendInOrder(table, pool, columns, done, count);
    if (done === count) return;
    writeSample(table, pool, columns.series[done], columns.timestamps[done], columns.values[done]);
    done++;
  }
}

/**
 * The hot loop: appends samples that fall into the next slot of their head buffer, which nearly all do.
 * Stops at the first that does not and returns its index, or `count`.
 */
function appendInOrder(
  table: SeriesTable,
  pool: BufferPool,
  columns: SampleColumns,
  from: number,
  count: number,
): number {
  const { series, timestamps, values } = columns;
  const { headLength, nextSlot, frequency, stage, stageStride } = table;
  for (let i = from; i < count; i++) {
    const s = series[i];
    const next = nextSlot[s];
    const sinceNext = timestamps[i] - next;
    const slot = headLength[s];
    const width = frequency[s];
    if (!(sinceNext >= 0 && sinceNext < width) || slot === BUFFER_CAPACITY) return i;
    const row = slot % STAGE_SLOTS;
    stage[row * stageStride + s] = values[i];
    headLength[s] = slot + 1;
    nextSlot[s] = next + width;
    if (row === STAGE_SLOTS - 1) settle(table, pool, s, slot - row, STAGE_SLOTS);
  }
  return count;
}

/** Writes one sample of any age: overwrites a duplicate, fills gaps with NaN, opens buffers where needed. */
export function writeSample(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  timestamp: number,
  value: number,
): void {
  const head = table.head[series];
  if (head === NO_BUFFER || timestamp >= pool.start[head] + BUFFER_CAPACITY * table.frequency[series]) {
    openHead(table, pool, series, timestamp, value);
  } else if (timestamp >= pool.start[head]) {
    sealHead(table, pool, series);
    const slot = Math.floor((timestamp - pool.start[head]) / table.frequency[series]);
    if (slot < pool.length[head]) noteChange(table, pool, series, head, slot, value);
    putInto(pool, head, slot, value);
    followHead(table, pool, series);
  } else {
    writeLate(table, pool, series, timestamp, value);
  }
}

/** Moves what waits on the stage into the head buffer, and its length into the buffer's header: before it is read. */
export function sealHead(table: SeriesTable, pool: BufferPool, series: number): void {
  const head = table.head[series];
  if (head === NO_BUFFER) return;
  const length = table.headLength[series];
  // The header keeps up with everything but appends, so where it has the length the buffer has the values.
  if (pool.length[head] === length) return;
  const waiting = length % STAGE_SLOTS;
  pool.length[head] = length;
  settle(table, pool, series, length - waiting, waiting);
}

/** Copies the values of `count` slots from the stage into the head buffer. */
function settle(table: SeriesTable, pool: BufferPool, series: number, firstSlot: number, count: number): void {
  const { stage, stageStride } = table;
  const head = table.head[series];
  const values = pool.slabs[head >>> SLAB_SHIFT];
  const base = ((head & SLAB_MASK) << CAPACITY_SHIFT) + firstSlot;
  for (let row = 0, at = series; row < count; row++, at += stageStride) values[base + row] = stage[at];
}

/** Brings the hot state of a series in line with its head buffer: after that was changed. */
export function followHead(table: SeriesTable, pool: BufferPool, series: number): void {
  const head = table.head[series];
  if (head === NO_BUFFER) {
    table.headLength[series] = 0;
    table.nextSlot[series] = NaN;
    return;
  }
  const length = pool.length[head];
  table.headLength[series] = length;
  table.nextSlot[series] = pool.start[head] + length * table.frequency[series];
  const { stage, stageStride } = table;
  const values = pool.slabs[head >>> SLAB_SHIFT];
  const waiting = length % STAGE_SLOTS;
  const base = ((head & SLAB_MASK) << CAPACITY_SHIFT) + length - waiting;
  for (let row = 0, at = series; row < waiting; row++, at += stageStride) stage[at] = values[base + row];
}

/** Opens a new head buffer for a sample that is newer than the present head's start. */
export function openHead(table: SeriesTable, pool: BufferPool, series: number, timestamp: number, value: number): void {
  sealHead(table, pool, series);
  const start = timestamp - Math.floor(table.frequency[series] / 2);
  table.head[series] = pool.take(start, table.head[series]);
  // On the stage, as if appended: when all series change their buffers at once, none waits for pages of new memory.
  table.stage[series] = value;
  table.headLength[series] = 1;
  table.nextSlot[series] = start + table.frequency[series];
}

/** A sample older than the head buffer. */
function writeLate(table: SeriesTable, pool: BufferPool, series: number, timestamp: number, value: number): void {
  let newer = table.head[series];
  let older = pool.previous[newer];
  while (older !== NO_BUFFER && pool.start[older] > timestamp) {
    newer = older;
    older = pool.previous[older];
  }
  const frequency = table.frequency[series];
  const slot = older === NO_BUFFER ? BUFFER_CAPACITY : Math.floor((timestamp - pool.start[older]) / frequency);
  if (slot < BUFFER_CAPACITY) {
    noteChange(table, pool, series, older, slot, value);
    putInto(pool, older, slot, value);
    return;
  }
  const block = insertBlock(pool, older, newer, timestamp, frequency);
  const slotOfBlock = Math.floor((timestamp - pool.start[block]) / frequency);
  noteChange(table, pool, series, block, slotOfBlock, value);
  putInto(pool, block, slotOfBlock, value);
  table.untidy[series] = 1;
}

/** Remembers that a slot behind which there are newer ones gets a value that it has not had: snapshots may hold the old. */
function noteChange(
  table: SeriesTable,
  pool: BufferPool,
  series: number,
  buffer: number,
  slot: number,
  value: number,
): void {
  const values = pool.slabs[buffer >>> SLAB_SHIFT];
  const at = ((buffer & SLAB_MASK) << CAPACITY_SHIFT) + slot;
  if (slot < pool.length[buffer] && values[at] === value) return;
  const frequency = table.frequency[series];
  const time = pool.start[buffer] + slot * frequency + Math.floor(frequency / 2);
  if (time < table.changedFrom[series]) table.changedFrom[series] = time;
}

/**
 * Puts a buffer of NaN into the gap before `newer`, on the grid of `newer`. The gap is divided into blocks of 512 slots
 * counted back from `newer`, so that samples in any order need one buffer per block at most.
 */
function insertBlock(pool: BufferPool, older: number, newer: number, timestamp: number, frequency: number): number {
  const end = pool.start[newer];
  const slotsBefore = Math.ceil((end - timestamp) / frequency);
  const blocksBefore = Math.ceil(slotsBefore / BUFFER_CAPACITY);
  let slotsToEnd = blocksBefore * BUFFER_CAPACITY;
  if (older !== NO_BUFFER) {
    const gapStart = pool.start[older] + BUFFER_CAPACITY * frequency;
    slotsToEnd = Math.min(slotsToEnd, Math.ceil((end - gapStart) / frequency));
  }
  const block = pool.take(end - slotsToEnd * frequency, older);
  pool.previous[newer] = block;
  return block;
}

/** Sets one slot; slots between the buffer's length and it become NaN. */
function putInto(pool: BufferPool, buffer: number, slot: number, value: number): void {
  const values = pool.slabs[buffer >>> SLAB_SHIFT];
  const base = (buffer & SLAB_MASK) << CAPACITY_SHIFT;
  const length = pool.length[buffer];
  if (slot > length) values.fill(NaN, base + length, base + slot);
  values[base + slot] = value;
  if (slot >= length) pool.length[buffer] = slot + 1;
}

/**
 * Rebuilds an untidy chain as if its samples had come in order of time; a tidy chain is left alone.
 * To be called before the chain is read, freed or dumped.
 */
export function tidy(table: SeriesTable, pool: BufferPool, series: number): void {
  if (table.untidy[series] === 0) return;
  sealHead(table, pool, series);
  const old = chainOf(table, pool, series);
  table.head[series] = NO_BUFFER;
  followHead(table, pool, series);
  const frequency = table.frequency[series];
  const half = Math.floor(frequency / 2);
  for (const buffer of old) {
    const values = pool.slabs[buffer >>> SLAB_SHIFT];
    const base = (buffer & SLAB_MASK) << CAPACITY_SHIFT;
    const firstTime = pool.start[buffer] + half;
    for (let slot = 0; slot < pool.length[buffer]; slot++) {
      const value = values[base + slot];
      if (Number.isNaN(value)) continue;
      const time = firstTime + slot * frequency;
      // Buffers off each other's grid may hold two samples for one slot of the new grid: the later goes one further.
      const behindLast = table.nextSlot[series];
      writeSample(table, pool, series, time < behindLast ? behindLast + half : time, value);
    }
    pool.release(buffer);
  }
  table.untidy[series] = 0;
}

/** The buffers of a series, oldest first. */
export function chainOf(table: SeriesTable, pool: BufferPool, series: number): number[] {
  const chain: number[] = [];
  for (let buffer = table.head[series]; buffer !== NO_BUFFER; buffer = pool.previous[buffer]) chain.push(buffer);
  return chain.toReversed();
}
