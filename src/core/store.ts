// The metric store: the tree of levels, the series, their buffers, and what can be asked of them. One thread owns it.

import type { Adder, NewValues } from "./adder.ts";
import {
  addRanges,
  bufferRanges,
  firstTime,
  readBlock,
  readBlocks,
  writeBlock,
  type AllocateValues,
  type Block,
  type TimeRange,
} from "./blocks.ts";
import { BufferPool, NO_BUFFER } from "./buffer-pool.ts";
import { chainOf, sealHead, writeColumns, writeSample, type SampleColumns } from "./chain.ts";
import { dumpLevel } from "./debug-dump.ts";
import { StoreError } from "./errors.ts";
import { healthOfLevel, stateOf, type HealthMetrics, type MonitoringState } from "./health.ts";
import { Level, selectSeries, visitLevels, type LevelPath, type Selector } from "./level.ts";
import { MetricTable, type Metric, type MetricConfig } from "./metrics.ts";
import { SeriesReader, type SeriesData } from "./read.ts";
import { resample, type Resampler } from "./resample.ts";
import { freeLevel, freeOldest, pruneEmpty, type FreedBuffers } from "./retention.ts";
import { SeriesTable } from "./series.ts";
import { statisticsOf, type Statistics } from "./statistics.ts";

export interface StoreOptions {
  readonly metrics: Readonly<Record<string, MetricConfig>>;
  /** A new series beyond this many is refused. */
  readonly maxSeries?: number;
  /** Adds up what is aggregated, faster than the plain way; for this store alone. */
  readonly adder?: Adder;
}

/** The answer to a read; `resolution` in seconds. */
export interface ReadResult extends SeriesData {
  readonly resolution: number;
}

/** The health of one host. */
export interface HostHealth {
  readonly state: MonitoringState;
  /** Absent for a host that the store does not know. */
  readonly metrics?: HealthMetrics;
}

/** What of a series no snapshot holds; Unix seconds. */
export interface UnsavedSlots {
  /** All slots from here on; −Infinity = none was ever in a snapshot. */
  readonly appendedFrom: number;
  /** Some of the slots from here on, which a snapshot holds otherwise, or not; Infinity = none. */
  readonly changedFrom: number;
}

/** How much a store holds. */
export interface StoreSizes {
  readonly series: number;
  readonly buffers: number;
  readonly idleBuffers: number;
  /** Bytes of all buffers, idle ones included. */
  readonly bufferSizeBytes: number;
}

export class MetricStore {
  readonly metrics: MetricTable;
  readonly root: Level = new Level("", undefined);
  readonly #table = new SeriesTable();
  readonly #pool = new BufferPool();
  readonly #reader: SeriesReader;
  readonly #maxSeries: number;

  constructor(options: StoreOptions) {
    this.metrics = new MetricTable(options.metrics);
    this.#reader = new SeriesReader(this.#table, this.#pool, options.adder);
    this.#maxSeries = options.maxSeries ?? Infinity;
  }

  /**
   * Grows whenever series have been removed, whose numbers are then given to others: who keeps series numbers must
   * forget them when this changes.
   */
  get releases(): number {
    return this.#table.removals;
  }

  get seriesCount(): number {
    return this.#table.count;
  }

  // — Writing —

