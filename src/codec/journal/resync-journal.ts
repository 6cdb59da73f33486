// Finds the way back into a damaged journal. The records behind the damage may be another host's, whose host record was
// hit: they are read only where it is certain whose they are.

import { crc32 } from "../wal/crc32.ts";
import {
  fieldsFill,
  MIN_PAYLOAD_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TRAILER_BYTES,
} from "../wal/record.ts";
import { resync } from "../wal/resync.ts";
import { decodeHostPayload, findHostRecord, type HostName } from "./journal-record.ts";

/** Bytes that are no intact record of either kind. */
export interface JournalDamage {
  /** Where they begin; undefined when that does not lie in the bytes at hand any more. */
  readonly start: number | undefined;
  /** Whether a host record before them has said whose the next records are. */
  readonly hasHost: boolean;
}

/** Where reading goes on. */
export interface JournalResync {
  readonly at: number;
  /** Whose records follow, if it was that host's record that was hit; else the record at `at` says it, or none has to. */
  readonly host: HostName | undefined;
}

/**
 * Where a journal goes on behind damage; undefined when that is not within `bytes`. As with `resync`, a record that
 * goes on behind their end is not found.
 */
export function resyncJournal(bytes: Uint8Array, { start, hasHost }: JournalDamage): JournalResync | undefined {
  const hostAt = findHostRecord(bytes, start ?? 0);
  const nextHost = hostAt < 0 ? undefined : { at: hostAt, host: undefined };
  if (start === undefined) return nextHost;
  const recordAt = resync(bytes, start);
  const isRecordNext = recordAt >= 0 && (hostAt < 0 || recordAt < hostAt);
  const next = isRecordNext ? recordAt : hostAt;
  if (next < 0) return undefined;
  if (isRecordNext && hasHost && isOneRecord(bytes, start, next)) return { at: next, host: undefined };
  const host = hitHostRecord(bytes, start, next);
  return host === undefined ? nextHost : { at: next, host };
}

/** Whether [start, end) was one WAL record for certain, or nothing: what is around its payload is sound, or what is in it. */
function isOneRecord(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payload = start + RECORD_HEADER_BYTES;
  const payloadBytes = end - RECORD_TRAILER_BYTES - payload;
  if (payloadBytes < MIN_PAYLOAD_BYTES) return false;
  if (view.getUint32(start, true) === RECORD_MAGIC && view.getUint32(start + 4, true) === payloadBytes) return true;
  const payloadEnd = payload + payloadBytes;
  return (
    fieldsFill(bytes, payload, payloadBytes) && view.getUint32(payloadEnd, true) === crc32(bytes, payload, payloadEnd)
  );
}

/** The host of a host record of which [start, end) is left, with its magic or its length damaged. */
function hitHostRecord(bytes: Uint8Array, start: number, end: number): HostName | undefined {
  const payload = start + RECORD_HEADER_BYTES;
  const payloadEnd = end - RECORD_TRAILER_BYTES;
  return payloadEnd > payload ? decodeHostPayload(bytes, payload, payloadEnd) : undefined;
}
