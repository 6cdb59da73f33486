// One host's files on disk, and what of its records is not in them yet.

import { FILE_MAGIC } from "../codec/wal/record.ts";
import { encodeHostRecord } from "../codec/journal/journal-record.ts";
import type { AppendFile, FileSystem } from "../runtime/ports.ts";
import { removeIfThere, setAside } from "./atomic-file.ts";
import { join, parseSnapshotFileName, snapshotFileName, WAL_NAME } from "./layout.ts";
import type { SnapshotFormat, SnapshotName } from "./layout.ts";
import { Mutex } from "./mutex.ts";

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

const fileHeader = new Uint8Array(new Uint32Array([FILE_MAGIC]).buffer);

export class HostFiles {
  readonly cluster: string;
  readonly host: string;
  readonly directory: string;
  /** What precedes the host's records in the journal. */
  readonly hostRecord: Uint8Array;
  /** Whoever changes files or `snapshots` holds it. */
  readonly lock = new Mutex();
  /** In ascending order of `from`. */
  snapshots: readonly SnapshotFile[] = [];
  /** Nobody knows any more which samples the snapshots hold, or they are out of order: the next must take their place. */
  mustRewrite = false;

  readonly #files: FileSystem;
  readonly #root: string;
  /** Records that are in the journal, or on their way there, but not yet in the WAL. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes of the WAL that are whole records; 0 = it has none. */
  #walBytes = 0;
  /** The WAL is there, but nothing is known of what is behind `#walBytes`. */
  #hasTornEnd = false;
  /** There is a WAL that could not be read. */
  #hasUnreadWal = false;
  #isListed = false;
  #isPrepared = false;

  constructor(files: FileSystem, root: string, cluster: string, host: string) {
    this.cluster = cluster;
    this.host = host;
    this.directory = join(root, cluster, host);
    this.hostRecord = encodeHostRecord({ cluster, host });
    this.#files = files;
    this.#root = root;
  }

  /** Bytes of records that no snapshot covers, in the WAL and on the way there. */
  get logBytes(): number {
    return this.#walBytes + this.#pendingBytes;
  }

  /** Records that are in the journal, or on their way there, but not yet in the WAL. */
  get pending(): readonly Uint8Array[] {
    return this.#pending;
  }

  addPending(records: Uint8Array): void {
    this.#pending.push(records);
    this.#pendingBytes += records.length;
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

  /** A WAL that could not be read: it will be put aside, since records behind it would be read before older ones. */
  foundUnreadWal(): void {
    this.#hasUnreadWal = true;
  }

  // — Changing files: to be called under the lock —

  /** Moves the pending records into the WAL, durably. On failure they stay pending. */
  async settle(): Promise<void> {
    const records = this.#takePending();
    if (records.length === 0) return;
    try {
      await this.prepareDirectory();
      await this.#append(records);
    } catch (error) {
      this.#returnPending(records);
      throw error;
    }
  }

  /**
   * Marks all records so far as covered by a snapshot that is being made of what is in memory now. `forget` removes them
   * from disk when that snapshot is durable; `restore` is for when it failed.
   */
  beginCover(): { forget: () => Promise<void>; restore: () => void } {
    const records = this.#takePending();
    return { forget: () => this.#removeWal(), restore: () => this.#returnPending(records) };
  }

  /**
   * Before the first change: makes the host's directory, and its name durable; and those of the files in it, since a
   * program that was killed may have left some that are not. Takes note of them, if nobody has yet.
   */
  async prepareDirectory(): Promise<void> {
    if (this.#isPrepared) return;
    await this.#files.makeDirectory(this.directory);
    await this.#files.syncDirectory(this.directory);
    await this.#files.syncDirectory(join(this.#root, this.cluster));
    await this.#files.syncDirectory(this.#root);
    if (!this.#isListed) await this.#list();
    this.#isPrepared = true;
  }

  async #list(): Promise<void> {
    const names = (await this.#files.list(this.directory)).map(({ name }) => name);
    for (const name of names) {
      const snapshot = parseSnapshotFileName(name);
      if (snapshot !== undefined) this.noteSnapshot(unreadSnapshot(snapshot));
    }
    this.#hasUnreadWal = names.includes(WAL_NAME);
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

  async #append(records: readonly Uint8Array[]): Promise<void> {
    if (this.#hasUnreadWal) await this.#putUnreadWalAside();
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

  async #removeWal(): Promise<void> {
    if (this.#hasUnreadWal) await this.#putUnreadWalAside();
    if (this.#walBytes === 0 && !this.#hasTornEnd) return;
    await this.prepareDirectory();
    await removeIfThere(this.#files, this.#walPath);
    this.#walBytes = 0;
    this.#hasTornEnd = false;
    await this.#files.syncDirectory(this.directory);
  }

  async #putUnreadWalAside(): Promise<void> {
    await setAside(this.#files, this.directory, WAL_NAME);
    this.#hasUnreadWal = false;
  }

  get #walPath(): string {
    return join(this.directory, WAL_NAME);
  }

  #takePending(): Uint8Array[] {
    const records = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return records;
  }

  #returnPending(records: readonly Uint8Array[]): void {
    this.#pending = [...records, ...this.#pending];
    this.#pendingBytes += sizeOf(records);
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
