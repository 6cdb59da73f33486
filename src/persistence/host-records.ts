// The host records of journals. The same few come again and again, in some journals before every tenth record: each is
// decoded once, and known again by its bytes.

import {
  decodeHostRecord,
  HOST_RECORD_MAGIC,
  MAX_HOST_RECORD_BYTES,
  type HostName,
} from "../codec/journal/journal-record.ts";
import { RECORD_HEADER_BYTES, RECORD_TRAILER_BYTES } from "../codec/wal/record.ts";

/** Whose records are read. */
export interface ReplayHost extends HostName {
  readonly number: number;
}

/** A host record, and the offset behind it. */
export interface FoundHostRecord {
  readonly host: ReplayHost;
  readonly end: number;
}

interface KnownRecord {
  readonly bytes: Uint8Array;
  readonly host: ReplayHost;
}

const FIRST_MAGIC_BYTE = HOST_RECORD_MAGIC & 0xff;

export class HostRecords {
  readonly #numberOf: (cluster: string, host: string) => number;
  /** By their CRC-32. */
  readonly #known = new Map<number, KnownRecord>();

  /** @param numberOf the number of a host, which gets one if it has none */
  constructor(numberOf: (cluster: string, host: string) => number) {
    this.#numberOf = numberOf;
  }

  /** The host record at `at`, before `end`; undefined when there is none that is whole and intact. */
  find(bytes: Uint8Array, at: number, end: number): FoundHostRecord | undefined {
    if (bytes[at] !== FIRST_MAGIC_BYTE || at + RECORD_HEADER_BYTES > end) return undefined;
    const crcAt = at + RECORD_HEADER_BYTES + uint32At(bytes, at + 4);
    const recordEnd = crcAt + RECORD_TRAILER_BYTES;
    if (recordEnd > end || recordEnd - at > MAX_HOST_RECORD_BYTES) return undefined;
    const crc = uint32At(bytes, crcAt);
    const known = this.#known.get(crc);
    if (known !== undefined && hasBytesAt(bytes, at, known.bytes)) return { host: known.host, end: recordEnd };
    const record = bytes.slice(at, recordEnd);
    const name = decodeHostRecord(record, 0);
    if (name === undefined) return undefined;
    const host = this.hostOf(name);
    this.#known.set(crc, { bytes: record, host });
    return { host, end: recordEnd };
  }

  /** A host with its number. */
  hostOf({ cluster, host }: HostName): ReplayHost {
    return { cluster, host, number: this.#numberOf(cluster, host) };
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

function hasBytesAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}
