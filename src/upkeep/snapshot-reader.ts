// Reads samples out of snapshot files while the store runs: those that have left memory and are not archived yet.

import { messageOf } from "../core/message-of.ts";
import type { HostSnapshot, LevelSnapshot } from "../codec/host-snapshot.ts";
import type { SnapshotFile } from "../persistence/host-files.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import { join } from "../persistence/layout.ts";
import { decodeHost, readWholeIfThere } from "../persistence/snapshot-files.ts";
import type { OldAnswer, OldRun, OldSelection } from "../query/old-samples.ts";
import type { FileSystem } from "../runtime/ports.ts";

/** A query of all hosts asks for one metric of a host after the other: the files of a host are decoded once. */
const CACHED_SNAPSHOTS = 8;

export class SnapshotReader {
  readonly #files: FileSystem;
  readonly #storage: HostStorage;
  /** What was decoded last, oldest first. A file that is written again has another key. */
  readonly #decoded = new Map<SnapshotFile, HostSnapshot>();
  /** Ends of files of which the start has read only the name. */
  readonly #ends = new WeakMap<SnapshotFile, number>();

  constructor(files: FileSystem, storage: HostStorage) {
    this.#files = files;
    this.#storage = storage;
  }

  /** Whether a host has snapshots that may hold samples of [from, to). */
  mayHave(cluster: string, host: string, from: number, to: number): boolean {
    return this.#overlapping(cluster, host, from, to).length > 0;
  }

  /** Time of the first snapshot of a host; Infinity if it has none. */
  begin(cluster: string, host: string): number {
    return this.#storage.snapshotsOf(cluster, host)[0]?.from ?? Infinity;
  }

  /** Names of the hosts that have snapshots which may hold samples of [from, to). */
  hosts(cluster: string, from: number, to: number): string[] {
    return this.#storage.hostsOf(cluster).filter((host) => this.mayHave(cluster, host, from, to));
  }

  /** Reads one metric of a host. A bad file costs itself alone: it is in `errors`. */
  async read(selection: OldSelection): Promise<OldAnswer> {
    const { cluster, host, from, to } = selection;
    if (!this.mayHave(cluster, host, from, to)) return { runs: [], errors: [] };
    return this.#storage.exclusive(cluster, host, async () => {
      const runs: OldRun[] = [];
      const errors: string[] = [];
      for (const file of this.#overlapping(cluster, host, from, to)) {
        const path = join(this.#storage.directoryOf(cluster, host), file.name);
        try {
          const snapshot = await this.#decode(file, path);
          collectRuns(snapshot.level, [], selection, runs);
        } catch (error) {
          errors.push(`${path}: ${messageOf(error)}`);
        }
      }
      return { runs, errors };
    });
  }

  #overlapping(cluster: string, host: string, from: number, to: number): SnapshotFile[] {
    return this.#storage
      .snapshotsOf(cluster, host)
      .filter((file) => file.from < to && (this.#ends.get(file) ?? endOf(file)) > from);
  }

  async #decode(file: SnapshotFile, path: string): Promise<HostSnapshot> {
    const known = this.#decoded.get(file);
    if (known !== undefined) return known;
    const bytes = await readWholeIfThere(this.#files, path);
    if (bytes === undefined) throw new Error("the file is gone");
    const snapshot = decodeHost(bytes, file.format);
    this.#ends.set(file, snapshot.to);
    this.#decoded.set(file, snapshot);
    for (const [oldest] of this.#decoded) {
      if (this.#decoded.size <= CACHED_SNAPSHOTS) break;
      this.#decoded.delete(oldest);
    }
    return snapshot;
  }
}

/** Of a file that was not read it could be any time. */
function endOf({ to }: SnapshotFile): number {
  return to === -Infinity ? Infinity : to;
}

function collectRuns(level: LevelSnapshot, path: readonly string[], selection: OldSelection, runs: OldRun[]): void {
  if (selection.accepts(path)) {
    for (const block of level.metrics) {
      if (block.name !== selection.metric) continue;
      const run = cut(block, selection);
      if (run.values.length > 0) runs.push({ path, ...run });
    }
  }
  for (const child of level.children) collectRuns(child.level, [...path, child.name], selection, runs);
}

function cut(
  { frequency, start, values }: { frequency: number; start: number; values: Float32Array },
  { from, to }: { from: number; to: number },
): { frequency: number; start: number; values: Float32Array } {
  const first = Math.min(values.length, Math.max(0, Math.ceil((from - start) / frequency)));
  const end = Math.max(first, Math.min(values.length, Math.ceil((to - start) / frequency)));
  return { frequency, start: start + first * frequency, values: values.subarray(first, end) };
}
