// Reads files of WAL records back into the store: a host's WAL, and the journal, whose records are of many hosts.
// Damage costs the records that it hit: reading goes on at the next intact one.

import { decodeHostRecord, findHostRecord, MAX_HOST_RECORD_BYTES } from "../codec/journal/journal-record.ts";
import {
  decodeRecord,
  MAX_RECORD_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TRAILER_BYTES,
} from "../codec/wal/record.ts";
import {
  IGNORED_SERIES,
  INPUT_BYTES,
  STOP_CORRUPT,
  STOP_END,
  STOP_UNKNOWN_KEY,
  WalReplayer,
} from "../codec/wal/replayer.ts";
import { resync } from "../codec/wal/resync.ts";
import type { MetricStore } from "../core/store.ts";
import type { FileSystem } from "../runtime/ports.ts";

/** Bytes of a file that could not be read as records, [start, end). */
export interface DamagedRange {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

export interface ReplayResult {
  /** Records that are in the store now. */
  readonly records: number;
  /** Records older than the retention. */
  readonly skipped: number;
  /** Records of metrics that are not configured, or of series beyond the limit. */
  readonly ignored: number;
  /** Damage in the middle of the file. */
  readonly damaged: readonly DamagedRange[];
  /** Where whole records end: what follows is the beginning of one whose writing was cut short. */
  readonly intactBytes: number;
}

/** Whose records are read. */
export interface ReplayHost {
  readonly number: number;
  readonly cluster: string;
  readonly host: string;
}

export interface ReplayOptions {
  readonly files: FileSystem;
  readonly store: MetricStore;
  /** Records older than this (Unix seconds) are left out. */
  readonly oldest: number;
  /** The number of a host that a journal names. */
  readonly numberOf: (cluster: string, host: string) => number;
  /** Takes whole records of a host, as they stand in a journal. */
  readonly onRecords?: (host: number, records: Uint8Array) => void;
}

/** A record, of whichever kind, is not longer than this. */
const LONGEST_BYTES = Math.max(MAX_RECORD_BYTES, MAX_HOST_RECORD_BYTES);

export class RecordReplay {
  readonly #options: ReplayOptions;
  readonly #replayer = new WalReplayer();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#replayer.setOldest(options.oldest);
  }

  /** Reads a file from behind its header of `headerBytes`. A journal begins without a host. */
  async replay(path: string, headerBytes: number, host: ReplayHost | undefined): Promise<ReplayResult> {
    const { files } = this.#options;
    const sizeBytes = await files.sizeOf(path);
    const reading = new Reading(this.#options, this.#replayer, headerBytes, host);
    for (let offset = headerBytes; offset < sizeBytes;) {
      const piece = await files.readRange(path, offset, reading.roomBytes);
      if (piece.length === 0) break;
      offset += piece.length;
      reading.take(piece, offset >= sizeBytes);
    }
    return reading.result();
  }
}

/** The reading of one file, piece by piece. */
class Reading {
  readonly #options: ReplayOptions;
  readonly #replayer: WalReplayer;
  readonly #isJournal: boolean;
  #host: ReplayHost | undefined;
  /** Offset in the file of the first byte in the input. */
  #base: number;
  /** Bytes in the input. */
  #filled = 0;
  #records = 0;
  #skipped = 0;
  #ignored = 0;
  readonly #damaged: DamagedRange[] = [];
  /** Damage whose end is not found yet; `start` is an offset in the file. */
  #damage: { readonly start: number; readonly reason: string } | undefined;

  constructor(options: ReplayOptions, replayer: WalReplayer, base: number, host: ReplayHost | undefined) {
    this.#options = options;
    this.#replayer = replayer;
    this.#base = base;
    this.#isJournal = host === undefined;
    if (host !== undefined) this.#setHost(host);
  }

  /** How much the next piece may hold. */
  get roomBytes(): number {
    return INPUT_BYTES - this.#filled;
  }

  take(piece: Uint8Array, isLast: boolean): void {
    this.#replayer.input.set(piece, this.#filled);
    this.#filled += piece.length;
    let position = 0;
    for (let next: number | undefined = 0; next !== undefined && next < this.#filled;) {
      position = next;
      next = this.#damage === undefined ? this.#readFrom(position, isLast) : this.#behindDamage();
      position = next ?? this.#keepFrom(position);
    }
    this.#replayer.input.copyWithin(0, position, this.#filled);
    this.#base += position;
    this.#filled -= position;
  }

