// Memory and disk as one series. A result whose range begins before what memory holds for certain is read from a scratch
// store, into which goes what the disk has of the range, and over it what memory has; all others from memory as ever.

import type { Adder } from "../core/adder.ts";
import { StoreError } from "../core/errors.ts";
import { visitLevels, type Level, type LevelPath, type Selector } from "../core/level.ts";
import type { Metric } from "../core/metrics.ts";
import type { MetricStore } from "../core/store.ts";
import type { OldRun, OldSamples } from "./old-samples.ts";
import { copyFromMemory, Scratch } from "./scratch.ts";
import { Turns } from "./turns.ts";

export interface HistoryOptions {
  readonly store: MetricStore;
  /** Absent: what is not in memory is not answered. */
  readonly old: OldSamples | undefined;
  readonly limits: HistoryLimits;
  readonly yieldToOthers: () => Promise<void>;
  /** Makes what adds up in a scratch store. */
  readonly newAdder?: () => Adder;
}

export interface HistoryLimits {
  /** Values of all series that one result may read from disk. */
  readonly oldPointsPerResult: number;
  /** Results that are put together at once, each with memory of its own; others wait. */
  readonly oldResultsAtOnce: number;
}

/** A store to read a result from, until the next `await`; and which files could not be read for it. */
export type ReadResultFrom<Result> = (store: MetricStore, errors: readonly string[]) => Result;

/** What is read at once of the values of one series: bounds what is in memory twice. */
const POINTS_PER_READ = 131_072;

export class History {
  readonly #options: HistoryOptions;
  readonly #turns: Turns;
  /** Scratch stores that nobody uses now. */
  readonly #idle: Scratch[] = [];

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#turns = new Turns(options.limits.oldResultsAtOnce);
  }

  /** Whether a range that begins at `from` (Unix seconds) may need more of a host than is in memory. */
  reachesBehindMemory(from: number): boolean {
    const { old } = this.#options;
    return old !== undefined && from < old.latestSince;
  }

  /** Gives the memory that waits for the next results back to the system. Returns the bytes. */
  trim(): number {
    const bytes = this.#idle.reduce((sum, { store }) => sum + store.sizes().bufferSizeBytes, 0);
    this.#idle.length = 0;
    return bytes;
  }

  /** Names of the hosts of a cluster that have samples in memory, or may have some of [from, to) on disk. */
  async hosts(cluster: string, from: number, to: number): Promise<string[]> {
    const { store, old } = this.#options;
    const inMemory = store.listChildren([cluster]);
    if (old === undefined || !this.reachesBehindMemory(from)) return inMemory;
    const onDisk = await old.hosts(cluster, from, to);
    return [...new Set([...inMemory, ...onDisk])];
  }

  /**
   * Calls `use` with a store that holds what there is of one metric in a range, and returns its result. `use` is called
   * at once where memory is enough.
   * @param from Unix seconds; `to` exclusive
   * Rejects with what `use` throws, and with StoreError `too-many-points`.
   */
  async read<Result>(
    selector: Selector,
    metricName: string,
    from: number,
    to: number,
    use: ReadResultFrom<Result>,
  ): Promise<Result> {
    const { store, old } = this.#options;
    const metric = store.metrics.get(metricName);
    if (old === undefined || metric === undefined || from > to) return use(store, []);
    const hosts = await this.#hostsBehindMemory(old, selector, from, to);
    if (hosts.length === 0) return use(store, []);
    const result: PendingResult = { selector, metric, from, to, pointsLeft: this.#options.limits.oldPointsPerResult };
    return this.#turns.run(() => this.#readFromScratch(old, hosts, result, use));
  }

  /** The hosts of a selector, each with when its samples on disk may begin, that have any of the range on disk only. */
  async #hostsBehindMemory(old: OldSamples, selector: Selector, from: number, to: number): Promise<OldHost[]> {
    if (!this.reachesBehindMemory(from)) return [];
    const found: OldHost[] = [];
    for (const [cluster, host] of await this.#hostsOf(old, selector, from, to)) {
      const since = old.since(cluster, host);
      if (from >= since) continue;
      const begin = await old.begin(cluster, host, Math.min(since, to));
      if (begin < Math.min(since, to)) found.push({ cluster, host, begin });
    }
    return found;
  }

  async #hostsOf(old: OldSamples, selector: Selector, from: number, to: number): Promise<[string, string][]> {
    const { store } = this.#options;
    const [clusterStep, hostStep] = selector;
    const clusters = namesOf(clusterStep) ?? [...new Set([...store.listChildren([]), ...(await old.clusters())])];
    const pairs: [string, string][] = [];
    for (const cluster of clusters) {
      for (const host of namesOf(hostStep) ?? (await this.hosts(cluster, from, to))) pairs.push([cluster, host]);
    }
    return pairs;
  }

  async #readFromScratch<Result>(
    old: OldSamples,
    hosts: readonly OldHost[],
    result: PendingResult,
    use: ReadResultFrom<Result>,
  ): Promise<Result> {
    const { store, newAdder } = this.#options;
    const scratch = this.#idle.pop() ?? new Scratch(store, newAdder?.());
    try {
      const errors = new Set<string>();
      // Samples go from memory into snapshots and from there into the archive: read in this order, none is missed.
      const inMemory = this.#copyMemory(result);
      for (const host of hosts) await this.#readDisk(old, host, result, scratch, errors);
      for (const { path, run } of inMemory) scratch.put(path, result.metric, run);
      return use(scratch.store, [...errors]);
    } finally {
      scratch.clear();
      this.#idle.push(scratch);
    }
  }

  #copyMemory({ selector, metric, from, to }: PendingResult): { path: LevelPath; run: OldRun }[] {
    const { store } = this.#options;
    const copies: { path: LevelPath; run: OldRun }[] = [];
    const seen = new Set<Level>();
    visitSelected(store.root, selector, (level) => {
      const series = level.series.get(metric.index);
      if (series === undefined || seen.has(level)) return;
      seen.add(level);
      const path = level.path();
      for (const run of copyFromMemory(store, series, level, from - metric.frequency, to + metric.frequency)) {
        copies.push({ path, run });
      }
    });
    return copies;
  }

  async #readDisk(
    old: OldSamples,
    { cluster, host, begin }: OldHost,
    result: PendingResult,
    scratch: Scratch,
    errors: Set<string>,
  ): Promise<void> {
    const { yieldToOthers } = this.#options;
    const { metric, selector } = result;
    // The slot that holds `from` may begin before it.
    const from = Math.max(result.from - metric.frequency, begin);
    const to = Math.min(result.to, old.since(cluster, host)) + metric.frequency;
    checkPoints(result, (to - from) / metric.frequency);
    const accepts = acceptsBelowHost(selector);
    const step = POINTS_PER_READ * metric.frequency;
    for (let time = from; time < to; time += step) {
      const end = Math.min(to, time + step);
      const answer = await old.read({ cluster, host, metric: metric.name, from: time, to: end, accepts });
      for (const error of answer.errors) errors.add(error);
      for (const run of answer.runs) {
        result.pointsLeft -= scratch.put([cluster, host, ...run.path], metric, run);
        checkPoints(result, 0);
      }
      await yieldToOthers();
    }
  }
}

