// CRC-32, whole and in parts.
//
// For messages of one length the CRC is linear over exclusive-or: when two differ in some bytes only, their CRCs differ
// by what those bytes alone, with zeros all around, contribute. Two records of a series differ in timestamp and value,
// so the CRC of one follows from that of another by a few table look-ups, however long the names are.

/** The polynomial, lowest power in the highest bit. */
const POLYNOMIAL: u32 = 0xedb88320;

/** [zeros 0…15][byte] → contribution of a byte that `zeros` bytes follow. */
const CONTRIBUTIONS: usize = memory.data(16 * 256 * 4, 64);

for (let byte: u32 = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  store<u32>(CONTRIBUTIONS + ((<usize>byte) << 2), crc);
}
for (let i: usize = 256; i < 16 * 256; i++) {
  const place = CONTRIBUTIONS + (i << 2);
  store<u32>(place, appendZero(load<u32>(place - 1024)));
}

@inline
function contribution(byte: u32, zeros: usize): u32 {
  return load<u32>(CONTRIBUTIONS + (zeros << 10) + ((<usize>byte) << 2));
}

/** What four bytes, lowest first, contribute when `zeros` bytes follow. */
@inline
function wordContribution(word: u32, zeros: usize): u32 {
  const low = contribution(word & 0xff, zeros + 3) ^ contribution((word >>> 8) & 0xff, zeros + 2);
  return low ^ contribution((word >>> 16) & 0xff, zeros + 1) ^ contribution(word >>> 24, zeros);
}

@inline
function appendZero(crc: u32): u32 {
  return contribution(crc & 0xff, 0) ^ (crc >>> 8);
}

function appendZeros(crc: u32, count: usize): u32 {
  for (; count > 0; count--) crc = appendZero(crc);
  return crc;
}

/** The CRC-32 of `length` bytes, sixteen at a time. */
export function crc32(address: usize, length: usize): u32 {
  let crc: u32 = 0xffffffff;
  let at = address;
  const end = address + length;
  for (; at + 16 <= end; at += 16) {
    const first = wordContribution(load<u32>(at) ^ crc, 12) ^ wordContribution(load<u32>(at, 4), 8);
    crc = first ^ wordContribution(load<u32>(at, 8), 4) ^ wordContribution(load<u32>(at, 12), 0);
  }
  for (; at < end; at++) crc = contribution((crc ^ load<u8>(at)) & 0xff, 0) ^ (crc >>> 8);
  return ~crc;
}

/** What a float32 at the end of the payload contributes. */
@inline
export function valueContribution(bits: u32): u32 {
  return wordContribution(bits, 0);
}

/** What a timestamp at the beginning of a payload contributes; `table` is made for its length. */
@inline
export function timestampContribution(timestamp: i64, table: usize, payloadBytes: usize): u32 {
  const word = <usize>timestamp;
  let crc = load<u32>(table + ((word & 0xff) << 2)) ^ load<u32>(table + (((word >>> 8) & 0xff) << 2), 1024);
  crc ^= load<u32>(table + (((word >>> 16) & 0xff) << 2), 2048) ^ load<u32>(table + ((word >>> 24) << 2), 3072);
  const upper = <u32>(timestamp >>> 32);
  // Not from 1970 to 2106: such are rare enough to walk through the payload.
  if (upper !== 0) crc ^= appendZeros(wordContribution(upper, 0), payloadBytes - 8);
  return crc;
}

/** Bytes of a table of what the four lower bytes of a timestamp contribute: [byte's place][byte]. */
export const TIMESTAMP_TABLE_BYTES: usize = 4 * 256 * 4;

/** Fills such a table for one length of payload. */
export function fillTimestampTable(table: usize, payloadBytes: usize): void {
  for (let place: usize = 0; place < 4; place++) {
    const row = table + (place << 10);
    store<u32>(row, 0);
    for (let byte: u32 = 1; byte < 256; byte++) {
      const lowest = byte & -byte;
      const others = byte ^ lowest;
      // Linear here, too: a byte contributes what its bits do.
      const crc = others === 0
        ? appendZeros(contribution(byte, 0), payloadBytes - 1 - place)
        : load<u32>(row + ((<usize>lowest) << 2)) ^ load<u32>(row + ((<usize>others) << 2));
      store<u32>(row + ((<usize>byte) << 2), crc);
    }
  }
}
