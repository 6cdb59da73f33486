// What one checkpoint file holds, whatever its format: the samples of one host in a range of time.

/** One metric's samples at one level, one value a slot: value i belongs to `start + i * frequency`. */
export interface MetricBlock {
  readonly name: string;
  /** Seconds from one slot to the next, above 0. */
  readonly frequency: number;
  /** Unix seconds of the first value. Off the metric's grid if the snapshot's range begins so. */
  readonly start: number;
  /** NaN = no sample in this slot. */
  readonly values: Float32Array;
}

export interface ChildLevel {
  readonly name: string;
  readonly level: LevelSnapshot;
}

/** Metrics and children in the order of the file. Nothing keeps a file from naming one twice. */
export interface LevelSnapshot {
  readonly metrics: readonly MetricBlock[];
  readonly children: readonly ChildLevel[];
}

/** The samples of one host in [from, to), Unix seconds. The host's name is that of the file's directory. */
export interface HostSnapshot {
  readonly from: number;
  readonly to: number;
  readonly level: LevelSnapshot;
}

/**
 * Levels within each other, the host's own counted. Selectors of the line protocol need three; the limit keeps a
 * damaged file from exhausting the stack.
 */
export const MAX_LEVEL_DEPTH = 64;
