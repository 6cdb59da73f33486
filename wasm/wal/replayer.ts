// Records → samples. A host's records come tick by tick in the same order, and in a journal so do the hosts. So each
// template remembers whose record came after its own the last time: one that comes as predicted is recognised by
// comparing its bytes, and its CRC is known from timestamp and value alone. All others are checked in full and looked up.

import { crc32 } from "./crc32";
import { hasNamesOf, learn, lookUp } from "./keys";
import { BLOCK_SAMPLES, records, report, series, timestamps, values } from "./layout";
import {
  crcOf,
  FRAME_BYTES,
  HEADER_BYTES,
  magicOf,
  MAX_PAYLOAD_BYTES,
  MIN_PAYLOAD_BYTES,
  namesFit,
  payloadBytesOf,
  RECORD_MAGIC,
  timestampOf,
  valueBitsOf,
} from "./record";
import { Template, TEMPLATE_HEADER_BYTES, templateCrc } from "./template";

/** Why `parseRecords` returned; the order is that of src/codec/wal/replayer.ts. */
export const STOP_END: u32 = 0;
export const STOP_FULL: u32 = 1;
export const STOP_UNKNOWN_KEY: u32 = 2;
export const STOP_CORRUPT: u32 = 3;
/** Not a stop: the record is whole and intact. */
const INTACT: u32 = 4;

/** As series number: records with these names are passed over, and counted. */
const IGNORED_SERIES: u32 = 0xffffffff;

/** What comes before the first record of a file. Has no record of its own. */
const beforeFirst = changetype<Template>(memory.data(<i32>TEMPLATE_HEADER_BYTES, 16));

let host: u32 = 0;
let previous: Template = beforeFirst;
let oldest: i64 = i64.MIN_VALUE;

export function beginHost(number: u32): void {
  host = number;
}

export function setOldestSeconds(seconds: f64): void {
  oldest = <i64>ceil(seconds);
}

/** Learns the names of the intact record at `record`. False when the memory is full. */
export function learnRecord(record: usize, number: u32): bool {
  const template = learn(record, payloadBytesOf(record) + FRAME_BYTES, host, number);
  if (template === null) return false;
  previous.next = template;
  return true;
}

/** Takes the records in [start, end) into the columns, from their beginning on. Returns one of STOP_…. */
export function parseRecords(start: usize, end: usize): u32 {
  let record = start;
  let last = previous;
  let samples: usize = 0;
  let skipped: u32 = 0;
  let ignored: u32 = 0;
  let stop = STOP_END;

  while (record < end) {
    if (samples === BLOCK_SAMPLES) {
      stop = STOP_FULL;
      break;
    }
    let template = last.next;
    if (template === null || template.host !== host || !isIntactRecordOf(template, record, end)) {
      stop = inspect(record, end);
      if (stop !== INTACT) break;
      stop = STOP_END;
      const recordBytes = payloadBytesOf(record) + FRAME_BYTES;
      if (timestampOf(record) < oldest) {
        skipped++;
        record += recordBytes;
        continue;
      }
      template = lookUp(record, recordBytes, host);
      if (template === null) {
        stop = STOP_UNKNOWN_KEY;
        break;
      }
      last.next = template;
    }
    last = template;

    const recordBytes = <usize>template.recordBytes;
    const timestamp = timestampOf(record);
    if (timestamp < oldest) {
      skipped++;
    } else if (template.series === IGNORED_SERIES) {
      ignored++;
    } else {
      store<u32>(series + (samples << 2), template.series);
      store<f64>(timestamps + (samples << 3), <f64>timestamp);
      store<u32>(values + (samples << 2), valueBitsOf(record, recordBytes));
      samples++;
    }
    record += recordBytes;
  }

  previous = last;
  store<u32>(report, <u32>samples);
  store<u32>(report, skipped, 4);
  store<u32>(report, ignored, 8);
  store<u32>(report, <u32>(record - records), 12);
  return stop;
}

@inline
function isIntactRecordOf(template: Template, record: usize, end: usize): bool {
  const recordBytes = <usize>template.recordBytes;
  if (record + recordBytes > end || !hasNamesOf(template, record)) return false;
  const crc = templateCrc(template, record, timestampOf(record), valueBitsOf(record, recordBytes));
  return crc === crcOf(record, recordBytes);
}

/** STOP_END when the bytes end within the record, STOP_CORRUPT or INTACT. Twin: decodeRecord in src/codec/wal. */
function inspect(record: usize, end: usize): u32 {
  const rest = end - record;
  if (rest < HEADER_BYTES) return STOP_END;
  const payloadBytes = payloadBytesOf(record);
  if (magicOf(record) !== RECORD_MAGIC) return STOP_CORRUPT;
  if (payloadBytes < MIN_PAYLOAD_BYTES || payloadBytes > MAX_PAYLOAD_BYTES) return STOP_CORRUPT;
  const recordBytes = payloadBytes + FRAME_BYTES;
  if (rest < recordBytes) return STOP_END;
  const isIntact = crcOf(record, recordBytes) === crc32(record + HEADER_BYTES, payloadBytes);
  return isIntact && namesFit(record, recordBytes) ? INTACT : STOP_CORRUPT;
}