  result(): ReplayResult {
    return {
      records: this.#records,
      skipped: this.#skipped,
      ignored: this.#ignored,
      damaged: this.#damaged,
      intactBytes: this.#damage?.start ?? this.#base,
    };
  }

  /** Reads records from `position` on. Returns where to go on; undefined when that needs more bytes. */
  #readFrom(position: number, isLast: boolean): number | undefined {
    if (this.#isJournal) {
      const record = decodeHostRecord(this.#bytes, position);
      if (record !== undefined) {
        this.#setHost({ ...record, number: this.#options.numberOf(record.cluster, record.host) });
        return record.end;
      }
    }
    if (this.#host === undefined) return this.#beginDamage(position, "no host record in front");
    const stop = this.#replayer.parse(position, this.#filled);
    const end = this.#replayer.position;
    this.#takeColumns(this.#host, position, end);
    if (stop === STOP_UNKNOWN_KEY) this.#learn(this.#host);
    if (stop === STOP_CORRUPT && !(this.#isJournal && decodeHostRecord(this.#bytes, end) !== undefined)) {
      return this.#beginDamage(end, this.#replayer.corruption().reason);
    }
    if (stop === STOP_END && end < this.#filled) {
      if (isLast) return this.#beginDamage(end, "the file ends within a record");
      return end > position ? end : undefined;
    }
    return end;
  }

  #takeColumns(host: ReplayHost, position: number, end: number): void {
    this.#options.store.writeColumns(this.#replayer, this.#replayer.count);
    this.#records += this.#replayer.count;
    this.#skipped += this.#replayer.skippedCount;
    this.#ignored += this.#replayer.ignoredCount;
    if (end > position) this.#options.onRecords?.(host.number, this.#bytes.slice(position, end));
  }

  #learn({ cluster, host }: ReplayHost): void {
    const { store } = this.#options;
    const { metric: name, selector } = this.#replayer.unknownRecord();
    const metric = store.metrics.get(name);
    const series = metric === undefined ? undefined : store.seriesFor([cluster, host, ...selector], metric);
    this.#replayer.teach(this.#replayer.position, series ?? IGNORED_SERIES);
  }

  #setHost(host: ReplayHost): void {
    this.#host = host;
    this.#replayer.begin(host.number);
  }

  #beginDamage(position: number, reason: string): number | undefined {
    this.#damage = { start: this.#base + position, reason };
    return this.#behindDamage();
  }

  /** Where it goes on behind the damage; undefined when that is not in the input. */
  #behindDamage(): number | undefined {
    if (this.#damage === undefined) throw new Error("BUG: there is no damage");
    const { start, reason } = this.#damage;
    const from = Math.max(0, start - this.#base);
    const found = this.#isJournal ? this.#behindJournalDamage(from, start >= this.#base) : resync(this.#bytes, from);
    if (found < 0) return undefined;
    // Nothing lies between when a record only had to wait for its last bytes.
    if (this.#base + found > start) this.#damaged.push({ start, end: this.#base + found, reason });
    this.#damage = undefined;
    return found;
  }

  /**
   * In a journal the records behind the damage may be another host's, whose host record was hit. They are the same
   * host's only if what was hit is one record, of which at least magic and length are sound.
   */
  #behindJournalDamage(from: number, isStart: boolean): number {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#filled);
    const hasHeader = this.#host !== undefined && from + RECORD_HEADER_BYTES <= this.#filled;
    if (isStart && hasHeader && view.getUint32(from, true) === RECORD_MAGIC) {
      const next = from + RECORD_HEADER_BYTES + view.getUint32(from + 4, true) + RECORD_TRAILER_BYTES;
      if (next < this.#filled && decodeRecord(this.#bytes, next).kind === "record") return next;
    }
    return findHostRecord(this.#bytes, from);
  }

  /** From where on the input is needed again: of damage, the part in which an intact record may have begun. */
  #keepFrom(position: number): number {
    if (this.#damage === undefined) return position;
    return Math.max(this.#damage.start - this.#base, this.#filled - LONGEST_BYTES, 0);
  }

  get #bytes(): Uint8Array {
    return this.#replayer.input.subarray(0, this.#filled);
  }
}
