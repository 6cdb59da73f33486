// The start: what is on disk comes back into the store. First every host's snapshots and WAL, then the journals, which
// hold what came last. A damaged or foreign file costs itself alone; it is kept aside and reported. (spec §5, Loading)

import { JOURNAL_HEADER_BYTES, JOURNAL_MAGIC } from "../codec/journal/journal-record.ts";
import { FILE_HEADER_BYTES, FILE_MAGIC } from "../codec/wal/record.ts";
import type { MetricStore } from "../core/store.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { isNotFound, removeIfThere } from "./atomic-file.ts";
import { markHostSaved } from "./host-export.ts";
import type { HostFiles, SnapshotFile } from "./host-files.ts";
import { importHost } from "./host-import.ts";
import type { HostRegistry } from "./host-registry.ts";
import { journalName, parseJournalName } from "./journal.ts";
import {
  isOddSnapshotName,
  join,
  JOURNAL_DIRECTORY,
  parseSnapshotFileName,
  snapshotFileName,
  UNFINISHED_SUFFIX,
  WAL_NAME,
} from "./layout.ts";
import { Quarantine } from "./quarantine.ts";
import { RecordReplay, type ReplayHost, type ReplayResult } from "./record-replay.ts";
import type { RecoveryReport } from "./recovery-report.ts";
import { decodeHost, isDamage, readWhole } from "./snapshot-files.ts";

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
  readonly #replay: RecordReplay;
  #isReadingJournal = false;

  constructor(options: LoaderOptions) {
    const { files, store, oldest, hosts, report } = options;
    this.#options = options;
    this.#quarantine = new Quarantine(files, report);
    this.#replay = new RecordReplay({
      files,
      store,
      oldest,
      numberOf: (cluster, host) => hosts.numberOf(cluster, host),
      onRecords: (host, records) => {
        if (this.#isReadingJournal) hosts.host(host).addPending(records);
      },
    });
  }

  /** Loads everything. Returns the numbers of the journals that were read, in ascending order. */
  async load(): Promise<readonly number[]> {
    const { files, hosts, root, report, yieldToOthers } = this.#options;
    await files.makeDirectory(root);
    for (const cluster of await this.#directoriesIn(root)) {
      if (cluster === JOURNAL_DIRECTORY) continue;
      for (const host of await this.#directoriesIn(join(root, cluster))) {
        await this.#loadHost(hosts.of(cluster, host), hosts.numberOf(cluster, host));
        report.hosts++;
        await yieldToOthers();
      }
    }
    return this.#loadJournals();
  }

  /** Names of the directories in one; files beside them are foreign. A directory that cannot be read costs itself. */
  async #directoriesIn(path: string): Promise<string[]> {
    const entries = await this.#list(path);
    for (const { kind, name } of entries) if (kind !== "directory") this.#options.report.foreign.push(join(path, name));
    return entries.filter(({ kind }) => kind === "directory").map(({ name }) => name);
  }

  async #list(path: string): Promise<DirectoryEntry[]> {
    try {
      return await this.#options.files.list(path);
    } catch (error) {
      if (isNotFound(error)) return [];
      this.#quarantine.unreadable(path, error);
      return [];
    }
  }

  async #loadHost(host: HostFiles, number: number): Promise<void> {
    const entries = await this.#list(host.directory);
    const names = entries.filter(({ kind }) => kind === "file").map(({ name }) => name);
    try {
      await this.#loadSnapshots(host, names);
      if (names.includes(WAL_NAME)) await this.#loadWal(host, number);
    } catch (error) {
      // One bad host directory never stops the start of the others.
      this.#quarantine.unreadable(host.directory, error);
    }
  }

  async #loadSnapshots(host: HostFiles, names: readonly string[]): Promise<void> {
    const { files, store, oldest, report } = this.#options;
    for (const name of names) {
      if (isOddSnapshotName(name))
        await this.#quarantine.whole(host.directory, name, "not named <seconds>.bin or .json");
      if (name.endsWith(UNFINISHED_SUFFIX)) await removeIfThere(files, join(host.directory, name));
    }
    // Of two with the same time the binary one comes last and counts: the other may be rounded.
    const found = names
      .map(parseSnapshotFileName)
      .filter((name) => name !== undefined)
      .toSorted((a, b) => a.from - b.from || (a.format === "json" ? -1 : 1));
    const firstInTime = found.findLastIndex(({ from }) => from < oldest);
    report.tooOld += Math.max(0, firstInTime);
    const loaded: SnapshotFile[] = [];
    for (const { from, format } of found.slice(Math.max(0, firstInTime))) {
      const name = snapshotFileName({ from, format });
      const to = await this.#loadSnapshot(host, name, format);
      if (to !== undefined) loaded.push({ name, format, from, to });
    }
    host.snapshots = loaded;
    const level = store.root.find([host.cluster, host.host]);
    if (level !== undefined) markHostSaved(store, level);
  }

  /** Returns the end of the snapshot's range; undefined if it is damaged. */
  async #loadSnapshot(host: HostFiles, name: string, format: "bin" | "json"): Promise<number | undefined> {
    const { files, store, report } = this.#options;
    try {
      const snapshot = decodeHost(await readWhole(files, host.directory, name), format);
      const counts = importHost(store, host.cluster, host.host, snapshot);
      report.snapshotFiles++;
      report.snapshotSamples += counts.samples;
      report.notLoaded += counts.skippedBlocks;
      return snapshot.to;
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#quarantine.whole(host.directory, name, error.message);
      return undefined;
    }
  }

  async #loadWal(host: HostFiles, number: number): Promise<void> {
    const { directory } = host;
    const replayHost: ReplayHost = { number, cluster: host.cluster, host: host.host };
    const result = await this.#readLog(directory, WAL_NAME, FILE_MAGIC, FILE_HEADER_BYTES, replayHost);
    if (result === undefined) return;
    await this.#quarantine.tornEnd(directory, WAL_NAME, result.intactBytes);
    host.foundWal(result.intactBytes);
  }

  async #loadJournals(): Promise<readonly number[]> {
    const directory = join(this.#options.root, JOURNAL_DIRECTORY);
    const numbers = (await this.#list(directory))
      .map(({ name }) => parseJournalName(name))
      .filter((number) => number !== undefined)
      .toSorted((a, b) => a - b);
    this.#isReadingJournal = true;
    const read: number[] = [];
    for (const number of numbers) {
      const name = journalName(number);
      const result = await this.#readLog(directory, name, JOURNAL_MAGIC, JOURNAL_HEADER_BYTES, undefined);
      if (result === undefined) continue;
      read.push(number);
      // What is torn off was never acknowledged, and nothing is appended to an old journal: it need not be cut or kept.
      this.#options.report.cutBytes += (await this.#options.files.sizeOf(join(directory, name))) - result.intactBytes;
    }
    this.#isReadingJournal = false;
    return read;
  }

  /** Replays a log; undefined if it is none or empty. Damage in its middle is copied aside. */
  async #readLog(
    directory: string,
    name: string,
    magic: number,
    headerBytes: number,
    host: ReplayHost | undefined,
  ): Promise<ReplayResult | undefined> {
    const { files, report } = this.#options;
    const path = join(directory, name);
    const header = await files.readRange(path, 0, headerBytes);
    if (header.length < headerBytes) {
      // Made, but the power went before anything was in it.
      report.cutBytes += header.length;
      await removeIfThere(files, path);
      return undefined;
    }
    if (new DataView(header.buffer).getUint32(0, true) !== magic) {
      await this.#quarantine.whole(directory, name, `magic: expected 0x${magic.toString(16)}`);
      return undefined;
    }
    const result = await this.#replay.replay(path, headerBytes, host);
    report.logFiles++;
    report.logRecords += result.records;
    report.tooOld += result.skipped;
    report.notLoaded += result.ignored;
    for (const range of result.damaged) await this.#quarantine.range(directory, name, range);
    return result;
  }
}
