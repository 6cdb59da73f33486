// The journal: records of many hosts in one file, so that one flush makes a commit of all of them durable. FORMAT.md.

import { crc32 } from "../wal/crc32.ts";
import { RECORD_HEADER_BYTES, RECORD_TRAILER_BYTES } from "../wal/record.ts";

/** The first four bytes of a journal. */
export const JOURNAL_MAGIC = 0xcc1d_a702;
export const JOURNAL_HEADER_BYTES = 4;
/** The first four bytes of a host record: the WAL records that follow it belong to that host. */
export const HOST_RECORD_MAGIC = 0xcc1d_a7b1;

const NAME_LENGTH_BYTES = 1;
const MAX_NAME_BYTES = 0xff;
const MIN_PAYLOAD_BYTES = 2 * NAME_LENGTH_BYTES;
const MAX_PAYLOAD_BYTES = 2 * (NAME_LENGTH_BYTES + MAX_NAME_BYTES);
const MIN_RECORD_BYTES = RECORD_HEADER_BYTES + MIN_PAYLOAD_BYTES + RECORD_TRAILER_BYTES;

/** Bytes of the longest host record. */
export const MAX_HOST_RECORD_BYTES = RECORD_HEADER_BYTES + MAX_PAYLOAD_BYTES + RECORD_TRAILER_BYTES;

export interface HostName {
  readonly cluster: string;
  readonly host: string;
}

/** A host record, and the offset behind it. */
export interface DecodedHostRecord extends HostName {
  readonly end: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** @throws RangeError for a name of more than 255 bytes, or with a zero byte in it */
export function encodeHostRecord({ cluster, host }: HostName): Uint8Array<ArrayBuffer> {
  const names = [encoder.encode(cluster), encoder.encode(host)];
  if (names.some((name) => name.includes(0))) {
    throw new RangeError(`cluster and host: expected no zero byte: ${JSON.stringify([cluster, host])}`);
  }
  if (names.some((name) => name.length > MAX_NAME_BYTES)) {
    throw new RangeError(`cluster and host: expected at most ${MAX_NAME_BYTES} bytes each: ${cluster}, ${host}`);
  }
  const payloadBytes = names.reduce((size, name) => size + NAME_LENGTH_BYTES + name.length, 0);
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + payloadBytes + RECORD_TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HOST_RECORD_MAGIC, true);
  view.setUint32(4, payloadBytes, true);
  let at = RECORD_HEADER_BYTES;
  for (const name of names) {
    bytes[at] = name.length;
    bytes.set(name, at + NAME_LENGTH_BYTES);
    at += NAME_LENGTH_BYTES + name.length;
  }
  view.setUint32(at, crc32(bytes, RECORD_HEADER_BYTES, at), true);
  return bytes;
}

/** The host record at `at`; undefined when there is none that is whole and intact. */
export function decodeHostRecord(bytes: Uint8Array, at: number): DecodedHostRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length - at < MIN_RECORD_BYTES || view.getUint32(at, true) !== HOST_RECORD_MAGIC) return undefined;
  const payloadBytes = view.getUint32(at + 4, true);
  const payload = at + RECORD_HEADER_BYTES;
  const payloadEnd = payload + payloadBytes;
  if (payloadBytes > MAX_PAYLOAD_BYTES || payloadEnd + RECORD_TRAILER_BYTES > bytes.length) return undefined;
  const name = decodeHostPayload(bytes, payload, payloadEnd);
  return name && { ...name, end: payloadEnd + RECORD_TRAILER_BYTES };
}

/** What the payload at [payload, payloadEnd) names, if the CRC behind it says that it is intact, and it can be a host's. */
export function decodeHostPayload(bytes: Uint8Array, payload: number, payloadEnd: number): HostName | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(payloadEnd, true) !== crc32(bytes, payload, payloadEnd)) return undefined;
  const hostAt = payload + NAME_LENGTH_BYTES + bytes[payload];
  if (hostAt >= payloadEnd || hostAt + NAME_LENGTH_BYTES + bytes[hostAt] !== payloadEnd) return undefined;
  const cluster = decodeName(bytes, payload + NAME_LENGTH_BYTES, hostAt);
  const host = decodeName(bytes, hostAt + NAME_LENGTH_BYTES, payloadEnd);
  return cluster === undefined || host === undefined ? undefined : { cluster, host };
}

/**
 * A WAL record is one flipped bit of its magic away from being a host record, whose names would be its timestamp and
 * metric. But its timestamp has zeros, or is no UTF-8 before 1970; and no directory can be named so.
 */
function decodeName(bytes: Uint8Array, start: number, end: number): string | undefined {
  const name = bytes.subarray(start, end);
  if (name.includes(0)) return undefined;
  try {
    return decoder.decode(name);
  } catch {
    return undefined;
  }
}

/** Offset of the first intact host record at or behind `from`, or -1. */
export function findHostRecord(bytes: Uint8Array, from: number): number {
  const firstMagicByte = HOST_RECORD_MAGIC & 0xff;
  let at = bytes.indexOf(firstMagicByte, from);
  while (at >= 0 && decodeHostRecord(bytes, at) === undefined) at = bytes.indexOf(firstMagicByte, at + 1);
  return at;
}
