// The form of a record, src/codec/wal/FORMAT.md, as offsets from its first byte:
//
//   0 magic | 4 payload length | 8 timestamp | 16 names … | −8 value | −4 CRC-32 of [8, −4)

// test/codec/wal/format.test.ts holds these numbers against src/codec/wal/record.ts.
export const RECORD_MAGIC: u32 = 0xcc1da7a1;
export const MIN_PAYLOAD_BYTES: usize = 15;
/** The longest names: 65535 bytes of metric, 255 levels of 255 bytes. */
export const MAX_PAYLOAD_BYTES: usize = 130830;

const LENGTH: usize = 4;
export const HEADER_BYTES: usize = 8;
const TIMESTAMP: usize = 8;
export const NAMES: usize = 16;
/** Value and CRC: what follows the names. */
export const BEHIND_NAMES_BYTES: usize = 8;
/** What a record has beside its payload. */
export const FRAME_BYTES: usize = 12;

@inline
export function magicOf(record: usize): u32 {
  return load<u32>(record);
}
@inline
export function payloadBytesOf(record: usize): usize {
  return load<u32>(record, LENGTH);
}
@inline
export function timestampOf(record: usize): i64 {
  return load<i64>(record, TIMESTAMP);
}
@inline
export function valueBitsOf(record: usize, recordBytes: usize): u32 {
  return load<u32>(record + recordBytes - 8);
}
@inline
export function crcOf(record: usize, recordBytes: usize): u32 {
  return load<u32>(record + recordBytes - 4);
}

@inline
export function setTimestamp(record: usize, timestamp: i64): void {
  store<i64>(record, timestamp, TIMESTAMP);
}
@inline
export function setValueBits(record: usize, recordBytes: usize, bits: u32): void {
  store<u32>(record + recordBytes - 8, bits);
}
@inline
export function setCrc(record: usize, recordBytes: usize, crc: u32): void {
  store<u32>(record + recordBytes - 4, crc);
}

/** Whether the names take up exactly what the length leaves for them. */
export function namesFit(record: usize, recordBytes: usize): bool {
  const value = record + recordBytes - BEHIND_NAMES_BYTES;
  let at = record + NAMES + 2 + load<u16>(record, NAMES);
  if (at >= value) return false;
  let levels = load<u8>(at++);
  for (; levels > 0 && at < value; levels--) at += 1 + <usize>load<u8>(at);
  return levels === 0 && at === value;
}
