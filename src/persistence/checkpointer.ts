// Checkpoints: what of a host is in no snapshot goes into one, then the WAL that held it goes. (design.md, Durability)

import type { HostSnapshot } from "../codec/host-snapshot.ts";
import type { MetricConfig } from "../core/metrics.ts";
import { MetricStore } from "../core/store.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { removeIfThere, writeAtomically } from "./atomic-file.ts";
import { exportHost, markHostSaved, unsavedOf } from "./host-export.ts";
import type { HostFiles, SnapshotFile } from "./host-files.ts";
import { importHost } from "./host-import.ts";
import { join, snapshotFileName, type SnapshotFormat } from "./layout.ts";
import { decodeHost, encodeHost, readWhole } from "./snapshot-files.ts";

export interface CheckpointerOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly format: SnapshotFormat;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;

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
    const level = store.root.find([host.cluster, host.host]);
    // From here to the first `await` nothing can be written: records, marks and exported samples are of one moment.
    const cover = host.beginCover();
    const unsaved = level === undefined ? { hasAny: false, changedFrom: Infinity } : unsavedOf(store, level);
    if (level === undefined || !unsaved.hasAny) {
      await cover.forget();
      return false;
    }
    const superseded = host.snapshots.filter((file) => host.mustRewrite || file.to > unsaved.changedFrom);
    const since = superseded.reduce((time, file) => Math.min(time, file.from), unsaved.changedFrom);
    const parts = exportHost(store, level, host.mustRewrite ? -Infinity : since);
    const unmark = markHostSaved(store, level);
    try {
      await this.#replace(host, superseded, parts);
      await cover.forget();
      host.mustRewrite = false;
      return true;
    } catch (error) {
      cover.restore();
      if (!unmark()) host.mustRewrite = true;
      throw error;
    }
  }

  /** Writes the parts, with what the superseded files hold beside them, and removes those files. */
  async #replace(host: HostFiles, superseded: readonly SnapshotFile[], parts: readonly HostSnapshot[]): Promise<void> {
    const { files, format } = this.#options;
    await host.makeDirectory();
    const names = new Set(parts.map(({ from }) => snapshotFileName({ from, format })));
    // A file of the same name may hold other samples, of series that have come only now.
    const replaced = host.snapshots.filter((file) => superseded.includes(file) || names.has(file.name));
    const merged = replaced.length === 0 ? parts : await this.#merge(host, replaced, parts);
    const written: SnapshotFile[] = [];
    for (const part of merged) {
      const name = snapshotFileName({ from: part.from, format });
      await writeAtomically(files, host.directory, name, encodeHost(part, format));
      written.push({ name, format, from: part.from, to: part.to });
    }
    const gone = replaced.filter((file) => !written.some(({ name }) => name === file.name));
    for (const { name } of gone) await removeIfThere(files, join(host.directory, name));
    if (gone.length > 0) await files.syncDirectory(host.directory);
    const kept = host.snapshots.filter((file) => !replaced.includes(file));
    host.snapshots = [...kept, ...written].toSorted((a, b) => a.from - b.from);
  }

  /** A store of its own puts the samples of the files and those of memory, which are newer, into one order. */
  async #merge(
    host: HostFiles,
    replaced: readonly SnapshotFile[],
    parts: readonly HostSnapshot[],
  ): Promise<HostSnapshot[]> {
    const { store, files } = this.#options;
    const metrics: Record<string, MetricConfig> = Object.fromEntries(
      store.metrics.byIndex.map((metric) => [metric.name, metric]),
    );
    const scratch = new MetricStore({ metrics });
    for (const file of replaced) {
      const bytes = await readWhole(files, host.directory, file.name);
      importHost(scratch, host.cluster, host.host, decodeHost(bytes, file.format));
    }
    for (const part of parts) importHost(scratch, host.cluster, host.host, part);
    const level = scratch.root.find([host.cluster, host.host]);
    return level === undefined ? [] : exportHost(scratch, level, -Infinity);
  }
}
