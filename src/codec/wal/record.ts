// The records of `current.wal`, one sample each: FORMAT.md. The plain twin of the kernel (wasm/wal), for single records,
// for tests, and for saying what is wrong with a damaged one.

import { crc32 } from "./crc32.ts";

/** The first four bytes of the file. */
export const FILE_MAGIC = 0xcc1d_a701;
export const FILE_HEADER_BYTES = 4;
/** The first four bytes of every record. */
export const RECORD_MAGIC = 0xcc1d_a7a1;

/** Bytes in front of the payload: magic and length. */
export const RECORD_HEADER_BYTES = 8;
/** Bytes behind the payload: its CRC-32. */
export const RECORD_TRAILER_BYTES = 4;

// What the length fields of the names can express.
export const MAX_METRIC_BYTES = 0xffff;
export const MAX_LEVELS = 0xff;
export const MAX_LEVEL_BYTES = 0xff;

const TIMESTAMP_BYTES = 8;
const METRIC_LENGTH_BYTES = 2;
const LEVEL_COUNT_BYTES = 1;
const LEVEL_LENGTH_BYTES = 1;
const VALUE_BYTES = 4;

/** A payload with empty names. */
export const MIN_PAYLOAD_BYTES = TIMESTAMP_BYTES + METRIC_LENGTH_BYTES + LEVEL_COUNT_BYTES + VALUE_BYTES;
/** A payload with the longest names. A length field that says more is damaged. */
export const MAX_PAYLOAD_BYTES =
  MIN_PAYLOAD_BYTES + MAX_METRIC_BYTES + MAX_LEVELS * (LEVEL_LENGTH_BYTES + MAX_LEVEL_BYTES);
export const MAX_RECORD_BYTES = RECORD_HEADER_BYTES + MAX_PAYLOAD_BYTES + RECORD_TRAILER_BYTES;

/** One sample of a host and where it belongs there. */
export interface WalSample {
  readonly metric: string;
  /** The levels below the host, outermost first; empty for the host itself. */
  readonly selector: readonly string[];
  /** Seconds, whole, within int64. */
  readonly timestamp: number;
  /** Stored as float32. */
  readonly value: number;
}

export type DecodedRecord =
  | ({ readonly kind: "record"; /** Offset behind the record. */ readonly end: number } & WalSample)
  /** The bytes end within what may be a record. */
  | { readonly kind: "torn" }
  | CorruptRecord;

export interface CorruptRecord {
  readonly kind: "corrupt";
  readonly offset: number;
  /** What was found and what was expected. */
  readonly reason: string;
}

/** A name or a timestamp that the format has no room for. */
export class WalLimitError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WalLimitError";
  }
}

const encoder = new TextEncoder();
// Not fatal: a name that is no UTF-8 costs nothing but its bad bytes. A byte order mark is part of the name.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Up to this length a text is put together faster from its bytes than by the decoder. */
const SHORT_TEXT_BYTES = 32;
const FIRST_NON_ASCII = 0x80;

/** Whether a file that begins with `bytes` is a WAL. */
export function hasFileMagic(bytes: Uint8Array): boolean {
  return bytes.length >= FILE_HEADER_BYTES && viewOf(bytes).getUint32(0, true) === FILE_MAGIC;
}

export function encodeFileHeader(): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  viewOf(header).setUint32(0, FILE_MAGIC, true);
  return header;
}

/** @throws WalLimitError when a name is too long or the timestamp is no int64 */
export function encodeRecord(sample: WalSample): Uint8Array<ArrayBuffer> {
  const { metric, selector } = sample;
  // A character of UTF-16 takes up to three bytes of UTF-8.
  const nameBytes = 3 * selector.reduce((sum, level) => sum + 1 + level.length, metric.length);
  const target = new Uint8Array(RECORD_HEADER_BYTES + MIN_PAYLOAD_BYTES + nameBytes + RECORD_TRAILER_BYTES);
  return target.slice(0, encodeRecordInto(target, sample));
}

/**
 * Writes a record to the beginning of `target`, where there must be room for MAX_RECORD_BYTES or for three bytes per
 * UTF-16 unit of the names.
 * @returns its length in bytes
 * @throws WalLimitError when a name is too long or the timestamp is no int64
 */
export function encodeRecordInto(target: Uint8Array, sample: WalSample): number {
  const { metric, selector, timestamp, value } = sample;
  checkTimestamp(timestamp);
  if (selector.length > MAX_LEVELS) throw new WalLimitError(`${selector.length} levels: at most ${MAX_LEVELS} fit`);
  const view = viewOf(target);
  view.setBigInt64(RECORD_HEADER_BYTES, BigInt(timestamp), true);
  let at = RECORD_HEADER_BYTES + TIMESTAMP_BYTES;

  const metricBytes = encodeName(target, at + METRIC_LENGTH_BYTES, metric, MAX_METRIC_BYTES);
  view.setUint16(at, metricBytes, true);
  at += METRIC_LENGTH_BYTES + metricBytes;

  target[at++] = selector.length;
  for (const level of selector) {
    const levelBytes = encodeName(target, at + LEVEL_LENGTH_BYTES, level, MAX_LEVEL_BYTES);
    target[at] = levelBytes;
    at += LEVEL_LENGTH_BYTES + levelBytes;
  }

  view.setFloat32(at, value, true);
  at += VALUE_BYTES;
  view.setUint32(0, RECORD_MAGIC, true);
  view.setUint32(4, at - RECORD_HEADER_BYTES, true);
  view.setUint32(at, crc32(target, RECORD_HEADER_BYTES, at), true);
  return at + RECORD_TRAILER_BYTES;
}

