// `pegel verify DIR`: whether all that is on disk can be read. Reads only.

import type { HostSnapshot } from "../codec/host-snapshot.ts";
import { FileSystemError, type DirectoryEntry, type FileSystem } from "../runtime/ports.ts";
import { LOCK_NAME } from "./directory-lock.ts";
import { roleOf } from "./inspect-kind.ts";
import { summarizeLog } from "./inspect-log.ts";
import { readSnapshot } from "./inspect-snapshot.ts";
import { nameOf, total } from "./inspect-summary.ts";
import { isoTime } from "./inspect-text.ts";
import { isDirectory, trimPath, walk, whyNot, type WalkedDirectory } from "./inspect-walk.ts";
import {
  isFileName,
  isWalName,
  join,
  JOURNAL_DIRECTORY,
  parseSnapshotFileName,
  WAL_NAME,
  type SnapshotName,
} from "./layout.ts";
import { SnapshotOrder } from "./verify-order.ts";
import type { Finding, VerifyReport } from "./verify-report.ts";

export interface VerifyOptions {
  readonly files: FileSystem;
  /** The directory of checkpoints; that of a cluster or a host will do as well. */
  readonly path: string;
  /** Unix seconds: what claims to be much later is noted. */
  readonly now: number;
}

/** Clocks of collectors may be ahead; by no more than this. */
const MAX_AHEAD_SECONDS = 86_400;

const KEPT_ASIDE = "damaged, kept aside by an earlier start";

/** Checks every file below the path. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const verification = new Verification(options);
  await verification.run(trimPath(options.path));
  return verification;
}

/** How far below the directory of checkpoints the files of hosts lie. */
const HOST_DEPTH = 2;

/** Where most files of hosts lie, since the directory given may be that of a cluster or a host. */
function depthOfHosts(directories: readonly WalkedDirectory[]): number {
  const counts = Array.from({ length: HOST_DEPTH + 1 }, () => 0);
  for (const { depth, entries } of directories) {
    const isHost = entries.some(({ name }) => name === WAL_NAME || parseSnapshotFileName(name) !== undefined);
    if (isHost && depth <= HOST_DEPTH) counts[depth]++;
  }
  return counts.lastIndexOf(Math.max(...counts));
}

class Verification implements VerifyReport {
  readonly failures: Finding[] = [];
  readonly notes: Finding[] = [];
  hosts = 0;
  files = 0;
  sizeBytes = 0;
  readonly #files: FileSystem;
  readonly #latest: number;

  constructor({ files, now }: VerifyOptions) {
    this.#files = files;
    this.#latest = now + MAX_AHEAD_SECONDS;
  }

  async run(root: string): Promise<void> {
    await this.#guard(root, async () => {
      if (!(await isDirectory(this.#files, root))) return this.#fail(root, "expected a directory");
      const directories: WalkedDirectory[] = [];
      const onUnreadable = (path: string, error: FileSystemError): void => this.#fail(path, whyNot(error));
      for await (const directory of walk(this.#files, root, onUnreadable)) directories.push(directory);
      const hostDepth = depthOfHosts(directories);
      for (const directory of directories) {
        if (nameOf(directory.path) === JOURNAL_DIRECTORY) await this.#journals(directory);
        else if (directory.path.split("/").includes(JOURNAL_DIRECTORY)) this.#keptAside(directory);
        else if (directory.depth === hostDepth) await this.#host(directory);
        else this.#noHost(directory);
      }
    });
  }

  async #host({ path: directory, entries }: WalkedDirectory): Promise<void> {
    const snapshots: { fileName: string; name: SnapshotName }[] = [];
    const wals: string[] = [];
    for (const entry of entries) {
      const name = parseSnapshotFileName(entry.name);
      if (!this.#isLive(directory, entry)) continue;
      if (name !== undefined) snapshots.push({ fileName: entry.name, name });
      else if (isWalName(entry.name)) wals.push(entry.name);
      else this.#otherFile(directory, entry.name);
    }
    if (snapshots.length === 0 && wals.length === 0) return;
    this.hosts++;
    await this.#snapshots(directory, snapshots);
    for (const wal of wals) await this.#log(join(directory, wal), "wal");
  }

  #noHost({ path: directory, entries }: WalkedDirectory): void {
    for (const { name, kind } of entries) {
      const path = join(directory, name);
      if (kind === "directory") continue;
      if (name === JOURNAL_DIRECTORY) this.#fail(path, "expected a directory: a start would put it aside");
      else this.#note(path, "not in the directory of a host: a start ignores it");
    }
  }

  async #journals({ path: directory, entries }: WalkedDirectory): Promise<void> {
    for (const entry of entries) {
      if (entry.name === LOCK_NAME) this.#note(join(directory, entry.name), "a store runs here, or was killed");
      else if (!this.#isLive(directory, entry)) continue;
      else if (roleOf(entry.name).kind === "journal") await this.#log(join(directory, entry.name), "journal");
      else this.#note(join(directory, entry.name), "none of the store's files");
    }
  }

  /** Directories below that of the journals. */
  #keptAside({ path: directory, entries }: WalkedDirectory): void {
    for (const { name } of entries) this.#note(join(directory, name), KEPT_ASIDE);
  }

  /** Whether it is a file that a start would read, as far as its name says. */
  #isLive(directory: string, { name, kind: entryKind }: DirectoryEntry): boolean {
    const path = join(directory, name);
    const { kind, state } = roleOf(name);
    if (entryKind !== "file") {
      const isInTheWay = nameOf(directory) === JOURNAL_DIRECTORY ? kind === "journal" : isFileName(name);
      if (isInTheWay) this.#fail(path, `is a ${entryKind === "other" ? "link or device" : entryKind}, expected a file`);
      else if (entryKind === "other") this.#note(path, "a link or device: the store does not follow it");
      return false;
    }
    if (kind === undefined || state === "live") return true;
    if (state === "aside") this.#note(path, KEPT_ASIDE);
    else this.#note(path, "unfinished: the next start removes it");
    return false;
  }

