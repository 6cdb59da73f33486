// From when on the samples of each host are all in memory. What is older has to be looked for on disk.

/** A host by its cluster and name, as one key: neither name holds a slash. */
export const hostKey = (cluster: string, host: string): string => `${cluster}/${host}`;

export class MemoryCoverage {
  #since: number;
  /** Hosts that reach further back, since they were spared. */
  #spared: ReadonlyMap<string, number> = new Map();

  /** @param since what the start has loaded, Unix seconds */
  constructor(since: number) {
    this.#since = since;
  }

  /** Every host's memory is complete from this time on, Unix seconds. */
  get latestSince(): number {
    return this.#since;
  }

  /** Samples of a host from this time on (Unix seconds) are all in memory. */
  since(cluster: string, host: string): number {
    if (this.#spared.size === 0) return this.#since;
    return this.#spared.get(hostKey(cluster, host)) ?? this.#since;
  }

  /**
   * What is older than `time` is going to be freed, for all hosts but those spared. To be called before the first goes:
   * queries look on disk from then on.
   */
  willFree(time: number, spared: ReadonlySet<string>): void {
    const kept = Array.from(spared, (key): [string, number] => [key, this.#spared.get(key) ?? this.#since]);
    this.#since = Math.max(this.#since, time);
    this.#spared = new Map(kept.filter(([, since]) => since < this.#since));
  }
}