/** Reads the record that begins at `offset`, which lies before the end of `bytes`. */
export function decodeRecord(bytes: Uint8Array, offset: number): DecodedRecord {
  if (offset < 0 || offset >= bytes.length) throw new Error(`BUG: no byte ${offset} in ${bytes.length} bytes`);
  const rest = bytes.length - offset;
  if (rest < RECORD_HEADER_BYTES) return { kind: "torn" };

  const view = viewOf(bytes);
  const magic = view.getUint32(offset, true);
  if (magic !== RECORD_MAGIC) return corrupt(offset, `magic ${hex(magic)}, expected ${hex(RECORD_MAGIC)}`);
  const length = view.getUint32(offset + 4, true);
  if (length < MIN_PAYLOAD_BYTES || length > MAX_PAYLOAD_BYTES) {
    return corrupt(offset, `payload of ${length} bytes, expected ${MIN_PAYLOAD_BYTES} to ${MAX_PAYLOAD_BYTES}`);
  }
  if (rest < RECORD_HEADER_BYTES + length + RECORD_TRAILER_BYTES) return { kind: "torn" };

  const payload = offset + RECORD_HEADER_BYTES;
  const stored = view.getUint32(payload + length, true);
  const computed = crc32(bytes, payload, payload + length);
  if (stored !== computed) return corrupt(offset, `CRC-32 ${hex(stored)}, expected ${hex(computed)}`);
  if (!fieldsFill(bytes, payload, length)) return corrupt(offset, `names do not fill the payload of ${length} bytes`);
  const end = payload + length + RECORD_TRAILER_BYTES;
  return { kind: "record", end, ...decodePayload(bytes, view, payload, length) };
}

/** Whether the fields of the payload take up its `length` bytes exactly. */
export function fieldsFill(bytes: Uint8Array, payload: number, length: number): boolean {
  const value = payload + length - VALUE_BYTES;
  let at = payload + TIMESTAMP_BYTES;
  at += METRIC_LENGTH_BYTES + (bytes[at] | (bytes[at + 1] << 8));
  if (at >= value) return false;
  let levels = bytes[at];
  at += LEVEL_COUNT_BYTES;
  for (; levels > 0 && at < value; levels--) at += LEVEL_LENGTH_BYTES + bytes[at];
  return levels === 0 && at === value;
}

/** Reads a record of which somebody else has found that it is whole and intact. */
export function decodeIntactRecord(bytes: Uint8Array, view: DataView, offset: number): WalSample {
  return decodePayload(bytes, view, offset + RECORD_HEADER_BYTES, view.getUint32(offset + 4, true));
}

function decodePayload(bytes: Uint8Array, view: DataView, payload: number, length: number): WalSample {
  let at = payload + TIMESTAMP_BYTES;
  const metricEnd = at + METRIC_LENGTH_BYTES + view.getUint16(at, true);
  const metric = decodeName(bytes, at + METRIC_LENGTH_BYTES, metricEnd);

  const selector: string[] = [];
  const valueAt = payload + length - VALUE_BYTES;
  at = metricEnd + LEVEL_COUNT_BYTES;
  while (at < valueAt) {
    const levelEnd = at + LEVEL_LENGTH_BYTES + bytes[at];
    selector.push(decodeName(bytes, at + LEVEL_LENGTH_BYTES, levelEnd));
    at = levelEnd;
  }

  const timestamp = Number(view.getBigInt64(payload, true));
  const value = view.getFloat32(valueAt, true);
  return { metric, selector, timestamp, value };
}

function encodeName(target: Uint8Array, at: number, name: string, maxBytes: number): number {
  // Measured first where it matters: `target` holds names of the allowed lengths only.
  if (name.length * 3 > maxBytes && encoder.encode(name).length > maxBytes) {
    throw new WalLimitError(`name "${name.slice(0, 40)}…" is longer than the ${maxBytes} bytes that fit`);
  }
  return encoder.encodeInto(name, target.subarray(at)).written;
}

function decodeName(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT_BYTES) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) {
    if (bytes[at] >= FIRST_NON_ASCII) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(bytes[at]);
  }
  return text;
}

function checkTimestamp(timestamp: number): void {
  if (Number.isInteger(timestamp) && timestamp >= -(2 ** 63) && timestamp < 2 ** 63) return;
  throw new WalLimitError(`timestamp ${timestamp} is no whole number of seconds within int64`);
}

function corrupt(offset: number, reason: string): CorruptRecord {
  return { kind: "corrupt", offset, reason };
}

function hex(number: number): string {
  return `0x${number.toString(16).toUpperCase().padStart(8, "0")}`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
