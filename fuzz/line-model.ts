// What a batch should do, told as plainly as possible: the whole body in hand, one line after the other, the grammar
// for each, no kernel, no pieces.
import { parseLine } from "../src/codec/line-protocol/grammar.ts";
import { findLineEnd, OPEN_QUOTE } from "../src/codec/line-protocol/line-end.ts";
import type { MetricStore } from "../src/core/store.ts";
import { levelPathOf } from "../src/ingest/level-path.ts";
import type { IngestLimits } from "../src/ingest/ingest-options.ts";
import type { IngestReport } from "../src/ingest/report.ts";

const NEWLINE = 0x0a;

export interface ModelSample {
  readonly path: readonly string[];
  readonly metric: string;
  readonly timestamp: number;
}

export interface ModelOptions {
  readonly store: MetricStore;
  readonly limits: IngestLimits;
  readonly now: number;
  readonly retentionSeconds: number;
  readonly defaultCluster: string;
}

/** Writes a body into the store of the options; returns the report expected and the samples stored. */
export function modelBatch(body: Uint8Array, options: ModelOptions): { report: IngestReport; samples: ModelSample[] } {
  const { limits } = options;
  const counts = { stored: 0, ignored: 0, dropped: 0, rejected: 0 };
  const rejections: { line: number; reason: string }[] = [];
  const samples: ModelSample[] = [];
  for (const { line, start, end, bytes } of linesOf(body, options)) {
    const outcome = end - start > limits.lineLengthBytes ? tooLong(limits) : storeLine(bytes, start, end, options);
    if (outcome.kind !== "blank") counts[outcome.kind]++;
    if (outcome.kind === "stored") samples.push(outcome.sample);
    if (outcome.kind === "rejected" && rejections.length < limits.rejectionsListed) {
      rejections.push({ line, reason: `at line ${line}${outcome.reason}` });
    }
  }
  return { report: { ...counts, rejections }, samples };
}

interface Line {
  readonly line: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * A line ends at its newline, but newlines in a quoted value do not count. The closing quote must come within the limit
 * of a line; where it does not, the quote costs its own line, and of an unknown metric all that is left of the body.
 */
function* linesOf(body: Uint8Array, options: ModelOptions): Generator<Line> {
  const bytes = body.at(-1) === NEWLINE || body.length === 0 ? body : Uint8Array.of(...body, NEWLINE);
  const limit = options.limits.lineLengthBytes;
  let line = 1;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const quotedEnd = newline - start > limit ? newline : findLineEnd(bytes, start, bytes.length);
    let end = quotedEnd === OPEN_QUOTE || quotedEnd - start > limit ? newline : quotedEnd;
    const isOpen = quotedEnd === OPEN_QUOTE && body.length - start <= limit;
    if (isOpen && isUnknownMetric(bytes, start, newline, options.store)) end = bytes.length - 1;
    yield { line, bytes, start, end };
    for (let i = start; i <= end; i++) if (bytes[i] === NEWLINE) line++;
    start = end + 1;
  }
}

function isUnknownMetric(bytes: Uint8Array, start: number, end: number, { metrics }: MetricStore): boolean {
  return parseLine(bytes, start, end, (name) => metrics.has(name)).kind === "unknown-metric";
}

/** What becomes of a line. */
type LineFate =
  | { readonly kind: "blank" | "ignored" | "dropped" }
  | { readonly kind: "stored"; readonly sample: ModelSample }
  | { readonly kind: "rejected"; readonly reason: string };

function tooLong({ lineLengthBytes }: IngestLimits): LineFate {
  return rejected(`: longer than ${lineLengthBytes} bytes (limit line-length-bytes)`);
}

function rejected(reason: string): LineFate {
  return { kind: "rejected", reason };
}

function storeLine(bytes: Uint8Array, start: number, end: number, options: ModelOptions): LineFate {
  const { store, limits, now, retentionSeconds, defaultCluster } = options;
  const outcome = parseLine(bytes, start, end, (name) => store.metrics.has(name));
  if (outcome.kind === "blank") return { kind: "blank" };
  if (outcome.kind === "unknown-metric") return { kind: "ignored" };
  if (outcome.kind === "rejected") return rejected(`:${outcome.column}: ${outcome.reason}`);
  const { sample } = outcome;
  const timestamp = sample.timestamp ?? now;
  const oldest = now - retentionSeconds;
  if (timestamp < oldest) return rejected(`: timestamp ${timestamp} is older than the retention (oldest: ${oldest})`);
  const place = levelPathOf(sample, defaultCluster, limits.nameLengthBytes);
  if ("reason" in place) return rejected(`: ${place.reason}`);
  if (!Number.isFinite(sample.value)) return { kind: "dropped" };
  const metric = store.metrics.get(sample.metric);
  const series = metric && store.seriesFor(place.path, metric);
  if (series === undefined) {
    return rejected(`: no new series: the store is full (limit series-count, ${store.seriesCount} series)`);
  }
  store.writeSample(series, timestamp, sample.value);
  return { kind: "stored", sample: { path: place.path, metric: sample.metric, timestamp } };
}
