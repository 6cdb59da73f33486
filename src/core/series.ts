// Every (level, metric) pair is a series with a dense number. Everything hot is an array indexed by it.

import { NO_BUFFER } from "./buffer-pool.ts";
import { grownFloat64, grownInt32, grownUint16, grownUint32, grownUint8 } from "./grow.ts";
import type { Level } from "./level.ts";
import type { Metric } from "./metrics.ts";

/** Newest values of a series that wait on the stage before they go to its buffer together: 64 bytes, a cache line. */
export const STAGE_SLOTS = 16;

/**
 * The series of a store as parallel arrays. They are replaced when they grow: read them through the table, keep no
 * reference over an `add`.
 */
export class SeriesTable {
  /** The newest buffer of the chain, or NO_BUFFER. */
  head = new Int32Array(0);
  /** Slots in use of the head buffer; the buffer's own header is brought up to date by `sealHead`. */
  headLength = new Uint16Array(0);
  /** Start of the slot behind the head's last one, seconds; NaN without a head, so that no comparison holds. */
  nextSlot = new Float64Array(0);
  /** Seconds between two samples. */
  frequency = new Uint32Array(0);
  /** Index of the metric. */
  metric = new Uint16Array(0);
  /** 1 when late samples left the chain in a form that in-order arrival would not have given (see chain.ts, `tidy`). */
  untidy = new Uint8Array(0);

  /** Slots of times before this are in a snapshot on disk, unless they were changed since; −Infinity = none. Seconds. */
  savedTo = new Float64Array(0);
  /** Time of the oldest slot that was changed or filled behind a newer one since the last snapshot; Infinity = none. */
  changedFrom = new Float64Array(0);

  /**
   * The newest values, time by time: slot k of series s waits at (k mod 16) · stageStride + s. The samples of one minute
   * come for all series one after the other; written here they land side by side, while each series' own buffer would be
   * another page of memory. What is here of the head's last, unfilled block of 16 slots is authoritative, what the buffer
   * has of it is not (see `sealHead`).
   */
  stage = new Float32Array(0);
  stageStride = 0;

  readonly #levels: (Level | undefined)[] = [];
  readonly #released: number[] = [];
  #removals = 0;

  /** How many series were removed so far: while it stays, every number means the same series. */
  get removals(): number {
    return this.#removals;
  }

  /** Series in existence. */
  get count(): number {
    return this.#levels.length - this.#released.length;
  }

  /** One more than the largest series number ever given. */
  get end(): number {
    return this.#levels.length;
  }

  /** Adds a series without samples and returns its number; numbers of removed series are given again. */
  add(level: Level, metric: Metric): number {
    const series = this.#released.pop() ?? this.#levels.length;
    if (series >= this.head.length) this.#grow(series + 1);
    this.#levels[series] = level;
    this.head[series] = NO_BUFFER;
    this.headLength[series] = 0;
    this.nextSlot[series] = NaN;
    this.frequency[series] = metric.frequency;
    this.metric[series] = metric.index;
    this.untidy[series] = 0;
    this.savedTo[series] = -Infinity;
    this.changedFrom[series] = Infinity;
    return series;
  }

  /** Removes a series that holds no buffers any more. */
  remove(series: number): void {
    if (this.head[series] !== NO_BUFFER) throw new Error(`BUG: series ${series} is removed with its buffers`);
    this.#levels[series] = undefined;
    this.#released.push(series);
    this.#removals++;
  }

  /** The level a series belongs to; undefined for a removed series. */
  levelOf(series: number): Level | undefined {
    return this.#levels[series];
  }

  #grow(needed: number): void {
    this.head = grownInt32(this.head, needed);
    this.headLength = grownUint16(this.headLength, needed);
    this.nextSlot = grownFloat64(this.nextSlot, needed);
    this.frequency = grownUint32(this.frequency, needed);
    this.metric = grownUint16(this.metric, needed);
    this.untidy = grownUint8(this.untidy, needed);
    this.savedTo = grownFloat64(this.savedTo, needed);
    this.changedFrom = grownFloat64(this.changedFrom, needed);
    this.#growStage(this.head.length);
  }

  #growStage(stride: number): void {
    const grown = new Float32Array(STAGE_SLOTS * stride);
    for (let row = 0; row < STAGE_SLOTS; row++) {
      grown.set(this.stage.subarray(row * this.stageStride, (row + 1) * this.stageStride), row * stride);
    }
    this.stage = grown;
    this.stageStride = stride;
  }
}
