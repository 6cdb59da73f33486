// What a checkpoint writes of a host: which samples, in which files.

import type { ChildLevel, HostSnapshot, LevelSnapshot, MetricBlock } from "../codec/host-snapshot.ts";
import type { AllocateValues, TimeRange } from "../core/blocks.ts";
import { visitLevels, type Level } from "../core/level.ts";
import type { MetricStore, UnsavedSlots } from "../core/store.ts";

/** A hole in time that is larger begins another file: a block of values has a place for every slot in it. */
const MAX_GAP_SECONDS = 86_400;
/** No file covers more than this: a start knows by the name of one that it ends before the retention. */
export const MAX_SNAPSHOT_SECONDS = 86_400;

/** A piece of memory that blocks are cut from: 256 KiB. */
const ARENA_VALUES = 1 << 16;

/** What of a host is in no snapshot. */
export interface UnsavedSamples {
  /** Whether there is anything at all. */
  readonly hasAny: boolean;
  /** Snapshots that end behind this time hold slots that have changed since; Infinity if none do. Unix seconds. */
  readonly changedFrom: number;
}

export function unsavedOf(store: MetricStore, host: Level): UnsavedSamples {
  let hasAny = false;
  let changedFrom = Infinity;
  visitLevels(host, ({ series }) => {
    for (const number of series.values()) {
      const unsaved = store.unsaved(number);
      // Snapshots may hold samples of a series that was freed and has come back: it counts as changed.
      const isNew = unsaved.appendedFrom === -Infinity;
      changedFrom = Math.min(changedFrom, isNew ? store.firstTimeOf(number) : unsaved.changedFrom);
      hasAny ||= changedFrom < Infinity || store.hasSamplesSince(number, unsaved.appendedFrom);
    }
  });
  return { hasAny, changedFrom };
}

/**
 * The samples of a host as snapshots: of each series those that are in none, and all from `since` on if that is earlier.
 * More than one where there are long holes in time, or much of it; in ascending order.
 * @param cuts times (Unix seconds) at which another snapshot begins, too
 */
export function exportHost(
  store: MetricStore,
  host: Level,
  since: number,
  cuts: readonly number[] = [],
): HostSnapshot[] {
  const lowerBound = (series: number): number => Math.min(since, store.unsaved(series).appendedFrom);
  const allocate = newArena();
  return islandsOf(store.rangesOf(host, lowerBound))
    .flatMap((island) => cutAt(island, cuts))
    .map(({ from, to }) => {
      const level = exportLevel(store, host, (series) =>
        store.readBlock(series, Math.max(from, lowerBound(series)), to, allocate),
      );
      return { from, to, level };
    })
    .filter(({ level }) => !isEmpty(level));
}

/** Marks everything a host has as being in a snapshot. */
export function markHostSaved(store: MetricStore, host: Level): void {
  visitLevels(host, ({ series }) => {
    for (const number of series.values()) store.markSaved(number);
  });
}

/**
 * Keeps in mind what of a host is in no snapshot. Returns what takes a `markHostSaved` back, or returns false when series
 * were removed meanwhile and the marks cannot be told apart any more.
 */
export function rememberUnsaved(store: MetricStore, host: Level): () => boolean {
  const { releases } = store;
  const before = new Map<number, UnsavedSlots>();
  visitLevels(host, ({ series }) => {
    for (const number of series.values()) before.set(number, store.unsaved(number));
  });
  return () => {
    if (store.releases !== releases) return false;
    for (const [number, unsaved] of before) store.unmarkSaved(number, unsaved);
    return true;
  };
}

type ReadSeries = (series: number) => { start: number; values: Float32Array } | undefined;

function exportLevel(store: MetricStore, level: Level, read: ReadSeries): LevelSnapshot {
  const metrics: MetricBlock[] = [];
  for (const [metricIndex, series] of level.series) {
    const block = read(series);
    if (block === undefined) continue;
    const { name, frequency } = store.metrics.byIndex[metricIndex];
    metrics.push({ name, frequency, ...block });
  }
  const children: ChildLevel[] = [];
  for (const child of level.children.values()) {
    const exported = exportLevel(store, child, read);
    if (!isEmpty(exported)) children.push({ name: child.name, level: exported });
  }
  return { metrics, children };
}

function isEmpty({ metrics, children }: LevelSnapshot): boolean {
  return metrics.length === 0 && children.length === 0;
}

/** Cuts memory for values out of larger pieces: one of its own for each series takes longer than copying the values. */
function newArena(): AllocateValues {
  let piece = new Float32Array(0);
  let used = 0;
  return (count) => {
    if (used + count > piece.length) {
      piece = new Float32Array(Math.max(ARENA_VALUES, count));
      used = 0;
    }
    const values = piece.subarray(used, used + count);
    // In pairs: out of step with eight bytes, copying from the store's memory takes thrice as long.
    used += count + (count % 2);
    return values;
  };
}

/** Joins ranges that overlap or lie near each other, in ascending order. */
export function islandsOf(ranges: readonly TimeRange[]): TimeRange[] {
  const islands: TimeRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = islands.at(-1);
    if (last === undefined || range.from > last.to + MAX_GAP_SECONDS) islands.push(range);
    else islands[islands.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return islands;
}

function cutAt({ from, to }: TimeRange, cuts: readonly number[]): TimeRange[] {
  const inside = cuts.filter((cut) => from < cut && cut < to).toSorted((a, b) => a - b);
  const edges = [from];
  for (const end of [...inside, to]) {
    for (let edge = (edges.at(-1) ?? from) + MAX_SNAPSHOT_SECONDS; edge < end; edge += MAX_SNAPSHOT_SECONDS)
      edges.push(edge);
    edges.push(end);
  }
  return edges.slice(1).map((end, i) => ({ from: edges[i], to: end }));
}
