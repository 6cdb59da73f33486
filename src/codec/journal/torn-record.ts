// What a crash leaves at the end of a log: the beginning of a record, and nothing behind it. Everything else there is
// damage, and may have been acknowledged.

import {
  MAX_PAYLOAD_BYTES,
  MIN_PAYLOAD_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TRAILER_BYTES,
} from "../wal/record.ts";
import { HOST_RECORD_MAGIC, MAX_HOST_RECORD_BYTES } from "./journal-record.ts";

const MAGIC_BYTES = 4;
const MAX_HOST_PAYLOAD_BYTES = MAX_HOST_RECORD_BYTES - RECORD_HEADER_BYTES - RECORD_TRAILER_BYTES;
/** In the payload of a WAL record: where the length of the metric stands, and what follows the names. */
const METRIC_LENGTH_AT = 8;
const VALUE_BYTES = 4;

/**
 * Whether `rest`, all that follows the last intact record of a log, is the beginning of a record of which the end is
 * missing: its length goes beyond the end of the file, and its names, as far as they are there, are of that length. A
 * whole record whose length is damaged does not pass: its names tell where it ends.
 */
export function isTornRecord(rest: Uint8Array): boolean {
  return beginsWith(rest, RECORD_MAGIC, tornWalPayload) || beginsWith(rest, HOST_RECORD_MAGIC, tornHostPayload);
}

/** Of the part of a payload that is there, whether it can be the beginning of one with so many bytes. */
type IsTornPayload = (payload: Uint8Array, payloadBytes: number) => boolean;

function beginsWith(rest: Uint8Array, magic: number, isTornPayload: IsTornPayload): boolean {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  for (let i = 0; i < Math.min(MAGIC_BYTES, rest.length); i++) {
    if (rest[i] !== ((magic >>> (8 * i)) & 0xff)) return false;
  }
  if (rest.length < RECORD_HEADER_BYTES) return rest.length > 0;
  const payloadBytes = view.getUint32(MAGIC_BYTES, true);
  if (rest.length >= RECORD_HEADER_BYTES + payloadBytes + RECORD_TRAILER_BYTES) return false;
  return isTornPayload(rest.subarray(RECORD_HEADER_BYTES), payloadBytes);
}

function tornWalPayload(payload: Uint8Array, payloadBytes: number): boolean {
  if (payloadBytes < MIN_PAYLOAD_BYTES || payloadBytes > MAX_PAYLOAD_BYTES) return false;
  const valueAt = payloadBytes - VALUE_BYTES;
  if (payload.length < METRIC_LENGTH_AT + 2) return true;
  let at = METRIC_LENGTH_AT + 2 + (payload[METRIC_LENGTH_AT] | (payload[METRIC_LENGTH_AT + 1] << 8));
  if (at >= valueAt) return false;
  if (at >= payload.length) return true;
  let levels = payload[at++];
  for (; levels > 0 && at < Math.min(valueAt, payload.length); levels--) at += 1 + payload[at];
  return levels > 0 ? at < valueAt && at >= payload.length : at === valueAt;
}

function tornHostPayload(payload: Uint8Array, payloadBytes: number): boolean {
  if (payloadBytes < 2 || payloadBytes > MAX_HOST_PAYLOAD_BYTES) return false;
  if (payload.length === 0) return true;
  const hostAt = 1 + payload[0];
  if (hostAt >= payloadBytes) return false;
  return hostAt >= payload.length || hostAt + 1 + payload[hostAt] === payloadBytes;
}
