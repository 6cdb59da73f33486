// A template: the record of a series with all that stays the same from sample to sample, and the means to know the CRC
// of any of its records without reading the names again.

import { crc32, fillTimestampTable, TIMESTAMP_TABLE_BYTES, timestampContribution, valueContribution } from "./crc32";
import { take } from "./layout";
import { crcOf, FRAME_BYTES, HEADER_BYTES, timestampOf, valueBitsOf } from "./record";

/** The bytes of a record follow it in memory. */
@unmanaged
export class Template {
  /** Replayer: the one whose record came next the last time. Framer: the next unused one of its size. */
  next: Template | null;
  series: u32;
  host: u32;
  recordBytes: u32;
  /** CRC of the payload with timestamp and value 0. */
  zeroCrc: u32;
  /** For payloads of this length; 0 when they are too long to have one. */
  timestampTable: usize;
}
export const TEMPLATE_HEADER_BYTES: usize = 24;

/** From here on the CRC is computed over the whole payload. Names are rarely longer than 100 bytes. */
const TABLE_PAYLOADS: usize = 512;
/** Payload length → table, made when first needed. */
const timestampTables: usize = memory.data(<i32>(TABLE_PAYLOADS * 4), 16);

@inline
export function recordOf(template: Template): usize {
  return changetype<usize>(template) + TEMPLATE_HEADER_BYTES;
}

/** Makes `template` one of the record at `record`, whose CRC is right. False when the memory is full. */
export function fillTemplate(template: Template, record: usize, recordBytes: usize): bool {
  const payloadBytes = recordBytes - FRAME_BYTES;
  let table: usize = 0;
  if (payloadBytes < TABLE_PAYLOADS) {
    table = timestampTableFor(payloadBytes);
    if (table === 0) return false;
  }
  template.next = null;
  template.recordBytes = <u32>recordBytes;
  template.timestampTable = table;
  template.zeroCrc = 0;
  memory.copy(recordOf(template), record, recordBytes);
  if (table !== 0) {
    const variable = shortCrc(template, timestampOf(record), valueBitsOf(record, recordBytes));
    template.zeroCrc = crcOf(record, recordBytes) ^ variable;
  }
  return true;
}

/** The CRC of the record at `record`, which is one of the template but for timestamp, value and CRC. */
@inline
export function templateCrc(template: Template, record: usize, timestamp: i64, valueBits: u32): u32 {
  return template.timestampTable !== 0
    ? shortCrc(template, timestamp, valueBits)
    : crc32(record + HEADER_BYTES, template.recordBytes - FRAME_BYTES);
}

@inline
function shortCrc(template: Template, timestamp: i64, valueBits: u32): u32 {
  const payloadBytes = template.recordBytes - FRAME_BYTES;
  const fromTimestamp = timestampContribution(timestamp, template.timestampTable, payloadBytes);
  return template.zeroCrc ^ fromTimestamp ^ valueContribution(valueBits);
}

/** 0 when the memory is full. */
function timestampTableFor(payloadBytes: usize): usize {
  const place = timestampTables + (payloadBytes << 2);
  let table = <usize>load<u32>(place);
  if (table === 0) {
    table = take(TIMESTAMP_TABLE_BYTES);
    if (table === 0) return 0;
    fillTimestampTable(table, payloadBytes);
    store<u32>(place, <u32>table);
  }
  return table;
}

/** To be called when the arena is emptied. */
export function forgetTimestampTables(): void {
  memory.fill(timestampTables, 0, TABLE_PAYLOADS * 4);
}
