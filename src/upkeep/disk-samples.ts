// What queries find on disk: the archive, and snapshots that are not in it yet.

import type { ArchivedSeries, ArchiveReader } from "../archive/ports.ts";
import type { OldAnswer, OldRun, OldSamples, OldSelection } from "../query/old-samples.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import type { MemoryCoverage } from "./memory-coverage.ts";
import type { SnapshotReader } from "./snapshot-reader.ts";

export interface DiskSamplesOptions {
  readonly coverage: MemoryCoverage;
  readonly storage: HostStorage;
  readonly snapshots: SnapshotReader;
  /** Absent: there is no archive. */
  readonly archive: ArchiveReader | undefined;
}

export class DiskSamples implements OldSamples {
  readonly #options: DiskSamplesOptions;

  constructor(options: DiskSamplesOptions) {
    this.#options = options;
  }

  get latestSince(): number {
    return this.#options.coverage.latestSince;
  }

  since(cluster: string, host: string): number {
    return this.#options.coverage.since(cluster, host);
  }

  async begin(cluster: string, host: string, to: number): Promise<number> {
    const { snapshots, archive } = this.#options;
    const ofSnapshots = snapshots.begin(cluster, host);
    if (archive === undefined) return ofSnapshots;
    const covers = await archive.covers(cluster);
    return Math.min(ofSnapshots, covers?.from ?? (await this.#beginOfUnreadable(archive, cluster, to)));
  }

  async #beginOfUnreadable(archive: ArchiveReader, cluster: string, to: number): Promise<number> {
    const { errors } = await archive.hosts(cluster, { from: to, to });
    return errors.length > 0 ? to - 1 : Infinity;
  }

  async clusters(): Promise<readonly string[]> {
    const { storage, archive } = this.#options;
    const ofSnapshots = storage.clusters();
    return [...new Set([...ofSnapshots, ...((await archive?.clusters()) ?? [])])];
  }

  async hosts(cluster: string, from: number, to: number): Promise<readonly string[]> {
    const { snapshots, archive } = this.#options;
    const ofSnapshots = snapshots.hosts(cluster, from, to);
    // A file that cannot be read is told by the results of the hosts.
    const archived = await archive?.hosts(cluster, { from, to });
    return [...new Set([...ofSnapshots, ...(archived?.hosts ?? [])])];
  }

  async read(selection: OldSelection): Promise<OldAnswer> {
    const { snapshots, archive } = this.#options;
    // Samples go from snapshots into the archive: read in this order, none is missed. What is in both is newer in snapshots.
    const fromSnapshots = await snapshots.read(selection);
    if (archive === undefined) return fromSnapshots;
    const { metric, ...where } = selection;
    const fromArchive = await archive.read({ ...where, metrics: [metric] });
    return {
      runs: [...fromArchive.series.flatMap(runsOf), ...fromSnapshots.runs],
      errors: [...fromArchive.errors, ...fromSnapshots.errors],
    };
  }
}

/** Cuts a series wherever a sample does not follow the one before by its frequency. */
function runsOf({ path, frequency, timestamps, values }: ArchivedSeries): OldRun[] {
  const runs: OldRun[] = [];
  let first = 0;
  for (let i = 1; i <= timestamps.length; i++) {
    if (i < timestamps.length && timestamps[i] - timestamps[i - 1] === frequency) continue;
    runs.push({ path, frequency, start: timestamps[first], values: values.subarray(first, i) });
    first = i;
  }
  return timestamps.length === 0 ? [] : runs;
}
