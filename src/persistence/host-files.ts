// One host's files on disk, and what of its records is not in them yet.

import { FILE_MAGIC } from "../codec/wal/record.ts";
import { encodeHostRecord } from "../codec/journal/journal-record.ts";
import type { AppendFile, FileSystem } from "../runtime/ports.ts";
import { isNotFound, removeIfThere, setAside } from "./atomic-file.ts";
import { EarlierWals, type WalState } from "./earlier-wals.ts";
import { isFileName, join, parseEarlierWalName, parseSnapshotFileName, snapshotFileName, WAL_NAME } from "./layout.ts";
import type { SnapshotFormat, SnapshotName } from "./layout.ts";
import { Mutex } from "./mutex.ts";
import { PendingRecords } from "./pending-records.ts";

/** A snapshot file of a host; times in Unix seconds. */
export interface SnapshotFile {
  readonly name: string;
  readonly format: SnapshotFormat;
  readonly from: number;
  /** −Infinity for a file that was not read: nothing of it is in memory. */
  readonly to: number;
}

/** A snapshot of which only the name is known. */
export function unreadSnapshot({ from, format }: SnapshotName): SnapshotFile {
  return { name: snapshotFileName({ from, format }), format, from, to: -Infinity };
}

/**
 * A host whose old WAL cannot be read keeps so much of what came since; beyond, an old sample may in the end be read over
 * a newer one of the same time.
 */
const MAX_KEPT_WAL_BYTES = 1 << 30;

const fileHeader = new Uint8Array(new Uint32Array([FILE_MAGIC]).buffer);

export class HostFiles {
  readonly cluster: string;
  readonly host: string;
  readonly directory: string;
  /** What precedes the host's records in the journal. */
  readonly hostRecord: Uint8Array;
  /** Whoever changes files or `snapshots` holds it. */
  readonly lock: Mutex = new Mutex();
  /** In ascending order of `from`. */
  snapshots: readonly SnapshotFile[] = [];
  /** Nobody knows any more which samples the snapshots hold, or they are out of order: the next must take their place. */
  mustRewrite = false;

  readonly #files: FileSystem;
  readonly #root: string;
  /** Records that are in the journal, or on their way there, but not yet in the WAL. */
  readonly #pending = new PendingRecords();
  /** Bytes of the WAL that are whole records; 0 = it has none. */
  #walBytes = 0;
  /** The WAL is there, but nothing is known of what is behind `#walBytes`. */
  #hasTornEnd = false;
  /** Of these, those that a snapshot covers. They are kept while there is a WAL before them that could not be read. */
  #coveredBytes = 0;
  /** There is a `current.wal` that could not be read. */
  #hasUnreadWal = false;
  readonly #earlier: EarlierWals;
  #isListed = false;
  #isPrepared = false;

  constructor(files: FileSystem, root: string, cluster: string, host: string) {
    this.cluster = cluster;
    this.host = host;
    this.directory = join(root, cluster, host);
    this.hostRecord = encodeHostRecord({ cluster, host });
    this.#files = files;
    this.#root = root;
    this.#earlier = new EarlierWals(files, this.directory);
  }

  /** Bytes of records that no snapshot covers, in the WAL and on the way there. */
  get logBytes(): number {
    return this.#walBytes - this.#coveredBytes + this.#pending.sizeBytes;
  }

  /** Records that are in the journal, or on their way there, but not yet in the WAL. */
  get pending(): readonly Uint8Array[] {
    return this.#pending.pieces();
  }

  /** Adds bytes[start, end), whole records; the bytes must stay as they are. */
  addPending(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#pending.add(bytes, start, end);
  }

  // — What the start has found —

  /** All files of the directory are known. */
  foundDirectory(): void {
    this.#isListed = true;
  }

  /** A WAL of `sizeBytes`, whose whole records end at `intactBytes`; 0 = it has none. */
  foundWal(intactBytes: number, sizeBytes: number): void {
    this.#walBytes = intactBytes;
    this.#hasTornEnd = intactBytes < sizeBytes || intactBytes === 0;
  }

  /** A `current.wal` that could not be read: see EarlierWals. */
  foundUnreadWal(): void {
    this.#hasUnreadWal = true;
  }

  /** A WAL that stands before `current.wal`. */
  foundEarlierWal(number: number, state: WalState): void {
    this.#earlier.found(number, state);
  }

  // — Changing files: to be called under the lock —

  /** Moves the pending records into the WAL, durably. On failure they stay pending. */
  async settle(): Promise<void> {
    const records = this.#pending.take();
    if (records.length === 0) return;
    try {
      await this.prepareDirectory();
      await this.#append(records);
    } catch (error) {
      this.#pending.putBack(records);
      if (isNotFound(error)) this.#forgetDirectory();
      throw error;
    }
  }

  /**
   * Marks all records so far as covered by a snapshot that is being made of what is in memory now. `forget` removes them
   * from disk when that snapshot is durable; `restore` is for when it failed.
   */
  beginCover(): { forget: () => Promise<void>; restore: () => void } {
    const records = this.#pending.take();
    const restore = (): void => {
      this.#pending.putBack(records);
      this.#isPrepared = false;
    };
    return { forget: () => this.#forget(records), restore };
  }

  /** Somebody has removed it, or what it lies on. Whatever is there later is not what was known of it. */
  #forgetDirectory(): void {
    this.#isPrepared = false;
    this.#isListed = false;
    this.#walBytes = 0;
    this.#coveredBytes = 0;
    this.#hasTornEnd = false;
    this.#hasUnreadWal = false;
  }

