// The start: what is on disk comes back into the store. First every host's snapshots and WAL, then the journals, which
// hold what came last. A damaged or foreign file costs itself alone; it is kept aside and reported. (spec §5, Loading)

import type { MetricStore } from "../core/store.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { makeDurableDirectory } from "./atomic-file.ts";
import { HostLoader } from "./host-loader.ts";
import type { HostRegistry } from "./host-registry.ts";
import { inParallel } from "./in-parallel.ts";
import { JournalLoader } from "./journal-loader.ts";
import type { FoundJournals } from "./journal.ts";
import { isFileName, join, JOURNAL_DIRECTORY } from "./layout.ts";
import { LogReader } from "./log-reader.ts";
import { Quarantine } from "./quarantine.ts";
import { RecordReplay, type TakeRecords } from "./record-replay.ts";
import type { RecoveryReport } from "./recovery-report.ts";

export interface LoaderOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  readonly hosts: HostRegistry;
  /** The directory of checkpoints; made if it does not exist. */
  readonly root: string;
  /** Snapshots that end before this (Unix seconds) are left out. */
  readonly oldest: number;
  /** Records of logs older than this (Unix seconds) are left out; default `oldest`. */
  readonly oldestRecord?: number;
  /** Is filled in as the loading goes on. */
  readonly report: RecoveryReport;
  readonly yieldToOthers: () => Promise<void>;
}

/** While one host's samples go into the store, the files of others come from the disk. */
const HOSTS_AT_ONCE = 4;

export class Loader {
  readonly #options: LoaderOptions;
  readonly #quarantine: Quarantine;

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#quarantine = new Quarantine(options.files, options.report);
  }

  /** Loads everything. Rejects when the directory cannot be made or listed. */
  async load(): Promise<FoundJournals> {
    const { files, root, report } = this.#options;
    const quarantine = this.#quarantine;
    await makeDurableDirectory(files, root);
    const logs = this.#newLogReader();
    await this.#loadHosts(new HostLoader({ ...this.#options, quarantine, logs }));
    return new JournalLoader({ files, root, report, quarantine, logs }).load();
  }

  #newLogReader(): LogReader {
    const { files, store, oldest, oldestRecord = oldest, hosts, report } = this.#options;
    const replay = new RecordReplay({
      files,
      store,
      oldest: oldestRecord,
      numberOf: (cluster, host) => hosts.numberOf(cluster, host),
    });
    const onJournalRecords: TakeRecords = (host, bytes, start, end) => hosts.host(host).addPending(bytes, start, end);
    return new LogReader({ files, replay, quarantine: this.#quarantine, report, onJournalRecords });
  }

  async #loadHosts(loader: HostLoader): Promise<void> {
    const { report, yieldToOthers } = this.#options;
    const failures = await inParallel(await this.#findHosts(), HOSTS_AT_ONCE, async (number) => {
      await this.#loadHost(loader, number);
      report.hosts++;
      await yieldToOthers();
    });
    if (failures.length > 0) throw failures[0];
  }

  /** Numbers of all hosts that have a directory. */
  async #findHosts(): Promise<number[]> {
    const { files, hosts, root } = this.#options;
    const numbers: number[] = [];
    for (const cluster of this.#directoriesOf(root, await files.list(root))) {
      if (cluster === JOURNAL_DIRECTORY) continue;
      const path = join(root, cluster);
      const names = this.#directoriesOf(path, await this.#list(path));
      numbers.push(...names.map((name) => hosts.numberOf(cluster, name)));
    }
    return numbers;
  }

  async #loadHost(loader: HostLoader, number: number): Promise<void> {
    const host = this.#options.hosts.host(number);
    const entries = await this.#list(host.directory);
    if (entries === undefined) return;
    for (const entry of entries) {
      if (entry.kind !== "file" && isFileName(entry.name)) await this.#quarantine.noFile(host.directory, entry);
    }
    const names = entries.filter(({ kind }) => kind === "file").map((entry) => entry.name);
    await loader.load(host, number, names);
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
