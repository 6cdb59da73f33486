// The JSON checkpoint: one host's samples as text, the reference's `.json` files. FORMAT.md describes the document.

import {
  MAX_LEVEL_DEPTH,
  type ChildLevel,
  type HostSnapshot,
  type LevelSnapshot,
  type MetricBlock,
} from "../host-snapshot.ts";
import { quoteJson } from "../json/quote.ts";
import { CheckpointJsonError } from "./checkpoint-json-error.ts";
import { floats, integer, members, object, unexpected } from "./json-value.ts";
import { parseJson } from "./parse-json.ts";
import { shortestFloat32List } from "./shortest-float32.ts";

export { CheckpointJsonError } from "./checkpoint-json-error.ts";

const utf8 = new TextEncoder();

/** About as long a piece is. */
const PIECE_CHARS = 128 * 1024;

/** A surrogate without its partner: with `u`, pairs do not match. */
const LONE_SURROGATE = /[\ud800-\udfff]/gu;

/**
 * Writes a host's snapshot as JSON (UTF-8, no white space), metrics and children in the order given. Every value reads
 * back as the same float32; NaN, and infinities, are null. Of equal names in one level readers keep the last.
 * @throws Error `BUG: …` if the levels are over MAX_LEVEL_DEPTH, a frequency is not above 0 or a time is no integer
 */
export function encodeCheckpointJson(host: HostSnapshot): Uint8Array<ArrayBuffer> {
  return utf8.encode([...hostTexts(host)].join(""));
}

/** The same in pieces, each of them some milliseconds of work: with a large host the whole takes a quarter of a second. */
export function* encodeCheckpointJsonInPieces(host: HostSnapshot): Generator<Uint8Array<ArrayBuffer>> {
  let piece = "";
  for (const text of hostTexts(host)) {
    piece += text;
    if (piece.length < PIECE_CHARS) continue;
    yield utf8.encode(piece);
    piece = "";
  }
  yield utf8.encode(piece);
}

function hostTexts(host: HostSnapshot): Generator<string> {
  return levelTexts(host.level, `"from":${integerText(host.from)},"to":${integerText(host.to)}`, 1);
}

function* levelTexts(level: LevelSnapshot, range: string, depth: number): Generator<string> {
  if (depth > MAX_LEVEL_DEPTH) throw new Error(`BUG: more than ${MAX_LEVEL_DEPTH} levels within each other`);
  yield `{"metrics":{`;
  for (const [i, metric] of level.metrics.entries()) {
    yield `${i > 0 ? "," : ""}${quoteJson(metric.name)}:${metricText(metric)}`;
  }
  yield `},"children":{`;
  for (const [i, child] of level.children.entries()) {
    yield `${i > 0 ? "," : ""}${quoteJson(child.name)}:`;
    yield* levelTexts(child.level, range, depth + 1);
  }
  yield `},${range}}`;
}

function metricText({ name, frequency, start, values }: MetricBlock): string {
  if (frequency <= 0) throw new Error(`BUG: ${name} has the frequency ${frequency}`);
  const data = shortestFloat32List(values);
  return `{"frequency":${integerText(frequency)},"start":${integerText(start)},"data":[${data}]}`;
}

function integerText(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error(`BUG: not an integer: ${value}`);
  return String(value);
}

/**
 * Reads a JSON checkpoint, the reference's (one decimal) as well. Metrics and children keep the order of the file, but
 * names that are array indices ("0", "17") come first, as in any JavaScript object. Members not known are ignored, and
 * so are `from` and `to` of the levels below the host.
 * @param bytes UTF-8
 * @throws CheckpointJsonError
 */
export function decodeCheckpointJson(bytes: Uint8Array): HostSnapshot {
  const document = object(parseJson(bytes), "the document");
  const from = integer(document["from"], "from");
  const to = integer(document["to"], "to");
  return { from, to, level: readLevel(document, "", 1) };
}

/** @param path what stands before the level's members: empty or `children["socket0"].` */
function readLevel(level: Readonly<Record<string, unknown>>, path: string, depth: number): LevelSnapshot {
  if (depth > MAX_LEVEL_DEPTH) {
    throw new CheckpointJsonError(`${path}: more than ${MAX_LEVEL_DEPTH} levels within each other`, { path });
  }
  const metrics = members(level["metrics"], `${path}metrics`).map(([name, metric]) =>
    readMetric(name, metric, `${path}metrics[${quoteJson(name)}]`),
  );
  const children = members(level["children"], `${path}children`).map(([name, child]): ChildLevel => {
    const childPath = `${path}children[${quoteJson(name)}]`;
    return { name: wellFormed(name), level: readLevel(object(child, childPath), `${childPath}.`, depth + 1) };
  });
  return { metrics, children };
}

function readMetric(name: string, value: unknown, path: string): MetricBlock {
  const metric = object(value, path);
  const frequency = integer(metric["frequency"], `${path}.frequency`);
  if (frequency <= 0) throw unexpected(frequency, `${path}.frequency`, "an integer above 0");
  const start = integer(metric["start"], `${path}.start`);
  return { name: wellFormed(name), frequency, start, values: floats(metric["data"], `${path}.data`) };
}

/** As Go reads it: a name with half a character could not be written to any other file. */
function wellFormed(name: string): string {
  return name.replace(LONE_SURROGATE, "\ufffd");
}
