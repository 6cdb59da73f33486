// The binary snapshot: one host's samples as the reference's `.bin` files hold them. FORMAT.md describes the bytes.

import {
  MAX_LEVEL_DEPTH,
  type ChildLevel,
  type HostSnapshot,
  type LevelSnapshot,
  type MetricBlock,
} from "../host-snapshot.ts";
import { FieldReader } from "./field-reader.ts";
import { FieldWriter, nameSizeBytes } from "./field-writer.ts";
import { CHILD_BYTES, HEADER_BYTES, LEVEL_BYTES, MAGIC, METRIC_BYTES, VALUE_BYTES } from "./layout.ts";
import { SnapshotError } from "./snapshot-error.ts";

export { SnapshotError } from "./snapshot-error.ts";

export interface DecodedSnapshot extends HostSnapshot {
  /** Bytes behind the end of the snapshot, which were not read; 0 in a sound file. */
  readonly trailingBytes: number;
}

/**
 * Writes a host's snapshot, metrics and children in the order given.
 * @throws Error `BUG: …` if a name is over MAX_NAME_BYTES, the levels are over MAX_LEVEL_DEPTH, a frequency is not
 * above 0 or a time is no integer
 */
export function encodeSnapshot(host: HostSnapshot): Uint8Array<ArrayBuffer> {
  const writer = new FieldWriter(HEADER_BYTES + levelSizeBytes(host.level, 1));
  writer.uint32(MAGIC);
  writer.int64(host.from);
  writer.int64(host.to);
  writeLevel(writer, host.level);
  return writer.finish();
}

function levelSizeBytes(level: LevelSnapshot, depth: number): number {
  if (depth > MAX_LEVEL_DEPTH) throw new Error(`BUG: more than ${MAX_LEVEL_DEPTH} levels within each other`);
  let sizeBytes = LEVEL_BYTES;
  for (const { name, values } of level.metrics) {
    sizeBytes += METRIC_BYTES + nameSizeBytes(name) + values.byteLength;
  }
  for (const child of level.children) {
    sizeBytes += CHILD_BYTES - LEVEL_BYTES + nameSizeBytes(child.name) + levelSizeBytes(child.level, depth + 1);
  }
  return sizeBytes;
}

function writeLevel(writer: FieldWriter, level: LevelSnapshot): void {
  writer.uint32(level.metrics.length);
  for (const metric of level.metrics) writeMetric(writer, metric);
  writer.uint32(level.children.length);
  for (const child of level.children) {
    writer.name(child.name);
    writeLevel(writer, child.level);
  }
}

function writeMetric(writer: FieldWriter, metric: MetricBlock): void {
  if (metric.frequency <= 0) throw new Error(`BUG: ${metric.name} has the frequency ${metric.frequency}`);
  writer.name(metric.name);
  writer.int64(metric.frequency);
  writer.int64(metric.start);
  writer.uint32(metric.values.length);
  writer.values(metric.values);
}

/**
 * Reads a snapshot. The values are copies: all arrays are views of one new buffer, about as large as the file, which
 * lives as long as one of them; `bytes` may be reused. The bits of the values stay as they are (a file of the
 * reference may hold infinities). There is no checksum: damage to a value or a time cannot be seen.
 * @throws SnapshotError if the bytes are cut or are no snapshot
 */
export function decodeSnapshot(bytes: Uint8Array): DecodedSnapshot {
  const reader = new FieldReader(bytes);
  const magic = reader.uint32("magic");
  if (magic !== MAGIC) throw new SnapshotError(`magic is ${hex(magic)}, ${hex(MAGIC)} expected`, 0);
  const from = reader.int64("from");
  const to = reader.int64("to");
  const level = readLevel(reader, 1);
  return { from, to, level, trailingBytes: reader.bytesLeft };
}

function readLevel(reader: FieldReader, depth: number): LevelSnapshot {
  if (depth > MAX_LEVEL_DEPTH) {
    throw new SnapshotError(`more than ${MAX_LEVEL_DEPTH} levels within each other`, reader.at);
  }
  const metrics: MetricBlock[] = [];
  for (let left = reader.count("number of metrics", METRIC_BYTES); left > 0; left--) metrics.push(readMetric(reader));
  const children: ChildLevel[] = [];
  for (let left = reader.count("number of children", CHILD_BYTES); left > 0; left--) {
    const name = reader.name("name of a child");
    children.push({ name, level: readLevel(reader, depth + 1) });
  }
  return { metrics, children };
}

function readMetric(reader: FieldReader): MetricBlock {
  const name = reader.name("name of a metric");
  const frequencyOffset = reader.at;
  const frequency = reader.int64("frequency");
  if (frequency <= 0) throw new SnapshotError(`frequency is ${frequency}, above 0 expected`, frequencyOffset);
  const start = reader.int64("start");
  const count = reader.count("number of values", VALUE_BYTES);
  return { name, frequency, start, values: reader.values(count) };
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, "0")}`;
}
