// What the queries need of the samples that are on disk and not, for certain, in memory.

/** Which samples of one host to read; times in Unix seconds, `to` is exclusive. */
export interface OldSelection {
  readonly cluster: string;
  readonly host: string;
  readonly metric: string;
  readonly from: number;
  readonly to: number;
  /** Tells of a path below the host ([] = the host itself) whether to read it. */
  readonly accepts: (pathBelowHost: readonly string[]) => boolean;
}

/** Consecutive values of one series: value i belongs to start + i · frequency (Unix seconds), NaN = none. */
export interface OldRun {
  /** Names of the levels below the host. */
  readonly path: readonly string[];
  /** Seconds; may be another than the metric's now. */
  readonly frequency: number;
  readonly start: number;
  readonly values: Float32Array;
}

export interface OldAnswer {
  /** In any order of times; where two have the same slot, the later one in the list counts. */
  readonly runs: readonly OldRun[];
  /** One text for each file that should have been read and could not; it names the file. */
  readonly errors: readonly string[];
}

export interface OldSamples {
  /** The memory of every host is complete from this time on (Unix seconds). Not later than any `since`. */
  readonly latestSince: number;
  /** Samples of a host from this time on (Unix seconds) are all in memory. */
  since(cluster: string, host: string): number;
  /**
   * When the samples of a host on disk may begin (Unix seconds); Infinity if there are none. Before `to` if there is
   * something that cannot be read, so that `read` tells it.
   */
  begin(cluster: string, host: string, to: number): Promise<number>;
  /** Clusters that have samples on disk. */
  clusters(): Promise<readonly string[]>;
  /** Hosts of a cluster that may have samples of [from, to) on disk. */
  hosts(cluster: string, from: number, to: number): Promise<readonly string[]>;
  /** Rejects for no bad file: that is in `errors`. */
  read(selection: OldSelection): Promise<OldAnswer>;
}
