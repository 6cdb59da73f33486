// Finds the way back into a damaged WAL: damage in the middle costs the records that it hit, not those behind it.

import { crc32 } from "./crc32.ts";
import {
  fieldsFill,
  MAX_PAYLOAD_BYTES,
  MIN_PAYLOAD_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TRAILER_BYTES,
} from "./record.ts";

const FIRST_MAGIC_BYTE = RECORD_MAGIC & 0xff;

/**
 * The offset of the first whole, intact record in `bytes` at or behind `from`; -1 when there is none. To be asked also
 * before a torn end is cut off: a damaged length makes any record look as if the file ended within it.
 *
 * A record that begins less than MAX_RECORD_BYTES before the end of `bytes` and goes on behind it is not found: give it
 * the file's rest, or come back with the next piece.
 */
export function resync(bytes: Uint8Array, from: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = bytes.indexOf(FIRST_MAGIC_BYTE, from);
  while (at >= 0 && !isIntactRecord(bytes, view, at)) at = bytes.indexOf(FIRST_MAGIC_BYTE, at + 1);
  return at;
}

/** Cheap checks first: garbage full of magics must not make the search expensive. */
function isIntactRecord(bytes: Uint8Array, view: DataView, at: number): boolean {
  if (bytes.length - at < RECORD_HEADER_BYTES || view.getUint32(at, true) !== RECORD_MAGIC) return false;
  const length = view.getUint32(at + 4, true);
  if (length < MIN_PAYLOAD_BYTES || length > MAX_PAYLOAD_BYTES) return false;
  const payload = at + RECORD_HEADER_BYTES;
  const payloadEnd = payload + length;
  if (payloadEnd + RECORD_TRAILER_BYTES > bytes.length || !fieldsFill(bytes, payload, length)) return false;
  return view.getUint32(payloadEnd, true) === crc32(bytes, payload, payloadEnd);
}
