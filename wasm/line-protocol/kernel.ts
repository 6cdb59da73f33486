// The line kernel: the fast path of ingest. It turns lines whose heads it was taught into columns and stops at the
// first line that is anything else, for the grammar (src/codec/line-protocol/grammar.ts) to decide. Whatever it takes
// must mean to the grammar what it means here; when in doubt it stops.
//
//   <head it knows> value=<decimal number> <timestamp>\n
//
// Addresses and numbers cross the border, nothing else. The typed face is src/codec/line-protocol/kernel.ts.

import { behindLine } from "./bytes";
import {
  Entry,
  firstEntry,
  forgetKeys,
  headLength,
  initKeys,
  isLearnable,
  isPredicted,
  keyCount,
  learn,
  lookUp,
  predict,
  selectContext,
} from "./keys";
import { input, layOut, OUTPUT_SAMPLES, report, series, timestamps, values } from "./layout";
import { readValue } from "./number";
import { readTimestamp, setOldestSeconds } from "./timestamp";

/** Why `parse` returned: all lines taken; the columns are full; the line at `position` is not for the kernel. */
const STOP_END: u32 = 0;
const STOP_FULL: u32 = 1;
const STOP_LINE: u32 = 2;

/** The series number of heads whose lines are skipped unread. */
const IGNORED_SERIES: u32 = 0xffffffff;

/** The entry of the last line that had one: where predictions start. */
let previous: Entry = changetype<Entry>(0);

/** To be called once, first. False when there is not enough memory for `maxKeys` keys. */
export function init(maxKeys: u32): bool {
  if (!layOut(maxKeys)) return false;
  initKeys(maxKeys);
  previous = firstEntry();
  return true;
}

export function inputAddress(): usize {
  return input;
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
export function reportAddress(): usize {
  return report;
}

/**
 * Takes the lines in [start, end) of the input, the last byte of which is a newline, into the columns from their
 * beginning on. The report tells how far it came. Returns one of STOP_….
 */
export function parse(start: u32, end: u32): u32 {
  const limit = input + end;
  let line = input + start;
  let previousLine: usize = 0;
  let entry = previous;
  let samples: usize = 0;
  let lineNumber: u32 = 0;

  while (line < limit && samples < OUTPUT_SAMPLES) {
    let next = entry.next;
    let behindHead = line + entry.nextHeadBytes;
    if (!isPredicted(line, previousLine, entry)) {
      const length = headLength(line);
      behindHead = line + length;
      next = length === 0 ? null : lookUp(line, length);
      if (next !== null) predict(entry, next);
    }
    if (next === null) break;
    entry = next;

    let nextLine: usize = 0;
    const isSample = entry.series !== IGNORED_SERIES;
    if (isSample) {
      const behindValue = readValue(behindHead, values + samples * 4);
      if (behindValue !== 0) nextLine = readTimestamp(behindValue, timestamps + samples * 8);
    } else {
      nextLine = behindLine(behindHead);
    }
    if (nextLine === 0) break;
    if (isSample) {
      store<u32>(series + samples * 4, entry.series);
      samples++;
    }
    previousLine = line;
    line = nextLine;
    lineNumber++;
  }

  previous = entry;
  store<u32>(report, <u32>samples);
  store<u32>(report, lineNumber, 4);
  store<u32>(report, <u32>(line - input), 8);
  if (line >= limit) return STOP_END;
  return samples === OUTPUT_SAMPLES ? STOP_FULL : STOP_LINE;
}

/**
 * Learns [start, end) of the input, a head with its space, as a key of `number` in the present context, or gives a key
 * it has that number. False when it is full: then it has learned nothing.
 */
export function teach(start: u32, end: u32, number: u32): bool {
  const length = <usize>(end - start);
  if (!isLearnable(length)) return true;
  const entry = learn(input + start, length, number);
  if (entry === null) return false;
  predict(previous, entry);
  previous = entry;
  return true;
}

/** Which meaning heads have from now on: keys are found in the context they were taught in only. */
export function setContext(context: u32): void {
  selectContext(context);
  previous = firstEntry();
}

/** Lines with an older timestamp (seconds) stop the kernel. */
export function setOldest(seconds: f64): void {
  setOldestSeconds(seconds);
}

export function forgetAll(): void {
  forgetKeys();
  previous = firstEntry();
}

export function countKeys(): u32 {
  return <u32>keyCount;
}
