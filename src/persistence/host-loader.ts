// One host's directory at a start: its snapshots, then its WAL. One bad file never stops the loading of the others.

import { FILE_HEADER_BYTES, FILE_MAGIC } from "../codec/wal/record.ts";
import type { MetricStore } from "../core/store.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { removeIfThere } from "./atomic-file.ts";
import { markHostSaved, MAX_SNAPSHOT_SECONDS } from "./host-export.ts";
import { unreadSnapshot, type HostFiles, type SnapshotFile } from "./host-files.ts";
import { importHost, type BlockStarts } from "./host-import.ts";
import type { ReplayHost } from "./host-records.ts";
import {
  earlierWalName,
  isOddSnapshotName,
  join,
  parseEarlierWalName,
  parseSnapshotFileName,
  UNFINISHED_SUFFIX,
  WAL_NAME,
} from "./layout.ts";
import { badMagic, type LogReader } from "./log-reader.ts";
import type { Quarantine } from "./quarantine.ts";
import type { RecoveryReport } from "./recovery-report.ts";
import { decodeHost, isDamage, readEnd, readWhole } from "./snapshot-files.ts";

export interface HostLoaderOptions {
  readonly store: MetricStore;
  readonly files: FileSystem;
  /** Samples older than this (Unix seconds) are left out. */
  readonly oldest: number;
  readonly report: RecoveryReport;
  readonly quarantine: Quarantine;
  readonly logs: LogReader;
}

export class HostLoader {
  readonly #options: HostLoaderOptions;

  constructor(options: HostLoaderOptions) {
    this.#options = options;
  }

  /** @param names of all files in the host's directory; @param number of the host in the registry */
  async load(host: HostFiles, number: number, names: readonly string[]): Promise<void> {
    const { store } = this.#options;
    host.foundDirectory();
    for (const name of names) await this.#cleanUp(host.directory, name);
    host.snapshots = await this.#loadSnapshots(host, names);
    const level = store.root.find([host.cluster, host.host]);
    if (level !== undefined) markHostSaved(store, level);
    await this.#loadWals(host, number, names);
  }

  async #cleanUp(directory: string, name: string): Promise<void> {
    const { files, quarantine } = this.#options;
    if (isOddSnapshotName(name)) await quarantine.whole(directory, name, "not named <seconds>.bin or .json");
    if (!name.endsWith(UNFINISHED_SUFFIX)) return;
    const path = join(directory, name);
    await removeIfThere(files, path).catch((error: unknown) => quarantine.unreadable(path, error));
  }

  async #loadSnapshots(host: HostFiles, names: readonly string[]): Promise<SnapshotFile[]> {
    const { oldest, report } = this.#options;
    // Of two with the same time the binary one comes last and counts: the other may be rounded.
    const found = names
      .map(parseSnapshotFileName)
      .filter((name) => name !== undefined)
      .toSorted((a, b) => a.from - b.from || (a.format === "json" ? -1 : 1))
      .map(unreadSnapshot);
    const starts: BlockStarts = new Map();
    const lastBefore = found.findLastIndex(({ from }) => from < oldest);
    const snapshots: SnapshotFile[] = [];
    for (const [i, file] of found.entries()) {
      if (i >= lastBefore || (await this.#reachesRetention(host, file))) {
        snapshots.push(...(await this.#loadSnapshot(host, file, starts)));
      } else {
        report.tooOld++;
        snapshots.push(file);
      }
    }
    return snapshots;
  }

  /** Of a snapshot behind which there is another that began before the retention: some series come late. */
  async #reachesRetention(host: HostFiles, file: SnapshotFile): Promise<boolean> {
    const { files, oldest } = this.#options;
    if (file.from < oldest - MAX_SNAPSHOT_SECONDS) return false;
    try {
      return (await readEnd(files, host.directory, file)) > oldest;
    } catch {
      return true; // Its loading tells what is wrong.
    }
  }

  /** Returns the file with its end; without, if it could not be read; and nothing if it was damaged and is put aside. */
  async #loadSnapshot(host: HostFiles, file: SnapshotFile, starts: BlockStarts): Promise<SnapshotFile[]> {
    const { files, store, report, quarantine } = this.#options;
    try {
      const snapshot = decodeHost(await readWhole(files, host.directory, file.name), file.format);
      const counts = importHost(store, host.cluster, host.host, snapshot, starts);
      report.snapshotFiles++;
      report.snapshotSamples += counts.samples;
      report.notLoaded += counts.skippedBlocks;
      // The next checkpoint puts them in order: the reference does not start with such files.
      if (counts.earlyBlocks > 0) host.mustRewrite = true;
      return [{ ...file, to: snapshot.to }];
    } catch (error) {
      if (isDamage(error)) return (await quarantine.whole(host.directory, file.name, error.message)) ? [] : [file];
      quarantine.unreadable(join(host.directory, file.name), error);
      return [file];
    }
  }

  async #loadWals(host: HostFiles, number: number, names: readonly string[]): Promise<void> {
    const earlier = names.map(parseEarlierWalName).filter((wal) => wal !== undefined);
    for (const wal of earlier.toSorted((a, b) => a - b)) {
      const found = await this.#loadWal(host, number, earlierWalName(wal));
      if (found !== "gone") host.foundEarlierWal(wal, found === "unread" ? "unread" : "read");
    }
    if (!names.includes(WAL_NAME)) return;
    const found = await this.#loadWal(host, number, WAL_NAME);
    if (found === "unread") host.foundUnreadWal();
    else if (found !== "gone") host.foundWal(found.intactBytes, found.sizeBytes);
  }

  /** Returns where the whole records end; `gone`: it is none, and out of the way; `unread`: a later start has to try again. */
  async #loadWal(
    host: HostFiles,
    number: number,
    name: string,
  ): Promise<{ readonly intactBytes: number; readonly sizeBytes: number } | "gone" | "unread"> {
    const { logs, quarantine, report } = this.#options;
    const { directory } = host;
    const path = join(directory, name);
    try {
      const { sizeBytes, hasMagic } = await logs.lookAt(path, FILE_MAGIC, FILE_HEADER_BYTES);
      if (sizeBytes <= FILE_HEADER_BYTES) {
        // Made, but the power went before anything was in it.
        report.cutBytes += hasMagic ? 0 : sizeBytes;
        return { intactBytes: 0, sizeBytes };
      }
      if (!hasMagic) return (await quarantine.whole(directory, name, badMagic(FILE_MAGIC))) ? "gone" : "unread";
      const replayHost: ReplayHost = { number, cluster: host.cluster, host: host.host };
      const intactBytes = await logs.read(directory, name, FILE_HEADER_BYTES, replayHost, directory);
      if (intactBytes < sizeBytes) await quarantine.tornEnd(directory, name, intactBytes, sizeBytes);
      return { intactBytes, sizeBytes };
    } catch (error) {
      quarantine.unreadable(path, error);
      return "unread";
    }
  }
}