  /** The number of the series of `metric` at `path`, made when it is new; undefined when the store is full. */
  seriesFor(path: LevelPath, metric: Metric): number | undefined {
    const known = this.root.find(path)?.series.get(metric.index);
    if (known !== undefined) return known;
    if (this.#table.count >= this.#maxSeries) return undefined;
    let level = this.root;
    for (const name of path) level = level.childOrNew(name);
    return this.seriesAt(level, metric);
  }

  /** The same for a level of this store. */
  seriesAt(level: Level, metric: Metric): number | undefined {
    const known = level.series.get(metric.index);
    if (known !== undefined) return known;
    if (this.#table.count >= this.#maxSeries) return undefined;
    const series = this.#table.add(level, metric);
    level.setSeries(metric.index, series);
    return series;
  }

  /** Writes the first `count` samples of the columns. */
  writeColumns(columns: SampleColumns, count: number): void {
    writeColumns(this.#table, this.#pool, columns, count);
  }

  /**
   * Writes one sample.
   * @param timestamp Unix seconds
   * @param value a float32 that is not NaN
   */
  writeSample(series: number, timestamp: number, value: number): void {
    writeSample(this.#table, this.#pool, series, timestamp, value);
  }

  /** Writes consecutive values of a series: value i at start + i · frequency (Unix seconds), NaN = none. */
  writeBlock(series: number, start: number, values: Float32Array): void {
    writeBlock(this.#table, this.#pool, series, start, values);
  }

  // — Reading —

  /**
   * Reads one metric of what the selector stands for, aggregated if that is more than one series.
   * @param from Unix seconds
   * @param to Unix seconds, exclusive
   * @param resolution seconds between values asked for; 0 = the metric's own
   * @param newValues gives the room for the values; default: room of their own
   * @throws StoreError `unknown-metric`, `invalid-time-range`, `not-found` (no such level, or no samples of that
   *   metric), `invalid-aggregation`, `invalid-resolution`
   */
  read(
    selector: Selector,
    metricName: string,
    from: number,
    to: number,
    resolution = 0,
    resampler?: Resampler,
    newValues?: NewValues,
  ): ReadResult {
    const { metric, data } = this.#readNative(selector, metricName, from, to, newValues);
    const { values, resolution: actual } = resample(data.values, metric.frequency, resolution, resampler);
    return { values, from: data.from, to: data.to, resolution: actual };
  }

  /** Statistics of what `read` would give at the metric's own resolution. Errors as `read`. */
  statistics(
    selector: Selector,
    metricName: string,
    from: number,
    to: number,
  ): Statistics & { from: number; to: number } {
    const { data } = this.#readNative(selector, metricName, from, to);
    return { ...statisticsOf(data.values), from: data.from, to: data.to };
  }

  #readNative(
    selector: Selector,
    metricName: string,
    from: number,
    to: number,
    newValues?: NewValues,
  ): { metric: Metric; data: SeriesData } {
    const metric = this.metrics.get(metricName);
    if (metric === undefined) throw new StoreError("unknown-metric", `[METRICSTORE]> unknown metric: ${metricName}`);
    if (from > to) throw new StoreError("invalid-time-range", "[METRICSTORE]> invalid time range");
    const selected = selectSeries(this.root, selector, metric.index, this.#hasSamples);
    if (selected.length === 0) throw new StoreError("not-found", "[METRICSTORE]> metric or host not found");
    return { metric, data: this.#reader.readCombined(selected, metric.aggregation, from, to, newValues) };
  }

  /** The values of a series whose times lie in [from, to), or undefined if there are none. They are a copy. */
  readBlock(series: number, from: number, to: number, allocate?: AllocateValues): Block | undefined {
    return readBlock(this.#table, this.#pool, series, from, to, allocate);
  }

  /** The values of a series whose times lie in [from, to), buffer by buffer, oldest first. They are copies. */
  readBlocks(series: number, from: number, to: number): Block[] {
    return readBlocks(this.#table, this.#pool, series, from, to);
  }

  // — What is on disk —

  /** All samples of the series are in a snapshot. */
  markSaved(series: number): void {
    this.#table.savedTo[series] = this.#table.nextSlot[series];
    this.#table.changedFrom[series] = Infinity;
  }

  /** Takes `markSaved` back. @param before what `unsaved` told before it */
  unmarkSaved(series: number, before: UnsavedSlots): void {
    const { savedTo, changedFrom } = this.#table;
    savedTo[series] = before.appendedFrom;
    changedFrom[series] = Math.min(before.changedFrom, changedFrom[series]);
  }

  /** What of a series is in no snapshot. */
  unsaved(series: number): UnsavedSlots {
    const savedTo = this.#table.savedTo[series];
    const changedFrom = this.#table.changedFrom[series];
    return { appendedFrom: savedTo, changedFrom: changedFrom < savedTo ? changedFrom : Infinity };
  }

  /** Whether a series has slots of this time (Unix seconds) or later. */
  hasSamplesSince(series: number, time: number): boolean {
    return this.#table.nextSlot[series] > time;
  }

  /** Time of the first slot of a series, Unix seconds; Infinity without samples. */
  firstTimeOf(series: number): number {
    return firstTime(this.#table, this.#pool, series);
  }

  /**
   * The stretches of time in which a level and what is below it have samples, cut off before the time that `lowerBound`
   * gives for a series. Not sorted; they overlap, but series in step share theirs.
   */
  rangesOf(level: Level, lowerBound: (series: number) => number): TimeRange[] {
    const ranges: TimeRange[] = [];
    visitLevels(level, ({ series }) => {
      for (const number of series.values()) {
        addRanges(this.#table, this.#pool, number, lowerBound(number), ranges);
      }
    });
    return ranges;
  }

  /** The stretch of time of each buffer of a series, oldest first. */
  rangesOfSeries(series: number): TimeRange[] {
    return bufferRanges(this.#table, this.#pool, series);
  }

  /** The level and the metric of a series. */
  identityOf(series: number): { level: Level; metric: Metric } {
    const level = this.#table.levelOf(series);
    if (level === undefined) throw new Error(`BUG: series ${series} does not exist`);
    return { level, metric: this.metrics.byIndex[this.#table.metric[series]] };
  }

  // — Looking around —

  /** Names of the children of a level; none if there is no such level. */
  listChildren(path: LevelPath): string[] {
    return [...(this.root.find(path)?.children.keys() ?? [])];
  }

  /** All paths of `depth` names. */
  paths(depth: number): string[][] {
    let levels: Level[] = [this.root];
    for (let i = 0; i < depth; i++) levels = levels.flatMap((level) => [...level.children.values()]);
    return levels.map((level) => level.path());
  }

  /** The health of one host, judged by the metrics expected of it. `now` in Unix seconds. */
  hostHealth(cluster: string, host: string, expected: readonly string[], now: number): HostHealth {
    const level = this.root.find([cluster, host]);
    if (level === undefined) return { state: "failed" };
    const metrics = healthOfLevel(this.#table, this.metrics, level, expected, now);
    return { state: stateOf(metrics, expected), metrics };
  }

  /**
   * The tree below `path` as JSON text, in pieces.
   * @throws StoreError `not-found`
   */
  debugDump(path: LevelPath): Generator<string> {
    const level = this.root.find(path);
    if (level === undefined) {
      const names = path.map((name) => JSON.stringify(name)).join(", ");
      throw new StoreError("not-found", `[METRICSTORE]> not found: []string{${names}}`);
    }
    return dumpLevel({ table: this.#table, pool: this.#pool, metrics: this.metrics }, level);
  }

  sizes(): StoreSizes {
    const { used, idle, sizeBytes } = this.#pool;
    return { series: this.#table.count, buffers: used, idleBuffers: idle, bufferSizeBytes: sizeBytes };
  }

  /** Samples in memory, gaps between them included. Looks at every series and buffer: a millisecond, not a microsecond. */
  countSamples(): number {
    const { head, headLength, end } = this.#table;
    const { length } = this.#pool;
    let samples = this.#pool.slots;
    for (let series = 0; series < end; series++) {
      const buffer = head[series];
      if (buffer !== NO_BUFFER) samples += headLength[series] - length[buffer];
    }
    return samples;
  }

  /** Counts levels (without the root) and slots in use (gaps included): a walk over everything, unlike `sizes`. */
  countAll(): { levels: number; slots: number } {
    let levels = -1;
    let slots = 0;
    visitLevels(this.root, (level) => {
      levels++;
      for (const series of level.series.values()) slots += this.#slotsOf(series);
    });
    return { levels, slots };
  }

  // — Freeing —

  /**
   * Frees the buffers at and below `path` that end before `time` (Unix seconds); the empty path is everything. Emptied
   * levels below `path` go. Returns the number of buffers freed; 0 if there is no such level.
   */
  free(path: LevelPath, time: number): number {
    const level = this.root.find(path);
    if (level === undefined) return 0;
    return freeLevel(this.#table, this.#pool, level, time, "all").freed;
  }

  /** As `free`, but only what is in a snapshot; tells how much is old enough and is not. */
  freeSaved(path: LevelPath, time: number): FreedBuffers {
    const level = this.root.find(path);
    if (level === undefined) return { freed: 0, unsaved: 0 };
    return freeLevel(this.#table, this.#pool, level, time, "saved");
  }

  /** Frees everything. */
  freeAll(): number {
    return this.free([], Infinity);
  }

  /** Frees the oldest buffer of every series, whatever its age. Returns the number of buffers freed. */
  forceFree(): number {
    return freeOldest(this.#table, this.#pool, this.root);
  }

  /** Removes all levels that hold nothing; `free` leaves the one it is asked for. */
  pruneEmpty(): void {
    pruneEmpty(this.root);
  }

  /** Gives the memory of idle buffers back to the system. Returns the bytes given back. */
  trimPool(): number {
    return this.#pool.trim();
  }

  readonly #hasSamples = (series: number): boolean => this.#table.head[series] !== NO_BUFFER;

  #slotsOf(series: number): number {
    sealHead(this.#table, this.#pool, series);
    let slots = 0;
    for (const buffer of chainOf(this.#table, this.#pool, series)) slots += this.#pool.length[buffer];
    return slots;
  }
}
