// Checkpoints: what of a host is in no snapshot goes into one, then the WAL that held it goes. (design.md, Durability)

import type { HostSnapshot } from "../codec/host-snapshot.ts";
import type { MetricStore } from "../core/store.ts";
import type { FileSystem } from "../runtime/ports.ts";
import type { TimeRange } from "../core/blocks.ts";
import { removeIfThere, setAside, writeAtomically } from "./atomic-file.ts";
import { exportHost, islandsOf, markHostSaved, rememberUnsaved, unsavedOf } from "./host-export.ts";
import type { HostFiles, SnapshotFile } from "./host-files.ts";
import { join, snapshotFileName, type SnapshotFormat } from "./layout.ts";
import { mergeSnapshots } from "./merge.ts";
import { Mutex } from "./mutex.ts";
import { decodeHost, encodeHostInTurns, isDamage, readWholeIfThere } from "./snapshot-files.ts";

export interface CheckpointerOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly format: SnapshotFormat;
  /** Lets requests have the thread between the pieces of work. */
  readonly yieldToOthers: () => Promise<void>;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** Of the hosts under way one at a time has the thread between two turns of the requests. */
  readonly #turn = new Mutex();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /**
   * Writes what of a host is in no snapshot, durably, and removes the WAL that covered it.
   * Rejects when that failed: then nothing is lost, and the next checkpoint tries again.
   * @returns whether there was anything to write
   */
  checkpoint(host: HostFiles): Promise<boolean> {
    return host.lock.run(() => this.#checkpoint(host));
  }

  async #checkpoint(host: HostFiles): Promise<boolean> {
    const { store } = this.#options;
    await this.#nextTurn();
    const level = store.root.find([host.cluster, host.host]);
    // From here to the first `await` nothing can be written: exported samples, marks and records are of one moment.
    const unsaved = level === undefined ? { hasAny: false, changedFrom: Infinity } : unsavedOf(store, level);
    const hasWork = level !== undefined && (unsaved.hasAny || host.mustRewrite);
    const changedFrom = host.mustRewrite ? -Infinity : unsaved.changedFrom;
    const parts = hasWork ? exportHost(store, level, sinceOf(host.snapshots, changedFrom)) : [];
    const unmark = hasWork ? rememberUnsaved(store, level) : (): boolean => true;
    if (hasWork) markHostSaved(store, level);
    const cover = host.beginCover();
    try {
      // What is exported stays as it is: requests have their turn before it is encoded.
      await this.#nextTurn();
      if (parts.length > 0) await this.#write(host, parts, changedFrom);
      await cover.forget();
      host.mustRewrite = false;
      return parts.length > 0;
    } catch (error) {
      cover.restore();
      if (!unmark()) host.mustRewrite = true;
      throw error;
    }
  }

  #nextTurn(): Promise<void> {
    return this.#turn.run(this.#options.yieldToOthers);
  }

  /** Writes the parts, with what the files hold whose place they take, and removes those files. */
  async #write(host: HostFiles, parts: readonly HostSnapshot[], changedFrom: number): Promise<void> {
    const { files, format, store } = this.#options;
    await host.prepareDirectory();
    const replaced = replacedBy(parts, host.snapshots, changedFrom);
    const old = await this.#read(host, replaced);
    const merged = old.length === 0 ? parts : mergeSnapshots(old, parts, store.metrics.byIndex);
    const written = new Set<string>();
    // The last first: see mergeSnapshots.
    for (const snapshot of merged.toReversed()) {
      const { from, to } = snapshot;
      const name = snapshotFileName({ from, format });
      const isKept = host.snapshots.some((file) => file.name === name) && !replaced.some((file) => file.name === name);
      if (isKept) throw new Error(`BUG: ${join(host.directory, name)} would be overwritten`);
      const pieces = await encodeHostInTurns(snapshot, format, () => this.#nextTurn());
      // Noted before: a failure does not tell whether the file is there.
      host.noteSnapshot({ name, format, from, to });
      await writeAtomically(files, host.directory, name, ...pieces);
      written.add(name);
    }
    const gone = replaced.filter(({ name }) => !written.has(name));
    for (const { name } of gone) await removeIfThere(files, join(host.directory, name));
    if (gone.length > 0) await files.syncDirectory(host.directory);
    host.forgetSnapshots(gone);
  }

  async #read(host: HostFiles, snapshots: readonly SnapshotFile[]): Promise<HostSnapshot[]> {
    const { files } = this.#options;
    const read: HostSnapshot[] = [];
    for (const { name, format } of snapshots) {
      const bytes = await readWholeIfThere(files, host.directory, name);
      if (bytes === undefined) continue;
      try {
        read.push(decodeHost(bytes, format));
      } catch (error) {
        // Not without saying so; the next checkpoint goes on without it.
        if (isDamage(error)) await setAside(files, host.directory, name);
        throw error;
      }
    }
    return read;
  }
}

/** From when on everything must be exported, if slots from `changedFrom` on have changed. */
function sinceOf(snapshots: readonly SnapshotFile[], changedFrom: number): number {
  return snapshots.reduce((time, { from, to }) => (to > changedFrom ? Math.min(time, from) : time), changedFrom);
}

/**
 * The snapshots that the parts take the place of: those that hold slots which have changed, and those that begin within
 * or near one of these or of the parts. They would be loaded behind it, though they are older; and blocks of theirs might begin
 * before those of it, with which the reference does not start.
 */
function replacedBy(
  parts: readonly TimeRange[],
  snapshots: readonly SnapshotFile[],
  changedFrom: number,
): SnapshotFile[] {
  let replaced = snapshots.filter(({ to }) => to > changedFrom);
  for (;;) {
    const islands = islandsOf([...parts, ...replaced]);
    const more = snapshots.filter(
      (file) => !replaced.includes(file) && islands.some(({ from, to }) => from <= file.from && file.from < to),
    );
    if (more.length === 0) return snapshots.filter((file) => replaced.includes(file));
    replaced = [...replaced, ...more];
  }
}
