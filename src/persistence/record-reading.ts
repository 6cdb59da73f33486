// The reading of one file of WAL records, block by block: a host's WAL, or a journal, whose records are of many hosts.
// Damage costs the records that it hit: reading goes on at the next intact one.

import { MAX_HOST_RECORD_BYTES } from "../codec/journal/journal-record.ts";
import { resyncJournal } from "../codec/journal/resync-journal.ts";
import { MAX_RECORD_BYTES, RECORD_HEADER_BYTES, RECORD_TRAILER_BYTES } from "../codec/wal/record.ts";
import {
  IGNORED_SERIES,
  INPUT_BYTES,
  STOP_CORRUPT,
  STOP_END,
  STOP_UNKNOWN_KEY,
  type WalReplayer,
} from "../codec/wal/replayer.ts";
import { resync } from "../codec/wal/resync.ts";
import type { Level } from "../core/level.ts";
import type { Metric } from "../core/metrics.ts";
import type { MetricStore } from "../core/store.ts";
import type { FoundHostRecord, HostRecords, ReplayHost } from "./host-records.ts";

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

/** Takes bytes[start, end), whole records of a host; it may keep them, they stay as they are. */
export type TakeRecords = (host: number, bytes: Uint8Array, start: number, end: number) => void;

/** A record that was hit and the one behind it are not longer than this, of whichever kind. */
const LONGEST_BYTES = 2 * Math.max(MAX_RECORD_BYTES, MAX_HOST_RECORD_BYTES);

/** The reading of one file, block by block. */
export class RecordReading {
  readonly #store: MetricStore;
  readonly #replayer: WalReplayer;
  /** Undefined for a WAL. */
  readonly #hostRecords: HostRecords | undefined;
  readonly #onRecords: TakeRecords | undefined;
  #host: ReplayHost | undefined;
  /** The level of the host, once there is one. */
  #level: Level | undefined;
  /** Offset in the file of the first byte in the input. */
  #base: number;
  /** Bytes in the input. */
  #filled = 0;
  /** What is left of the block before: others use the input in between. */
  #rest: Uint8Array = new Uint8Array(0);
  /** The block that is being taken, where in it the last piece begins, and where in the input that is. */
  #block: Uint8Array = new Uint8Array(0);
  #pieceInBlock = 0;
  #pieceStart = 0;
  /** Offset in the input of the first record of the present host that `onRecords` has not got. */
  #runStart = 0;
  #records = 0;
  #skipped = 0;
  #ignored = 0;
  readonly #damaged: DamagedRange[] = [];
  /** Damage whose end is not found yet; `start` is an offset in the file. */
  #damage: { readonly start: number; readonly reason: string } | undefined;

  constructor(
    store: MetricStore,
    replayer: WalReplayer,
    base: number,
    hostRecords: HostRecords | undefined,
    onRecords: TakeRecords | undefined,
  ) {
    this.#store = store;
    this.#replayer = replayer;
    this.#base = base;
    this.#hostRecords = hostRecords;
    this.#onRecords = onRecords;
  }

  /** The records that follow are of this host. */
  setHost(host: ReplayHost): void {
    this.#host = host;
    this.#level = this.#store.root.find([host.cluster, host.host]);
    this.#replayer.begin(host.number);
  }

