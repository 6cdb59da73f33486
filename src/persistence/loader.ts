// The start: what is on disk comes back into the store. First every host's snapshots and WAL, then the journals, which
// hold what came last. A damaged or foreign file costs itself alone; it is kept aside and reported. (spec §5, Loading)

import type { MetricStore } from "../core/store.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { makeDurableDirectory } from "./atomic-file.ts";
import { HostLoader } from "./host-loader.ts";
import type { HostRegistry } from "./host-registry.ts";
import { JournalLoader } from "./journal-loader.ts";
import type { FoundJournals } from "./journal.ts";
import { join, JOURNAL_DIRECTORY } from "./layout.ts";
import { LogReader } from "./log-reader.ts";
import { Quarantine } from "./quarantine.ts";
import { RecordReplay } from "./record-replay.ts";
import type { RecoveryReport } from "./recovery-report.ts";

export interface LoaderOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly hosts: HostRegistry;
  /** The directory of checkpoints; made if it does not exist. */
  readonly root: string;
  /** Samples older than this (Unix seconds) are left out. */
  readonly oldest: number;
  /** Is filled in as the loading goes on. */
  readonly report: RecoveryReport;
  readonly yieldToOthers: () => Promise<void>;
}

export class Loader {
  readonly #options: LoaderOptions;
  readonly #quarantine: Quarantine;
  #isReadingJournals = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#quarantine = new Quarantine(options.files, options.report);
  }

  /** Loads everything. Rejects when the directory cannot be made or listed. */
  async load(): Promise<FoundJournals> {
    const { files, root, report } = this.#options;
    const quarantine = this.#quarantine;
    const logs = new LogReader(files, this.#newReplay(), quarantine, report);
    await makeDurableDirectory(files, root);
    await this.#loadHosts(new HostLoader({ ...this.#options, quarantine, logs }));
    this.#isReadingJournals = true;
    return new JournalLoader({ files, root, report, quarantine, logs }).load();
  }

  #newReplay(): RecordReplay {
    const { files, store, oldest, hosts } = this.#options;
    return new RecordReplay({
      files,
      store,
      oldest,
      numberOf: (cluster, host) => hosts.numberOf(cluster, host),
      onRecords: (host, records) => {
        if (this.#isReadingJournals) hosts.host(host).addPending(records);
      },
    });
  }

  async #loadHosts(loader: HostLoader): Promise<void> {
    const { files, hosts, root, report, yieldToOthers } = this.#options;
    for (const cluster of this.#directoriesOf(root, await files.list(root))) {
      if (cluster === JOURNAL_DIRECTORY) continue;
      const path = join(root, cluster);
      for (const name of this.#directoriesOf(path, await this.#list(path))) {
        const host = hosts.of(cluster, name);
        const entries = await this.#list(host.directory);
        const names = entries?.filter(({ kind }) => kind === "file").map((entry) => entry.name);
        if (names !== undefined) await loader.load(host, hosts.numberOf(cluster, name), names);
        report.hosts++;
        await yieldToOthers();
      }
    }
  }

  /** Names of directories; files beside them are foreign. */
  #directoriesOf(path: string, entries: readonly DirectoryEntry[] = []): string[] {
    for (const { kind, name } of entries) if (kind !== "directory") this.#options.report.foreign.push(join(path, name));
    return entries.filter(({ kind }) => kind === "directory").map(({ name }) => name);
  }

  /** A directory that cannot be read costs itself: undefined. */
  async #list(path: string): Promise<DirectoryEntry[] | undefined> {
    try {
      return await this.#options.files.list(path);
    } catch (error) {
      this.#quarantine.unreadable(path, error);
      return undefined;
    }
  }
}