  /**
   * Before the first change: makes the host's directory, and its name durable; and those of the files in it, since a
   * program that was killed may have left some that are not. Takes note of them, if nobody has yet.
   */
  async prepareDirectory(): Promise<void> {
    if (this.#isPrepared) return;
    await this.#makeDirectory();
    await this.#files.syncDirectory(this.directory);
    await this.#files.syncDirectory(join(this.#root, this.cluster));
    await this.#files.syncDirectory(this.#root);
    if (!this.#isListed) await this.#list();
    this.#isPrepared = true;
  }

  async #makeDirectory(): Promise<void> {
    try {
      await this.#files.makeDirectory(this.directory);
    } catch (error) {
      if (!(await this.#clearWay())) throw error;
      await this.#files.makeDirectory(this.directory);
    }
  }

  /** Puts aside a file where a directory belongs: the start has reported it as foreign. Returns whether there was one. */
  async #clearWay(): Promise<boolean> {
    for (const [parent, name] of [
      [this.#root, this.cluster],
      [join(this.#root, this.cluster), this.host],
    ]) {
      const entry = (await this.#files.list(parent)).find((found) => found.name === name);
      if (entry === undefined || entry.kind === "directory") continue;
      await setAside(this.#files, parent, name);
      return true;
    }
    return false;
  }

  async #list(): Promise<void> {
    for (const { name, kind } of await this.#files.list(this.directory)) {
      if (kind !== "file") {
        if (isFileName(name)) await setAside(this.#files, this.directory, name);
        continue;
      }
      const snapshot = parseSnapshotFileName(name);
      const isKnown = this.snapshots.some((file) => file.name === name);
      if (snapshot !== undefined && !isKnown) this.noteSnapshot(unreadSnapshot(snapshot));
      const number = parseEarlierWalName(name);
      if (number !== undefined) this.#earlier.found(number, "unread");
      if (name === WAL_NAME) this.#hasUnreadWal = true;
    }
    this.#isListed = true;
  }

  /** A snapshot is there, or may be. */
  noteSnapshot(file: SnapshotFile): void {
    const others = this.snapshots.filter(({ name }) => name !== file.name);
    this.snapshots = [...others, file].toSorted((a, b) => a.from - b.from);
  }

  /** Snapshots are gone, durably. */
  forgetSnapshots(gone: readonly SnapshotFile[]): void {
    this.snapshots = this.snapshots.filter(({ name }) => !gone.some((file) => file.name === name));
  }

  /** Removes the host's directory if nothing is in it. The next file makes it again. */
  async removeDirectoryIfEmpty(): Promise<void> {
    if ((await this.#files.list(this.directory)).length > 0) return;
    this.#isPrepared = false;
    await this.#files.remove(this.directory);
    await this.#files.syncDirectory(join(this.#root, this.cluster));
  }

  async #append(records: readonly Uint8Array[]): Promise<void> {
    if (this.#hasUnreadWal) await this.#earlier.takeCurrent();
    this.#hasUnreadWal = false;
    if (this.#hasTornEnd) await this.#cutTornEnd();
    const isNew = this.#walBytes === 0;
    const file = await this.#files.openForAppend(this.#walPath, isNew ? "new" : "existing");
    this.#hasTornEnd = true;
    try {
      if (isNew) await appendHeader(file);
      await file.append(records);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await this.#files.syncDirectory(this.directory);
    this.#walBytes += sizeOf(records) + (isNew ? fileHeader.length : 0);
    this.#hasTornEnd = false;
  }

  async #cutTornEnd(): Promise<void> {
    if (this.#walBytes === 0) await removeIfThere(this.#files, this.#walPath);
    else await this.#files.truncate(this.#walPath, this.#walBytes);
    this.#hasTornEnd = false;
  }

  /** Removes the WALs, of which a snapshot covers all, and so it does these records, which are in none yet. */
  async #forget(records: readonly Uint8Array[]): Promise<void> {
    const { hasUnread } = this.#earlier;
    const isTooMuch = this.#walBytes + sizeOf(records) > MAX_KEPT_WAL_BYTES;
    if (this.#hasUnreadWal || (hasUnread && !isTooMuch)) return this.#keep(records);
    if (this.#walBytes === 0 && !this.#hasTornEnd && this.#earlier.isEmpty) return;
    await this.prepareDirectory();
    if (!hasUnread) await this.#earlier.remove();
    await removeIfThere(this.#files, this.#walPath);
    this.#walBytes = 0;
    this.#coveredBytes = 0;
    this.#hasTornEnd = false;
    await this.#files.syncDirectory(this.directory);
  }

  /** They have to be read behind what could not be read: see EarlierWals. */
  async #keep(records: readonly Uint8Array[]): Promise<void> {
    if (records.length > 0) {
      await this.prepareDirectory();
      await this.#append(records);
    }
    this.#coveredBytes = this.#walBytes;
  }

  get #walPath(): string {
    return join(this.directory, WAL_NAME);
  }
}

/**
 * Synced for itself: after a failed sync and a kill the next start reads what is not on the disk, and appends behind it.
 * Records behind damage can be found, but not in a file whose header is damaged.
 */
async function appendHeader(file: AppendFile): Promise<void> {
  await file.append([fileHeader]);
  await file.datasync();
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((size, piece) => size + piece.length, 0);
}
