// Freeing: buffers whose samples are all older than a time go back to the pool; what is empty then leaves the tree.

import { NO_BUFFER, type BufferPool } from "./buffer-pool.ts";
import { chainOf, followHead, sealHead, tidy } from "./chain.ts";
import type { Level } from "./level.ts";
import type { SeriesTable } from "./series.ts";

/** Which buffers may go: all, or only those of which every sample is in a snapshot. */
export type Freeable = "all" | "saved";

export interface FreedBuffers {
  /** Buffers that went. */
  readonly freed: number;
  /** Buffers that are old enough, but stay since they, or older ones of their series, are not in a snapshot. */
  readonly unsaved: number;
}

/**
 * Frees the buffers of a level and of all below it that end before `time`. Emptied levels below it are removed; the
 * level itself stays.
 * @param time Unix seconds
 */
export function freeLevel(
  table: SeriesTable,
  pool: BufferPool,
  level: Level,
  time: number,
  which: Freeable,
): FreedBuffers {
  let freed = 0;
  let unsaved = 0;
  const count = (more: FreedBuffers): void => {
    freed += more.freed;
    unsaved += more.unsaved;
  };
  for (const [metricIndex, series] of level.series) {
    count(freeChain(table, pool, series, time, which));
    if (table.head[series] === NO_BUFFER) {
      level.removeSeries(metricIndex);
      table.remove(series);
    }
  }
  for (const child of level.children.values()) {
    count(freeLevel(table, pool, child, time, which));
    if (child.isEmpty) level.removeChild(child.name);
  }
  return { freed, unsaved };
}

/** Removes the levels below `level` that hold nothing. */
export function pruneEmpty(level: Level): void {
  for (const child of level.children.values()) {
    pruneEmpty(child);
    if (child.isEmpty) level.removeChild(child.name);
  }
}

/** Frees the oldest buffer of every series at or below a level, newer ones stay; returns their number. */
export function freeOldest(table: SeriesTable, pool: BufferPool, level: Level): number {
  let freed = 0;
  for (const [metricIndex, series] of level.series) {
    tidy(table, pool, series);
    const [oldest] = chainOf(table, pool, series);
    if (oldest === undefined) continue;
    cutBelow(table, pool, series, oldest);
    freed++;
    if (table.head[series] === NO_BUFFER) {
      level.removeSeries(metricIndex);
      table.remove(series);
    }
  }
  for (const child of level.children.values()) {
    freed += freeOldest(table, pool, child);
    if (child.isEmpty) level.removeChild(child.name);
  }
  return freed;
}

function freeChain(table: SeriesTable, pool: BufferPool, series: number, time: number, which: Freeable): FreedBuffers {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  const frequency = table.frequency[series];
  // Behind this a buffer has slots that no snapshot holds, or holds otherwise.
  const savedTo = which === "all" ? Infinity : Math.min(table.savedTo[series], table.changedFrom[series]);
  let freed = 0;
  let unsaved = 0;
  let newestFreed = NO_BUFFER;
  for (const buffer of chainOf(table, pool, series)) {
    const slotsEnd = pool.start[buffer] + pool.length[buffer] * frequency;
    if (slotsEnd + Math.floor(frequency / 2) >= time) break;
    // What is behind an unsaved buffer waits with it: a chain is cut at its old end only.
    if (unsaved > 0 || slotsEnd > savedTo) {
      unsaved++;
      continue;
    }
    newestFreed = buffer;
    freed++;
  }
  if (newestFreed !== NO_BUFFER) cutBelow(table, pool, series, newestFreed);
  return { freed, unsaved };
}

/** Releases `newest` and all older buffers of a series. */
function cutBelow(table: SeriesTable, pool: BufferPool, series: number, newest: number): void {
  if (table.head[series] === newest) {
    table.head[series] = NO_BUFFER;
  } else {
    let newer = table.head[series];
    while (pool.previous[newer] !== newest) newer = pool.previous[newer];
    pool.previous[newer] = NO_BUFFER;
  }
  for (let buffer = newest; buffer !== NO_BUFFER;) {
    const older = pool.previous[buffer];
    pool.release(buffer);
    buffer = older;
  }
  if (table.head[series] === NO_BUFFER) followHead(table, pool, series);
}