interface OldHost {
  readonly cluster: string;
  readonly host: string;
  /** When its samples on disk may begin, Unix seconds. */
  readonly begin: number;
}

interface PendingResult {
  readonly selector: Selector;
  readonly metric: Metric;
  readonly from: number;
  readonly to: number;
  /** Values that may still be read from disk. */
  pointsLeft: number;
}

function checkPoints({ pointsLeft }: PendingResult, points: number): void {
  if (points <= pointsLeft) return;
  throw new StoreError(
    "too-many-points",
    "[METRICSTORE]> too many points to be read from disk (limit old-points-per-result); ask for a shorter range",
  );
}

function namesOf(step: Selector[number] | undefined): readonly string[] | undefined {
  return typeof step === "string" ? [step] : step;
}

/** Visits the levels that a selector chooses, and all below them. */
function visitSelected(root: Level, selector: Selector, visit: (level: Level) => void): void {
  const descend = (level: Level | undefined, depth: number): void => {
    if (level === undefined) return;
    const names = namesOf(selector[depth]);
    if (names === undefined) visitLevels(level, visit);
    else for (const name of names) descend(level.children.get(name), depth + 1);
  };
  descend(root, 0);
}

/** Tells whether a path below the host is chosen by a selector, or is below what is chosen. */
function acceptsBelowHost(selector: Selector): (path: readonly string[]) => boolean {
  const steps = selector.slice(2).map((step) => new Set(namesOf(step)));
  return (path) => steps.every((names, depth) => names.has(path[depth] ?? ""));
}