  #otherFile(directory: string, name: string): void {
    const path = join(directory, name);
    const { kind } = roleOf(name);
    if (kind === "bin" || kind === "json") this.#fail(path, `not named <seconds>.${kind}, as snapshots are`);
    else this.#note(path, "none of the store's files");
  }

  async #snapshots(directory: string, found: readonly { fileName: string; name: SnapshotName }[]): Promise<void> {
    const order = new SnapshotOrder();
    // Of two with the same time the binary one is loaded last.
    const sorted = found.toSorted((a, b) => a.name.from - b.name.from || (a.name.format === "json" ? -1 : 1));
    for (const [i, { fileName, name }] of sorted.entries()) {
      const path = join(directory, fileName);
      if (sorted[i + 1]?.name.from === name.from)
        this.#note(path, `${sorted[i + 1]?.fileName} counts where both differ`);
      await this.#guard(path, async () => {
        const snapshot = await this.#snapshot(path, name);
        if (snapshot === undefined) return;
        for (const problem of order.check(fileName, name, snapshot)) this.#fail(path, problem);
        this.#noteFuture(path, snapshot.to);
      });
    }
  }

  async #snapshot(path: string, { format }: SnapshotName): Promise<HostSnapshot | undefined> {
    const { sizeBytes, snapshot, damage } = await readSnapshot(this.#files, path, format);
    this.#count(sizeBytes);
    if (damage !== undefined) this.#fail(path, damage.reason, damage.start);
    return snapshot;
  }

  async #log(path: string, kind: "wal" | "journal"): Promise<void> {
    await this.#guard(path, async () => {
      const { sizeBytes, damage, rows, to } = await summarizeLog(this.#files, { path, kind, isPart: false }, kind);
      this.#count(sizeBytes);
      for (const { start, end, reason } of damage) {
        const bytes = start === undefined || end === undefined ? "" : ` (${end - start} bytes)`;
        this.#fail(path, reason + bytes, start);
      }
      if (total(rows, "values") === 0 && damage.length === 0) this.#note(path, "no records");
      this.#noteFuture(path, to);
    });
  }

  #noteFuture(path: string, to: number | undefined): void {
    if (to !== undefined && to > this.#latest) this.#note(path, `goes on until ${isoTime(to)}, which is yet to come`);
  }

  /** What cannot be read is a failure of its own; the others are checked all the same. */
  async #guard(path: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      this.#fail(path, whyNot(error));
    }
  }

  #count(sizeBytes: number): void {
    this.files++;
    this.sizeBytes += sizeBytes;
  }

  #fail(path: string, reason: string, offset?: number): void {
    this.failures.push({ path, offset, reason });
  }

  #note(path: string, reason: string): void {
    this.notes.push({ path, offset: undefined, reason });
  }
}