  take(block: Uint8Array, isLast: boolean): void {
    this.#block = block;
    this.#replayer.input.set(this.#rest);
    this.#filled = this.#rest.length;
    if (this.#host !== undefined) this.#replayer.begin(this.#host.number);
    for (let at = 0; at < block.length;) {
      const piece = block.subarray(at, at + INPUT_BYTES - this.#filled);
      this.#pieceInBlock = at;
      at += piece.length;
      this.#takePiece(piece, isLast && at === block.length);
    }
    this.#rest = this.#replayer.input.slice(0, this.#filled);
  }

  #takePiece(piece: Uint8Array, isLast: boolean): void {
    this.#replayer.input.set(piece, this.#filled);
    this.#pieceStart = this.#filled;
    this.#filled += piece.length;
    let position = 0;
    for (let next: number | undefined = 0; next !== undefined && next < this.#filled;) {
      position = next;
      next = this.#damage === undefined ? this.#readFrom(position, isLast) : this.#behindDamage();
      position = next ?? this.#keepFrom(position);
    }
    if (this.#damage === undefined) this.#handOn(position);
    this.#replayer.input.copyWithin(0, position, this.#filled);
    this.#base += position;
    this.#filled -= position;
    this.#runStart = 0;
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
    const record = this.#hostRecordAt(position);
    if (record !== undefined) {
      this.#handOn(position);
      this.#runStart = record.end;
      this.setHost(record.host);
      return record.end;
    }
    if (this.#host === undefined) return this.#beginDamage(position, "no host record in front");
    const stop = this.#replayer.parse(position, this.#filled);
    const end = this.#replayer.position;
    this.#takeColumns();
    if (stop === STOP_UNKNOWN_KEY) this.#learn(this.#host);
    if (stop === STOP_CORRUPT && this.#hostRecordAt(end) === undefined) {
      return this.#beginDamage(end, this.#replayer.corruption().reason);
    }
    if (stop === STOP_END && end < this.#filled) {
      if (isLast) return this.#beginDamage(end, "the file ends within a record");
      return end > position ? end : undefined;
    }
    return end;
  }

  #hostRecordAt(position: number): FoundHostRecord | undefined {
    return this.#hostRecords?.find(this.#replayer.input, position, this.#filled);
  }

  #takeColumns(): void {
    this.#store.writeColumns(this.#replayer, this.#replayer.count);
    this.#records += this.#replayer.count;
    this.#skipped += this.#replayer.skippedCount;
    this.#ignored += this.#replayer.ignoredCount;
  }

  /** Hands on the records of the present host up to `end`. */
  #handOn(end: number): void {
    let start = this.#runStart;
    this.#runStart = end;
    const onRecords = this.#onRecords;
    if (onRecords === undefined || this.#host === undefined) return;
    const { number } = this.#host;
    // A record that came in two pieces is copied: the input is written over.
    while (start < Math.min(end, this.#pieceStart)) {
      const recordBytes = recordBytesAt(this.#bytes, start);
      onRecords(number, this.#bytes.slice(start, start + recordBytes), 0, recordBytes);
      start += recordBytes;
    }
    const shift = this.#pieceInBlock - this.#pieceStart;
    if (end > start) onRecords(number, this.#block, start + shift, end + shift);
  }

  #learn(host: ReplayHost): void {
    const { metric: name, selector } = this.#replayer.unknownRecord();
    const metric = this.#store.metrics.get(name);
    const series = metric && this.#seriesFor(host, selector, metric);
    this.#replayer.teach(this.#replayer.position, series ?? IGNORED_SERIES);
  }

  #seriesFor({ cluster, host }: ReplayHost, selector: readonly string[], metric: Metric): number | undefined {
    const level = this.#level?.find(selector);
    if (level !== undefined) return this.#store.seriesAt(level, metric);
    const series = this.#store.seriesFor([cluster, host, ...selector], metric);
    this.#level ??= this.#store.root.find([cluster, host]);
    return series;
  }

  #beginDamage(position: number, reason: string): number | undefined {
    this.#handOn(position);
    this.#damage = { start: this.#base + position, reason: reason + this.#whose() };
    return this.#behindDamage();
  }

  /** In a journal: whose records stand before, which tells most of what may be lost. */
  #whose(): string {
    if (this.#hostRecords === undefined || this.#host === undefined) return "";
    return `, behind records of ${this.#host.cluster}/${this.#host.host}`;
  }

  /** Where it goes on behind the damage; undefined when that is not in the input. */
  #behindDamage(): number | undefined {
    if (this.#damage === undefined) throw new Error("BUG: there is no damage");
    const { start, reason } = this.#damage;
    const from = Math.max(0, start - this.#base);
    const found = this.#hostRecords
      ? this.#behindJournalDamage(this.#hostRecords, start - this.#base)
      : resync(this.#bytes, from);
    if (found < 0) return undefined;
    // Nothing lies between when a record only had to wait for its last bytes.
    if (this.#base + found > start) this.#damaged.push({ start, end: this.#base + found, reason });
    this.#damage = undefined;
    this.#runStart = found;
    return found;
  }

  /** The same in a journal, where the damage may have hit the record that says whose the next ones are. */
  #behindJournalDamage(hostRecords: HostRecords, start: number): number {
    const damage = { start: start < 0 ? undefined : start, hasHost: this.#host !== undefined };
    const found = resyncJournal(this.#bytes, damage);
    if (found?.host !== undefined) this.setHost(hostRecords.hostOf(found.host));
    return found?.at ?? -1;
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

/** The size of the intact record at `offset`. */
function recordBytesAt(bytes: Uint8Array, offset: number): number {
  const payloadBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset + 4, true);
  return RECORD_HEADER_BYTES + payloadBytes + RECORD_TRAILER_BYTES;
}
