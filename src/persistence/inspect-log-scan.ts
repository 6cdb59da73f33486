// Reads a WAL or a journal record by record, in bounded memory, and tells of every byte that is no record. The plain
// twin of record-reading.ts, which fills a store as fast as it can: both must find the same records and the same damage.

import {
  decodeHostRecord,
  HOST_RECORD_MAGIC,
  MAX_HOST_RECORD_BYTES,
  type HostName,
} from "../codec/journal/journal-record.ts";
import { resyncJournal } from "../codec/journal/resync-journal.ts";
import { decodeRecord, MAX_RECORD_BYTES, RECORD_HEADER_BYTES, type WalSample } from "../codec/wal/record.ts";
import { resync } from "../codec/wal/resync.ts";
import type { FileSystem } from "../runtime/ports.ts";

/** Bytes of a file that are no records, [start, end). */
export interface Damage {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

/** Is told what a log holds, in the order of the file. */
export interface LogVisitor {
  /** Of a journal: the records that follow are of this host. */
  readonly onHost: (host: HostName) => void;
  readonly onRecord: (sample: WalSample) => void;
  readonly onDamage: (damage: Damage) => void;
}

/** Bytes read at once. */
const PIECE_BYTES = 1 << 20;
/** No two records are longer: with so many bytes in hand one that looks cut is damaged, and shows what is behind it. */
const LONGEST_BYTES = 2 * Math.max(MAX_RECORD_BYTES, MAX_HOST_RECORD_BYTES);

/**
 * Reads the records of a log from byte `from` on, where they begin.
 * @throws FileSystemError
 */
export async function scanLog(
  files: FileSystem,
  path: string,
  log: { readonly kind: "wal" | "journal"; readonly from: number },
  visitor: LogVisitor,
): Promise<void> {
  const scan = new LogScan(log.kind, visitor);
  let base = log.from;
  let rest = new Uint8Array(0);
  for (let isLast = false; !isLast;) {
    const piece = await files.readRange(path, base + rest.length, PIECE_BYTES);
    isLast = piece.length < PIECE_BYTES;
    const window = new Uint8Array(rest.length + piece.length);
    window.set(rest);
    window.set(piece, rest.length);
    const usedBytes = scan.take(window, base, isLast);
    rest = window.subarray(usedBytes);
    base += usedBytes;
  }
}

class LogScan {
  readonly #isJournal: boolean;
  readonly #visitor: LogVisitor;
  #hasHost: boolean;
  /** Damage whose end is not found yet. */
  #damage: { readonly start: number; readonly reason: string } | undefined;

  constructor(kind: "wal" | "journal", visitor: LogVisitor) {
    this.#isJournal = kind === "journal";
    this.#hasHost = !this.#isJournal;
    this.#visitor = visitor;
  }

  /** Reads what is in the window, which begins at `base` in the file. Returns how many bytes of it are done with. */
  take(window: Uint8Array, base: number, isLast: boolean): number {
    const stop = isLast ? window.length : window.length - LONGEST_BYTES;
    let at = 0;
    while (at < stop) {
      if (this.#damage === undefined) at = this.#read(window, at, base);
      else at = this.#search(window, at, base) ?? stop;
    }
    if (isLast) this.#endDamage(base + at);
    return at;
  }

  /** Reads the record at `at`; returns the offset behind it, or `at` if it is none. */
  #read(window: Uint8Array, at: number, base: number): number {
    const host = this.#isJournal ? decodeHostRecord(window, at) : undefined;
    if (host !== undefined) {
      this.#hasHost = true;
      this.#visitor.onHost(host);
      return host.end;
    }
    const record = decodeRecord(window, at);
    if (record.kind === "record" && this.#hasHost) {
      this.#visitor.onRecord(record);
      return record.end;
    }
    this.#damage = { start: base + at, reason: this.#reasonOf(record, window, at) };
    return at;
  }

  #reasonOf(record: ReturnType<typeof decodeRecord>, window: Uint8Array, at: number): string {
    if (record.kind === "torn") return "the file ends within a record";
    if (this.#isJournal && magicAt(window, at) === HOST_RECORD_MAGIC) return "damaged host record";
    return record.kind === "corrupt" ? record.reason : "no host record in front";
  }

  /** Returns the offset at which reading goes on; undefined if that is not before the last record that may be cut. */
  #search(window: Uint8Array, at: number, base: number): number | undefined {
    const found = this.#isJournal ? this.#searchJournal(window, at, base) : resync(window, at);
    if (found < 0) return undefined;
    this.#endDamage(base + found);
    return found;
  }

  #searchJournal(window: Uint8Array, at: number, base: number): number {
    const isStart = this.#damage?.start === base + at;
    const found = resyncJournal(window, { start: isStart ? at : undefined, hasHost: this.#hasHost });
    if (found === undefined) return -1;
    if (found.host !== undefined) {
      this.#hasHost = true;
      this.#visitor.onHost(found.host);
    }
    return found.at;
  }

  #endDamage(end: number): void {
    if (this.#damage === undefined) return;
    this.#visitor.onDamage({ ...this.#damage, end });
    this.#damage = undefined;
  }
}

/** The first four bytes of what may be a record; undefined if not even its length is there. */
function magicAt(window: Uint8Array, at: number): number | undefined {
  return at + RECORD_HEADER_BYTES <= window.length ? uint32(window, at) : undefined;
}

function uint32(window: Uint8Array, at: number): number {
  return new DataView(window.buffer, window.byteOffset + at).getUint32(0, true);
}
