// The WAL kernel: frames records from templates, and reads them back. A module instance does the one or the other.
//
// Addresses and numbers cross the border, nothing else. The typed faces are src/codec/wal/framer.ts and replayer.ts.

import { forgetTemplates, frameSamples, replaceTemplate, templateOf } from "./framer";
import { records, report, runEnds, runHosts, series, taughtRecord, timestamps, values } from "./layout";
import { beginHost, learnRecord, parseRecords, setOldestSeconds } from "./replayer";

export function recordsAddress(): usize {
  return records;
}
export function seriesAddress(): usize {
  return series;
}
export function timestampsAddress(): usize {
  return timestamps;
}
export function valuesAddress(): usize {
  return values;
}
export function runHostsAddress(): usize {
  return runHosts;
}
export function runEndsAddress(): usize {
  return runEnds;
}
export function taughtRecordAddress(): usize {
  return taughtRecord;
}
export function reportAddress(): usize {
  return report;
}

/** Frames the samples in the first `count` places of the columns; returns how many. Report: runs. */
export function frame(count: u32): u32 {
  return <u32>frameSamples(count);
}

export function hasTemplate(number: u32): bool {
  return templateOf(number) !== null;
}

/** The series' template becomes the record in the area for it, whose timestamp and value do not count. */
export function setTemplate(number: u32, host: u32, recordBytes: u32): bool {
  return replaceTemplate(number, host, taughtRecord, recordBytes);
}

export function forgetAll(): void {
  forgetTemplates();
}

/** The records that follow are of this host. */
export function begin(host: u32): void {
  beginHost(host);
}

/** Records older than this are passed over. */
export function setOldest(seconds: f64): void {
  setOldestSeconds(seconds);
}

/** Reads the records in [start, end) of their area. Report: samples, skipped, ignored, position of what is left. */
export function parse(start: u32, end: u32): u32 {
  return parseRecords(records + start, records + end);
}

/** Learns the names of the intact record at `position` for the present host. False when the memory is full. */
export function teach(position: u32, number: u32): bool {
  return learnRecord(records + position, number);
}
