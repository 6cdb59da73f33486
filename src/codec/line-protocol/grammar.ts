// What a line of the line protocol means: the authority, for every line a faster reader does not know (FORMAT.md).

import { readFields } from "./fields.ts";
import { quoteNext, quoteToken, reject, type Rejection } from "./rejection.ts";
import { type LevelTags, readTags } from "./tags.ts";
import { parseTimestamp } from "./timestamp.ts";
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  COMMA,
  contains,
  END_OF_LINE,
  EQUALS,
  HASH,
  type LineCursor,
  MEASUREMENT_STOPS,
  nameText,
  peek,
  skipName,
  skipSpaces,
  SPACE,
} from "./tokens.ts";

/** A line as it was understood. Of equal tags, and of several fields `value`, the last counts. */
export interface LineSample extends LevelTags {
  metric: string;
  /** Rounded once to the nearest float32, ties to even; ±Infinity when beyond its range (1e300). */
  value: number;
  /** Unix seconds, undefined when the line has none. */
  timestamp: number | undefined;
  /**
   * The offset just behind the single space that ends the head (measurement and tags): the bytes [start, headEnd) are
   * what a fast reader may learn as the key of this series. -1 when the head does not begin at `start`, contains a
   * backslash, or is not followed by exactly one space.
   */
  headEnd: number;
}

export type LineOutcome =
  | { kind: "sample"; sample: LineSample }
  /** Nothing but spaces, or a comment. */
  | { kind: "blank" }
  /**
   * Nothing behind the measurement was looked at. `headEnd` is just behind the first space, or -1 when there is none,
   * a backslash comes before it, or the head does not begin at `start`.
   */
  | { kind: "unknown-metric"; headEnd: number }
  /** `column` is 1-based and counts bytes; `reason` is one line of text. */
  | { kind: "rejected"; column: number; reason: string };

const BLANK: LineOutcome = { kind: "blank" };

/** Parses bytes[start, end), one line without its `\n` (a `\r` before that may be there). `isMetric`: configured? */
export function parseLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  isMetric: (name: string) => boolean,
): LineOutcome {
  const line = { bytes, start, end: withoutCarriageReturn(bytes, start, end), at: start };
  skipSpaces(line);
  const headStart = line.at;
  const first = peek(line);
  if (first === END_OF_LINE || first === HASH) return BLANK;

  const metric = readMeasurement(line);
  if (typeof metric !== "string") return metric;
  if (!isMetric(metric)) return { kind: "unknown-metric", headEnd: unreadHeadEnd(line, headStart) };

  const sample = emptySample(metric);
  const rejection =
    readTags(line, sample) ??
    endHead(line, headStart, sample) ??
    readValue(line, sample) ??
    readTimestamp(line, sample);
  return rejection ?? { kind: "sample", sample };
}

function withoutCarriageReturn(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
}

function emptySample(metric: string): LineSample {
  return {
    metric,
    cluster: undefined,
    hostname: undefined,
    type: undefined,
    typeId: undefined,
    subtype: undefined,
    subtypeId: undefined,
    value: 0,
    timestamp: undefined,
    headEnd: -1,
  };
}

function readMeasurement(line: LineCursor): string | Rejection {
  const start = line.at;
  skipName(line, MEASUREMENT_STOPS);
  if (line.at === start) {
    return reject(line, start, `invalid character ${quoteNext(line)} found at start of measurement name`);
  }
  const name = nameText(line.bytes, start, line.at, MEASUREMENT_STOPS);
  return name ?? reject(line, start, `invalid utf-8 sequence in token ${quoteToken(line, start, line.at)}`);
}

function unreadHeadEnd(line: LineCursor, headStart: number): number {
  if (headStart !== line.start) return -1;
  const { bytes, end } = line;
  let at = headStart;
  while (at < end && bytes[at] !== SPACE && bytes[at] !== BACKSLASH) at++;
  return at < end && bytes[at] === SPACE ? at + 1 : -1;
}

/** Moves from the head to the fields, over the spaces between them. */
function endHead(line: LineCursor, headStart: number, sample: LineSample): Rejection | undefined {
  const { bytes, start, at: headStop } = line;
  if (peek(line) !== SPACE) return rejectHead(line, headStart);
  skipSpaces(line);
  const isPlain = headStart === start && line.at === headStop + 1 && !contains(bytes, start, headStop, BACKSLASH);
  sample.headEnd = isPlain ? line.at : -1;
  return undefined;
}

function rejectHead(line: LineCursor, headStart: number): Rejection {
  const next = peek(line);
  if (next === EQUALS) return reject(line, line.at, "empty tag key");
  const hasTags = contains(line.bytes, headStart, line.at, COMMA);
  if (next === END_OF_LINE && hasTags) return reject(line, line.at, "expected field key but none found");
  return reject(line, line.at, `expected tag key or field but found ${quoteNext(line)} instead`);
}

function readValue(line: LineCursor, sample: LineSample): Rejection | undefined {
  const value = readFields(line, sample.hostname);
  if (typeof value !== "number") return value;
  sample.value = value;
  return undefined;
}

function readTimestamp(line: LineCursor, sample: LineSample): Rejection | undefined {
  skipSpaces(line);
  const { bytes, end, at: start } = line;
  if (start === end) return undefined;
  while (line.at < end && bytes[line.at] !== SPACE) line.at++;
  const seconds = parseTimestamp(bytes, start, line.at);
  if (typeof seconds === "string") {
    const problem = seconds === "range" ? "timestamp out of range" : "invalid timestamp";
    return reject(line, start, `${problem} (${quoteToken(line, start, line.at)})`);
  }
  sample.timestamp = seconds;
  skipSpaces(line);
  if (line.at < end) {
    return reject(line, line.at, `unexpected text after timestamp (${quoteToken(line, line.at, end)})`);
  }
  return undefined;
}
