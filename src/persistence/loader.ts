// The start: what is on disk comes back into the store. First every host's snapshots and WAL, then the journals, which
// hold what came last. A damaged or foreign file costs itself alone; it is kept aside and reported. (spec §5, Loading)

import { JOURNAL_HEADER_BYTES, JOURNAL_MAGIC } from "../codec/journal/journal-record.ts";
import { FILE_HEADER_BYTES, FILE_MAGIC } from "../codec/wal/record.ts";
import type { MetricStore } from "../core/store.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { isNotFound, makeDurableDirectory, removeIfThere } from "./atomic-file.ts";
import { markHostSaved, MAX_SNAPSHOT_SECONDS } from "./host-export.ts";
import { unreadSnapshot, type HostFiles } from "./host-files.ts";
import { importHost, type BlockStarts } from "./host-import.ts";
import type { HostRegistry } from "./host-registry.ts";
import { journalName, parseJournalName, type FoundJournals } from "./journal.ts";
import {
  DAMAGED_JOURNALS,
  isOddSnapshotName,
  join,
  JOURNAL_DIRECTORY,
  parseSnapshotFileName,
  UNFINISHED_SUFFIX,
  WAL_NAME,
  type SnapshotFormat,
  type SnapshotName,
} from "./layout.ts";
import { Quarantine } from "./quarantine.ts";
import { RecordReplay, type ReplayHost, type ReplayResult } from "./record-replay.ts";
import type { RecoveryReport } from "./recovery-report.ts";
import { decodeHost, isDamage, readEnd, readWhole } from "./snapshot-files.ts";

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

  /** Loads everything. Rejects when the directory cannot be made or listed, or that of the journals cannot be listed. */
  async load(): Promise<FoundJournals> {
    const { files, hosts, root, report, yieldToOthers } = this.#options;
    await makeDurableDirectory(files, root);
    for (const cluster of this.#directoriesOf(root, await files.list(root))) {
      if (cluster === JOURNAL_DIRECTORY) continue;
      const path = join(root, cluster);
      for (const host of this.#directoriesOf(path, (await this.#list(path)) ?? [])) {
        await this.#loadHost(hosts.of(cluster, host), hosts.numberOf(cluster, host));
        report.hosts++;
        await yieldToOthers();
      }
    }
    return this.#loadJournals();
  }

  /** Names of directories; files beside them are foreign. */
  #directoriesOf(path: string, entries: readonly DirectoryEntry[]): string[] {
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

  // — Hosts. One bad file or directory never stops the loading of the others. —

  async #loadHost(host: HostFiles, number: number): Promise<void> {
    const { store } = this.#options;
    const entries = await this.#list(host.directory);
    if (entries === undefined) return;
    host.foundDirectory();
    const names = entries.filter(({ kind }) => kind === "file").map(({ name }) => name);
    for (const name of names) await this.#cleanUp(host.directory, name);
    await this.#loadSnapshots(host, names);
    const level = store.root.find([host.cluster, host.host]);
    if (level !== undefined) markHostSaved(store, level);
    if (names.includes(WAL_NAME)) await this.#loadWal(host, number);
  }

  async #cleanUp(directory: string, name: string): Promise<void> {
    if (isOddSnapshotName(name)) await this.#quarantine.whole(directory, name, "not named <seconds>.bin or .json");
    if (!name.endsWith(UNFINISHED_SUFFIX)) return;
    await removeIfThere(this.#options.files, join(directory, name)).catch((error: unknown) =>
      this.#quarantine.unreadable(join(directory, name), error),
    );
  }

  async #loadSnapshots(host: HostFiles, names: readonly string[]): Promise<void> {
    const { oldest, report } = this.#options;
    // Of two with the same time the binary one comes last and counts: the other may be rounded.
    const found = names
      .map(parseSnapshotFileName)
      .filter((name) => name !== undefined)
      .toSorted((a, b) => a.from - b.from || (a.format === "json" ? -1 : 1));
    const starts: BlockStarts = new Map();
    const lastBefore = found.findLastIndex(({ from }) => from < oldest);
    for (const [i, name] of found.entries()) {
      const file = unreadSnapshot(name);
      host.noteSnapshot(file);
      if (i < lastBefore && !(await this.#reachesRetention(host, name))) {
        report.tooOld++;
        continue;
      }
      const to = await this.#loadSnapshot(host, file.name, name.format, starts);
      if (to === "damaged") host.forgetSnapshots([file]);
      else if (to !== undefined) host.noteSnapshot({ ...file, to });
    }
  }

  /** Of a snapshot behind which there is another that began before the retention: some series come late. */
  async #reachesRetention(host: HostFiles, name: SnapshotName): Promise<boolean> {
    const { files, oldest } = this.#options;
    if (name.from < oldest - MAX_SNAPSHOT_SECONDS) return false;
    try {
      return (await readEnd(files, host.directory, name)) > oldest;
    } catch {
      return true; // Its loading tells what is wrong.
    }
  }

  /** Returns the end of the snapshot's range; undefined if it could not be read. */
  async #loadSnapshot(
    host: HostFiles,
    name: string,
    format: SnapshotFormat,
    starts: BlockStarts,
  ): Promise<number | "damaged" | undefined> {
    const { files, store, report } = this.#options;
    try {
      const snapshot = decodeHost(await readWhole(files, host.directory, name), format);
      const counts = importHost(store, host.cluster, host.host, snapshot, starts);
      report.snapshotFiles++;
      report.snapshotSamples += counts.samples;
      report.notLoaded += counts.skippedBlocks;
      // The next checkpoint puts them in order: the reference does not start with such files.
      if (counts.earlyBlocks > 0) host.mustRewrite = true;
      return snapshot.to;
    } catch (error) {
      if (isDamage(error) && (await this.#quarantine.whole(host.directory, name, error.message))) return "damaged";
      if (!isDamage(error)) this.#quarantine.unreadable(join(host.directory, name), error);
      return undefined;
    }
  }

  async #loadWal(host: HostFiles, number: number): Promise<void> {
    const { directory } = host;
    try {
      const { sizeBytes, hasMagic } = await this.#lookAt(directory, WAL_NAME, FILE_MAGIC, FILE_HEADER_BYTES);
      if (sizeBytes <= FILE_HEADER_BYTES) {
        // Made, but the power went before anything was in it.
        this.#options.report.cutBytes += hasMagic ? 0 : sizeBytes;
        host.foundWal(0, sizeBytes);
      } else if (hasMagic) {
        const replayHost: ReplayHost = { number, cluster: host.cluster, host: host.host };
        const { intactBytes } = await this.#readLog(directory, WAL_NAME, FILE_HEADER_BYTES, replayHost, directory);
        if (intactBytes < sizeBytes) await this.#quarantine.tornEnd(directory, WAL_NAME, intactBytes, sizeBytes);
        host.foundWal(intactBytes, sizeBytes);
      } else if (!(await this.#quarantine.whole(directory, WAL_NAME, badMagic(FILE_MAGIC)))) host.foundUnreadWal();
    } catch (error) {
      this.#quarantine.unreadable(join(directory, WAL_NAME), error);
      host.foundUnreadWal();
    }
  }

  // — Journals —

  async #loadJournals(): Promise<FoundJournals> {
    const { files, root } = this.#options;
    const entries = await files.list(join(root, JOURNAL_DIRECTORY)).catch(async (error: unknown) => {
      // Out of the way, whatever it is: this store will have journals of its own.
      if (!isNotFound(error)) await this.#quarantine.whole(root, JOURNAL_DIRECTORY, String(error));
      return [];
    });
    const all = entries
      .map(({ name }) => parseJournalName(name))
      .filter((number) => number !== undefined)
      .toSorted((a, b) => a - b);
    this.#isReadingJournal = true;
    const numbers: number[] = [];
    for (const number of all) if (await this.#loadJournal(journalName(number))) numbers.push(number);
    this.#isReadingJournal = false;
    return { numbers, last: all.at(-1) ?? 0 };
  }

  /** Returns whether it was read, so that it can go when its records are in the WALs. */
  async #loadJournal(name: string): Promise<boolean> {
    const { root, report } = this.#options;
    const directory = join(root, JOURNAL_DIRECTORY);
    const target = join(root, DAMAGED_JOURNALS);
    try {
      const { sizeBytes, hasMagic } = await this.#lookAt(directory, name, JOURNAL_MAGIC, JOURNAL_HEADER_BYTES);
      if (sizeBytes <= JOURNAL_HEADER_BYTES) {
        report.cutBytes += hasMagic ? 0 : sizeBytes;
        return true;
      }
      if (!hasMagic) {
        const header = { start: 0, end: JOURNAL_HEADER_BYTES, reason: badMagic(JOURNAL_MAGIC) };
        await this.#quarantine.range(directory, name, header, target);
      }
      const { intactBytes } = await this.#readLog(directory, name, JOURNAL_HEADER_BYTES, undefined, target);
      // What is torn off was never acknowledged, and nothing is appended to an old journal: it need not be cut or kept.
      report.cutBytes += sizeBytes - intactBytes;
      return true;
    } catch (error) {
      // Away with it: read at a later start, it would overwrite what has come since.
      await this.#quarantine.whole(directory, name, String(error), target);
      return false;
    }
  }

  async #lookAt(
    directory: string,
    name: string,
    magic: number,
    headerBytes: number,
  ): Promise<{ sizeBytes: number; hasMagic: boolean }> {
    const { files } = this.#options;
    const path = join(directory, name);
    const sizeBytes = await files.sizeOf(path);
    const header = await files.readRange(path, 0, headerBytes);
    const hasMagic = header.length === headerBytes && new DataView(header.buffer).getUint32(0, true) === magic;
    return { sizeBytes, hasMagic };
  }

  /** Replays a log; damage in its middle is copied to `target`. */
  async #readLog(
    directory: string,
    name: string,
    headerBytes: number,
    host: ReplayHost | undefined,
    target: string,
  ): Promise<ReplayResult> {
    const { report } = this.#options;
    const result = await this.#replay.replay(join(directory, name), headerBytes, host);
    report.logFiles++;
    report.logRecords += result.records;
    report.tooOld += result.skipped;
    report.notLoaded += result.ignored;
    for (const range of result.damaged) await this.#quarantine.range(directory, name, range, target);
    return result;
  }
}

function badMagic(expected: number): string {
  return `magic: expected 0x${expected.toString(16)}`;
}
