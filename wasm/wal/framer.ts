// Samples → records: a series' template is copied, timestamp, value and CRC are put in.

import {
  emptyArena,
  records,
  RECORDS_BYTES,
  report,
  runEnds,
  runHosts,
  series,
  take,
  timestamps,
  values,
} from "./layout";
import { FRAME_BYTES, MAX_PAYLOAD_BYTES, setCrc, setTimestamp, setValueBits } from "./record";
import {
  fillTemplate,
  forgetTimestampTables,
  recordOf,
  Template,
  TEMPLATE_HEADER_BYTES,
  templateCrc,
} from "./template";

const MIN_DIRECTORY_SERIES: usize = 1 << 12;

/** Series number → template. */
let directory: usize = 0;
let directorySeries: usize = 0;

// Series are numbered anew for others in years of running. A template that is replaced by a longer one is used again,
// so that this does not fill the memory: [size in steps] → unused templates.
const STEP_BITS: usize = 4;
const LARGEST_TEMPLATE: usize = TEMPLATE_HEADER_BYTES + FRAME_BYTES + MAX_PAYLOAD_BYTES;
const unused: usize = memory.data(<i32>(((LARGEST_TEMPLATE >> STEP_BITS) + 2) * 4), 16);

@inline
export function templateOf(number: u32): Template | null {
  return number < <u32>directorySeries ? load<Template | null>(directory + ((<usize>number) << 2)) : null;
}

/** Gives a series the record at `record` as its template. False when the memory is full: then nothing has changed. */
export function replaceTemplate(number: u32, host: u32, record: usize, recordBytes: usize): bool {
  if (!reachDirectory(number)) return false;
  const old = templateOf(number);
  const steps = stepsFor(recordBytes);
  const template = old !== null && stepsFor(old.recordBytes) === steps ? old : takeTemplate(steps);
  if (template === null || !fillTemplate(template, record, recordBytes)) return false;
  template.series = number;
  template.host = host;
  if (old !== null && old !== template) release(old);
  store<Template | null>(directory + ((<usize>number) << 2), template);
  return true;
}

export function forgetTemplates(): void {
  emptyArena();
  forgetTimestampTables();
  memory.fill(unused, 0, ((LARGEST_TEMPLATE >> STEP_BITS) + 2) * 4);
  directory = 0;
  directorySeries = 0;
}

/**
 * Frames the samples in the first `count` places of the columns, until one has no template or its record no room.
 * Returns how many; the report tells the number of runs.
 */
export function frameSamples(count: usize): usize {
  let record = records;
  let host: u32 = 0;
  let runs: usize = 0;
  let i: usize = 0;
  for (; i < count; i++) {
    const template = templateOf(load<u32>(series + (i << 2)));
    if (template === null) break;
    const recordBytes = <usize>template.recordBytes;
    if (record + recordBytes > records + RECORDS_BYTES) break;
    if (template.host !== host || runs === 0) {
      host = template.host;
      store<u32>(runHosts + (runs << 2), host);
      runs++;
    }
    frameSample(record, template, load<f64>(timestamps + (i << 3)), load<u32>(values + (i << 2)));
    record += recordBytes;
    store<u32>(runEnds + (runs << 2) - 4, <u32>(record - records));
  }
  store<u32>(report, <u32>runs);
  return i;
}

@inline
function frameSample(record: usize, template: Template, seconds: f64, valueBits: u32): void {
  const recordBytes = <usize>template.recordBytes;
  const timestamp = <i64>seconds;
  const source = recordOf(template);
  for (let i: usize = 0; i < recordBytes; i += 16) v128.store(record + i, v128.load(source + i));
  setTimestamp(record, timestamp);
  setValueBits(record, recordBytes, valueBits);
  setCrc(record, recordBytes, templateCrc(template, record, timestamp, valueBits));
}

/** Makes the directory reach to `number`. What a smaller one took is lost: all of them take less than the last. */
function reachDirectory(number: usize): bool {
  if (number < directorySeries) return true;
  let size = max(directorySeries, MIN_DIRECTORY_SERIES);
  while (size <= number) size <<= 1;
  const larger = take(size << 2);
  if (larger === 0) return false;
  memory.copy(larger, directory, directorySeries << 2);
  memory.fill(larger + (directorySeries << 2), 0, (size - directorySeries) << 2);
  directory = larger;
  directorySeries = size;
  return true;
}

function stepsFor(recordBytes: usize): usize {
  return (TEMPLATE_HEADER_BYTES + recordBytes + (1 << STEP_BITS) - 1) >> STEP_BITS;
}

function takeTemplate(steps: usize): Template | null {
  const place = unused + (steps << 2);
  const template = load<Template | null>(place);
  if (template === null) return changetype<Template | null>(take(steps << STEP_BITS));
  store<Template | null>(place, template.next);
  return template;
}

function release(template: Template): void {
  const place = unused + (stepsFor(template.recordBytes) << 2);
  template.next = load<Template | null>(place);
  store<Template | null>(place, template);
}
