// One host's files on disk, and what of its records is not in them yet.

import { FILE_HEADER_BYTES, FILE_MAGIC } from "../codec/wal/record.ts";
import { encodeHostRecord } from "../codec/journal/journal-record.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { removeIfThere } from "./atomic-file.ts";
import { join, WAL_NAME, type SnapshotFormat } from "./layout.ts";
import { Mutex } from "./mutex.ts";

/** A snapshot file of a host; times in Unix seconds. */
export interface SnapshotFile {
  readonly name: string;
  readonly format: SnapshotFormat;
  readonly from: number;
  readonly to: number;
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
  /** Nobody knows any more which samples the snapshots hold: the next one must hold them all. */
  mustRewrite = false;

  readonly #files: FileSystem;
  readonly #root: string;
  /** Records that are in the journal, or on their way there, but not yet in the WAL. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes of the WAL that are whole records; 0 = no WAL. What lies behind them is of no use. */
  #walBytes = 0;
  #hasDirectory = false;
  #mayHaveTornTail = false;

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

  get hasPending(): boolean {
    return this.#pendingBytes > 0;
  }

  addPending(records: Uint8Array): void {
    this.#pending.push(records);
    this.#pendingBytes += records.length;
  }

  /** What the WAL was found to hold at the start. */
  foundWal(sizeBytes: number): void {
    this.#walBytes = sizeBytes;
    this.#hasDirectory = true;
  }

  /** Moves the pending records into the WAL, durably. On failure they stay pending. To be called under the lock. */
  async settle(): Promise<void> {
    const records = this.#takePending();
    if (records.length === 0) return;
    try {
      await this.makeDirectory();
      await this.#append(records);
    } catch (error) {
      this.#mayHaveTornTail = true;
      this.#returnPending(records);
      throw error;
    }
  }

  /**
   * Marks all records so far as covered by a snapshot that is being made of what is in memory now. `forget` removes them
   * from disk when that snapshot is durable; `restore` is for when it failed. To be called under the lock.
   */
  beginCover(): { forget: () => Promise<void>; restore: () => void } {
    const records = this.#takePending();
    return {
      forget: async () => {
        if (this.#walBytes === 0 && !this.#mayHaveTornTail) return;
        await removeIfThere(this.#files, join(this.directory, WAL_NAME));
        this.#walBytes = 0;
        this.#mayHaveTornTail = false;
        await this.#files.syncDirectory(this.directory);
      },
      restore: () => this.#returnPending(records),
    };
  }

  /** Makes the host's directory, and its name durable. */
  async makeDirectory(): Promise<void> {
    if (this.#hasDirectory) return;
    await this.#files.makeDirectory(this.directory);
    await this.#files.syncDirectory(join(this.#root, this.cluster));
    await this.#files.syncDirectory(this.#root);
    this.#hasDirectory = true;
  }

  async #append(records: readonly Uint8Array[]): Promise<void> {
    const path = join(this.directory, WAL_NAME);
    if (this.#mayHaveTornTail) await this.#cutTornTail(path);
    const isNew = this.#walBytes === 0;
    const file = await this.#files.openForAppend(path, isNew ? "new" : "existing");
    const pieces = isNew ? [fileHeader, ...records] : records;
    try {
      await file.append(pieces);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await this.#files.syncDirectory(this.directory);
    this.#walBytes += sizeOf(pieces);
  }

  /** After a failed append nobody knows how much of it is there. */
  async #cutTornTail(path: string): Promise<void> {
    if (this.#walBytes < FILE_HEADER_BYTES) await removeIfThere(this.#files, path);
    else await this.#files.truncate(path, this.#walBytes);
    this.#mayHaveTornTail = false;
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

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((size, piece) => size + piece.length, 0);
}
