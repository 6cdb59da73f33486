// WAL records → samples, fast. The keys of records (host, metric, selector) become series numbers by way of the caller,
// once each; a record it takes is one that `decodeRecord` takes.

import { BLOCK_SAMPLES, createWalKernel, currentViews, RECORDS_BYTES, viewMemory } from "./kernel.ts";
import type { WalKernelExports, WalViews } from "./kernel.ts";
import { decodeIntactRecord, decodeRecord } from "./record.ts";
import type { CorruptRecord, WalSample } from "./record.ts";

/** Size of the input area in bytes; every record fits. */
export const INPUT_BYTES = RECORDS_BYTES;
/** Most samples one `parse` gives. */
export const REPLAY_SAMPLES = BLOCK_SAMPLES;
/** As series number in `teach`: records of this key are passed over, and counted. */
export const IGNORED_SERIES = 0xffff_ffff;

/** Why `parse` returned. */
export type ReplayStop = typeof STOP_END | typeof STOP_FULL | typeof STOP_UNKNOWN_KEY | typeof STOP_CORRUPT;
/** All whole records are taken. At `position` begins one that goes on behind the end, unless that is the end. */
export const STOP_END = 0;
/** The columns are full: read them, then parse on from `position`. */
export const STOP_FULL = 1;
/** The record at `position` is intact, but its key is not known: `teach` it, then parse on from `position`. */
export const STOP_UNKNOWN_KEY = 2;
/** What is at `position` is no intact record: `corruption` tells why, `resync` where it goes on. */
export const STOP_CORRUPT = 3;

/**
 * Reads a host's WAL, from behind its file header, piece by piece: the caller copies bytes into `input`, calls `parse`
 * and reads the columns. After STOP_END it moves the bytes from `position` on to the front and appends the next piece.
 * When there is none, that rest is a torn record; or one with a damaged length, if `resync` finds another behind it.
 */
export class WalReplayer {
  /** Samples in the columns after the last `parse`. */
  count = 0;
  /** Records it passed over because they are older than `setOldest` says. */
  skippedCount = 0;
  /** Records it passed over because their key was taught with IGNORED_SERIES. */
  ignoredCount = 0;
  /** Offset in `input` behind the last record it took. */
  position = 0;

  readonly #exports: WalKernelExports = createWalKernel();
  #views: WalViews = viewMemory(this.#exports);
  #stop: ReplayStop = STOP_END;

  // The views change when `teach` has made the memory grow: take them from here each time.

  /** Where the bytes go: INPUT_BYTES of them. */
  get input(): Uint8Array {
    return this.#views.records;
  }
  /** Column: the series number its key was taught with. */
  get series(): Uint32Array {
    return this.#views.series;
  }
  /** Column: seconds, whole. Beyond ±2^53 the nearest float64. */
  get timestamps(): Float64Array {
    return this.#views.timestamps;
  }
  /** Column: bit for bit what the record holds. */
  get values(): Float32Array {
    return this.#views.values;
  }

  /** The bytes that follow are of this host; keys are known within the host they were taught in. */
  begin(host: number): void {
    this.#exports.begin(host);
    this.#stop = STOP_END;
  }

  /** Records with a timestamp below this (seconds; at first none are) are passed over, their keys unseen. */
  setOldest(seconds: number): void {
    if (Number.isNaN(seconds)) throw new Error("BUG: the oldest time of a replay is NaN");
    this.#exports.setOldest(seconds);
  }

  /** Takes the records in [start, end) of `input`. The columns are written from their beginning on. */
  parse(start: number, end: number): ReplayStop {
    if (!(start >= 0 && start <= end && end <= INPUT_BYTES)) {
      throw new Error(`BUG: [${start}, ${end}) does not lie within the input`);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the kernel returns the STOP_… above
    this.#stop = this.#exports.parse(start, end) as ReplayStop;
    // The order of the report is that of wasm/wal/replayer.ts.
    const { report } = this.#views;
    this.count = report[0];
    this.skippedCount = report[1];
    this.ignoredCount = report[2];
    this.position = report[3];
    return this.#stop;
  }

  /** After STOP_UNKNOWN_KEY: the record that stopped it. */
  unknownRecord(): WalSample {
    this.#expectStop(STOP_UNKNOWN_KEY);
    return decodeIntactRecord(this.#views.records, this.#views.recordsView, this.position);
  }

  /**
   * After STOP_UNKNOWN_KEY: learns the key of the record at `position`.
   * @throws RangeError when there is no memory left
   */
  teach(position: number, series: number): void {
    this.#expectStop(STOP_UNKNOWN_KEY);
    if (position !== this.position) throw new Error(`BUG: the unknown key is at ${this.position}, not at ${position}`);
    const isLearned = this.#exports.teach(position, series) !== 0;
    this.#views = currentViews(this.#exports, this.#views);
    if (!isLearned) throw new RangeError("no memory for another WAL key");
  }

  /** After STOP_CORRUPT: what is wrong; its `offset` is `position`. */
  corruption(): CorruptRecord {
    this.#expectStop(STOP_CORRUPT);
    const record = decodeRecord(this.input, this.position);
    if (record.kind !== "corrupt") throw new Error(`BUG: the kernel takes a record for corrupt that is ${record.kind}`);
    return record;
  }

  #expectStop(stop: ReplayStop): void {
    if (this.#stop !== stop) throw new Error(`BUG: the last parse stopped with ${this.#stop}, not with ${stop}`);
  }
}
