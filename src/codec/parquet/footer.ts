// What ends a file: its metadata, their length and the magic, as the standard has it; and in front of them, where no reader
// looks, a checksum of the metadata. They say what is where: a flipped bit in them would hide samples without a word.

import { crc32 } from "../wal/crc32.ts";
import { MAGIC, TRAILER_BYTES } from "./schema.ts";

/** Tells a file with a checksum from others. */
export const CHECK_MAGIC: Uint8Array = new TextEncoder().encode("pglF");
/** The magic and a CRC-32 (u32, little-endian). */
export const CHECK_BYTES = 8;

export function encodeFooter(metadata: Uint8Array): Uint8Array<ArrayBuffer> {
  const footer = new Uint8Array(CHECK_BYTES + metadata.length + TRAILER_BYTES);
  const view = new DataView(footer.buffer);
  footer.set(CHECK_MAGIC);
  view.setUint32(CHECK_MAGIC.length, crc32(metadata, 0, metadata.length), true);
  footer.set(metadata, CHECK_BYTES);
  view.setUint32(CHECK_BYTES + metadata.length, metadata.length, true);
  footer.set(MAGIC, footer.length - MAGIC.length);
  return footer;
}

/**
 * The size of the metadata of a file.
 * @param trailer the last bytes of the file @throws RangeError if they are not those of a Parquet file
 */
export function metadataBytesOf(trailer: Uint8Array, fileBytes: number): number {
  const hasMagic = trailer.length === TRAILER_BYTES && MAGIC.every((byte, i) => trailer[MAGIC.length + i] === byte);
  if (!hasMagic) throw new RangeError("no footer at the end of the file");
  const sizeBytes = new DataView(trailer.buffer, trailer.byteOffset).getUint32(0, true);
  const most = fileBytes - TRAILER_BYTES - MAGIC.length;
  if (sizeBytes <= most) return sizeBytes;
  throw new RangeError(`a footer of ${sizeBytes} bytes in a file that has room for ${most}`);
}

/**
 * Whether there is a checksum in front of the metadata: files of others have none.
 * @param check the bytes in front of them @throws RangeError if the metadata do not fit it
 */
export function checkMetadata(check: Uint8Array, metadata: Uint8Array): boolean {
  if (!CHECK_MAGIC.every((byte, i) => check[i] === byte)) return false;
  const expected = new DataView(check.buffer, check.byteOffset).getUint32(CHECK_MAGIC.length, true);
  if (crc32(metadata, 0, metadata.length) === expected) return true;
  throw new RangeError("the footer does not fit its checksum");
}
