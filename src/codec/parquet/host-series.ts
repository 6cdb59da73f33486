// From the snapshots of a host to the series of its rows: each with all its samples, sorted as the rows are.

import type { HostSnapshot, LevelSnapshot } from "../host-snapshot.ts";
import { scopeOf, selectorOf } from "./level-scope.ts";
import { compareText } from "./text-order.ts";

/** One series: sample i has the value `values[i]` at `start + i * frequency`, or none if that is NaN. */
export interface RowSeries {
  readonly metric: string;
  readonly selector: string;
  readonly scope: string;
  readonly scopeId: string;
  /** In ascending order of time; of one series in one grid there is one run, and only such runs do not overlap. */
  readonly runs: readonly SampleRun[];
}

export interface SampleRun {
  readonly frequency: number;
  readonly start: number;
  readonly values: Float32Array;
}

interface Gathering {
  readonly metric: string;
  readonly path: readonly string[];
  readonly selector: string;
  /** In the order of the snapshots. */
  readonly blocks: SampleRun[];
}

/**
 * The series of one host in the order of the rows: by metric, then selector. Of two values for the same time the one of the
 * later snapshot stays.
 */
export function seriesOf(snapshots: readonly HostSnapshot[]): RowSeries[] {
  const byMetric = new Map<string, Map<string, Gathering>>();
  for (const { level } of snapshots) gather(byMetric, level, []);
  return [...byMetric.values()]
    .flatMap((bySelector) => [...bySelector.values()])
    .toSorted((a, b) => compareText(a.metric, b.metric) || compareText(a.selector, b.selector))
    .map(({ metric, selector, path, blocks }) => ({ metric, selector, ...scopeOf(path), runs: joinBlocks(blocks) }));
}

function gather(byMetric: Map<string, Map<string, Gathering>>, level: LevelSnapshot, path: readonly string[]): void {
  const selector = selectorOf(path);
  for (const { name: metric, frequency, start, values } of level.metrics) {
    const block = trim({ frequency, start, values });
    if (block === undefined) continue;
    let bySelector = byMetric.get(metric);
    if (bySelector === undefined) byMetric.set(metric, (bySelector = new Map()));
    const known = bySelector.get(selector);
    if (known === undefined) bySelector.set(selector, { metric, selector, path, blocks: [block] });
    else known.blocks.push(block);
  }
  for (const child of level.children) gather(byMetric, child.level, [...path, child.name]);
}

/** A block without the NaNs at both ends; undefined if there is nothing else. */
function trim({ frequency, start, values }: SampleRun): SampleRun | undefined {
  let first = 0;
  let end = values.length;
  while (first < end && Number.isNaN(values[first])) first++;
  while (first < end && Number.isNaN(values[end - 1])) end--;
  if (first === end) return undefined;
  return { frequency, start: start + first * frequency, values: values.subarray(first, end) };
}

/** Blocks of one series as runs that follow each other in time, each time once. */
function joinBlocks(blocks: readonly SampleRun[]): SampleRun[] {
  if (blocks.length === 1) return [...blocks];
  const [first] = blocks;
  const isOneGrid = blocks.every(
    ({ frequency, start }) => frequency === first.frequency && (start - first.start) % frequency === 0,
  );
  const run = isOneGrid ? onOneGrid(blocks) : undefined;
  return run === undefined ? sampleBySample(blocks) : [run];
}

/** A run may have so many empty slots for each that came with a block: more means a hole, or a damaged time. */
const MAX_SPREAD = 16;

/** All blocks in one array; undefined if they lie too far apart for that. */
function onOneGrid(blocks: readonly SampleRun[]): SampleRun | undefined {
  const [{ frequency }] = blocks;
  let start = Infinity;
  let end = -Infinity;
  let given = 0;
  for (const block of blocks) {
    start = Math.min(start, block.start);
    end = Math.max(end, block.start + block.values.length * frequency);
    given += block.values.length;
  }
  const slots = (end - start) / frequency;
  if (slots > given * MAX_SPREAD) return undefined;
  const values = new Float32Array(slots).fill(NaN);
  for (const block of blocks) putNumbers(values, (block.start - start) / frequency, block.values);
  return { frequency, start, values };
}

function putNumbers(target: Float32Array, offset: number, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Only NaN differs from itself.
    if (value === value) target[offset + i] = value;
  }
}

/** The slow way, for grids that do not fit each other: a metric whose frequency was changed, a store that was restarted. */
function sampleBySample(blocks: readonly SampleRun[]): SampleRun[] {
  const byTime = new Map<number, SampleRun>();
  for (const { frequency, start, values } of blocks) {
    for (const [i, value] of values.entries()) {
      if (Number.isNaN(value)) continue;
      const time = start + i * frequency;
      byTime.set(time, { frequency, start: time, values: values.subarray(i, i + 1) });
    }
  }
  return joinSingles([...byTime.values()].toSorted((a, b) => a.start - b.start));
}

/** Neighbours on one grid become one run. */
function joinSingles(singles: readonly SampleRun[]): SampleRun[] {
  const runs: SampleRun[] = [];
  for (let i = 0; i < singles.length;) {
    const { frequency, start } = singles[i];
    let end = i + 1;
    while (singles[end]?.frequency === frequency && singles[end]?.start === start + (end - i) * frequency) end++;
    runs.push({ frequency, start, values: Float32Array.from(singles.slice(i, end), ({ values }) => values[0]) });
    i = end;
  }
  return runs;
}
