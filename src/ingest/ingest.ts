// The one path every sample takes: bytes → lines → samples → store. A batch is one request body or one message.

import { INPUT_BYTES, STOP_END, STOP_FULL } from "../codec/line-protocol/kernel.ts";
import { parseLine } from "../codec/line-protocol/grammar.ts";
import type { LineSample } from "../codec/line-protocol/grammar.ts";
import { findLineEnd, OPEN_QUOTE } from "../codec/line-protocol/line-end.ts";
import type { IngestOptions } from "./ingest-options.ts";
import { levelPathOf } from "./level-path.ts";
import { LineLearner } from "./line-learner.ts";
import type { IngestReport } from "./report.ts";
import { writeSamples, type Sample } from "./sample-batch.ts";
import { oneSample } from "./sample-log.ts";
import { newCounters, Tally, type IngestCounters } from "./tally.ts";

/** Takes the pieces of one body. */
export interface Batch {
  /** Takes the next piece; pieces may be cut anywhere. Its complete lines are stored at once. */
  add(chunk: Uint8Array): void;
  /** Ends the batch; resolves when its samples are safely stored. Rejects with StorageError if they cannot be. */
  finish(): Promise<IngestReport>;
  /** Ends the batch without waiting: its samples are stored, and `Ingest.commit` makes them safe with those of others. */
  end(): IngestReport;
  /** Ends a batch whose body broke off: complete lines stay stored, the cut one is dropped. */
  abort(): void;
}

const NEWLINE = 0x0a;
const NO_BYTES = new Uint8Array(0);
const LAST_NEWLINE = Uint8Array.of(NEWLINE);

export class Ingest {
  readonly counters: IngestCounters = newCounters();
  readonly #options: IngestOptions;
  readonly #learner: LineLearner;
  readonly #isMetric: (name: string) => boolean;

  constructor(options: IngestOptions) {
    if (options.limits.lineLengthBytes >= INPUT_BYTES)
      throw new RangeError(`lines must be shorter than ${INPUT_BYTES} bytes`);
    this.#options = options;
    this.#learner = new LineLearner(options.limits);
    this.#isMetric = (name) => options.store.metrics.has(name);
  }

  /** Starts a batch. @param defaultCluster counts for lines without a cluster tag; may be empty */
  begin(defaultCluster: string): Batch {
    const tally = new Tally(this.counters, this.#options.limits.rejectionsListed);
    return new LineBatch(this.#options, this.#learner, this.#isMetric, tally, defaultCluster);
  }

  /** Resolves when everything stored so far is safe. Rejects with StorageError when that failed; it may be tried again. */
  async commit(): Promise<void> {
    await this.#options.log?.commit();
  }

  /** Stores samples that come as values, and makes them durable. Rejects with StorageError when that failed. */
  writeSamples(samples: Iterable<Sample>): Promise<IngestReport> {
    const tally = new Tally(this.counters, this.#options.limits.rejectionsListed);
    return writeSamples(this.#options, tally, samples);
  }
}

class LineBatch implements Batch {
  readonly #options: IngestOptions;
  readonly #learner: LineLearner;
  readonly #isMetric: (name: string) => boolean;
  readonly #tally: Tally;
  readonly #defaultCluster: string;
  /** The beginning of a line whose end has not come yet. */
  #tail: Uint8Array = NO_BYTES;
  /** In the middle of a line that is too long: its bytes are dropped up to the next newline. */
  #isSkipping = false;
  /** Lines seen so far. */
  #line = 0;
  /** No more bytes will come behind those in hand. */
  #isLast = false;

  constructor(
    options: IngestOptions,
    learner: LineLearner,
    isMetric: (name: string) => boolean,
    tally: Tally,
    defaultCluster: string,
  ) {
    this.#options = options;
    this.#learner = learner;
    this.#isMetric = isMetric;
    this.#tally = tally;
    this.#defaultCluster = defaultCluster;
  }

  add(chunk: Uint8Array): void {
    if (this.#isLast) throw new Error("BUG: a batch takes no bytes after its end");
    for (let offset = 0; offset < chunk.length;) offset += this.#addPiece(chunk, offset);
  }

  async finish(): Promise<IngestReport> {
    this.end();
    const { log } = this.#options;
    if (log !== undefined) await log.commit();
    return this.#tally.report();
  }

  end(): IngestReport {
    this.#isLast = true;
    if (this.#tail.length > 0) this.#addPiece(LAST_NEWLINE, 0);
    return this.#tally.report();
  }

  abort(): void {
    this.#isLast = true;
    this.#tail = NO_BYTES;
  }

  /** Takes what fits the kernel's input behind the tail, and returns how much that was. */
  #addPiece(chunk: Uint8Array, offset: number): number {
    const useKernel = this.#learner.prepare(this.#defaultCluster, this.#options.store.releases);
    const { input } = this.#learner.kernel;
    const tailLength = this.#tail.length;
    const taken = Math.min(INPUT_BYTES - tailLength, chunk.length - offset);
    const filled = tailLength + taken;
    if (tailLength > 0) input.set(this.#tail);
    input.set(taken === chunk.length ? chunk : chunk.subarray(offset, offset + taken), tailLength);
    const start = this.#isSkipping ? this.#endOfSkipped(input, filled) : 0;
    const end = behindLastNewline(input, filled);
    const done = end > start ? this.#parseLines(start, end, filled, useKernel) : start;
    // Learning may have moved the kernel's memory: `input` is not to be used any more.
    this.#keepTail(this.#learner.kernel.input, done, filled);
    return taken;
  }

  /** Where the line behind a too long one begins; `filled` while that has not come. */
  #endOfSkipped(input: Uint8Array, filled: number): number {
    // Bounded: a megabyte searched for every small piece of a long line would make it dear.
    const newline = input.subarray(0, filled).indexOf(NEWLINE);
    if (newline === -1) return filled;
    this.#isSkipping = false;
    return newline + 1;
  }

  #keepTail(input: Uint8Array, start: number, filled: number): void {
    const isTooLong = filled - start > this.#options.limits.lineLengthBytes;
    this.#tail = start === filled || isTooLong ? NO_BYTES : input.slice(start, filled);
    if (!isTooLong) return;
    this.#isSkipping = true;
    this.#line++;
    this.#rejectTooLong();
  }

  /**
   * Stores the lines of input[start, end), and returns where the first line begins that has not ended yet.
   * @param filled end of the bytes in hand: behind `end` there may be the beginning of another line
   */
  #parseLines(start: number, end: number, filled: number, useKernel: boolean): number {
    const { store, log, now, retentionSeconds } = this.#options;
    const { kernel } = this.#learner;
    const nowSeconds = Math.floor(now());
    const oldest = nowSeconds - retentionSeconds;
    kernel.setOldest(oldest);
    let position = start;
    while (position < end) {
      if (useKernel) {
        const stop = kernel.parse(position, end);
        store.writeColumns(kernel, kernel.count);
        log?.append(kernel, kernel.count);
        this.#tally.store(kernel.count);
        this.#tally.ignore(kernel.ignoredCount);
        this.#line += kernel.lineCount;
        position = kernel.position;
        if (stop === STOP_END) return end;
        if (stop === STOP_FULL) continue;
      }
      const lineEnd = this.#endOfLine(position, end, filled);
      if (lineEnd === OPEN_QUOTE) return position;
      const newlines = countNewlines(kernel.input, position, lineEnd);
      this.#storeLine(position, lineEnd, nowSeconds, oldest, useKernel);
      this.#line += newlines;
      position = lineEnd + 1;
    }
    return end;
  }

  /**
   * The newline that ends the line at `position`; OPEN_QUOTE while a quoted value waits for its closing quote. If that
   * does not come within the limit of a line, the quote costs its own line. If the body ends before, it does so, too; but
   * of an unknown metric all that follows, as in the reference. All this must not depend on how a body is cut.
   */
  #endOfLine(position: number, end: number, filled: number): number {
    const { input } = this.#learner.kernel;
    const { lineLengthBytes } = this.#options.limits;
    const lineEnd = findLineEnd(input, position, end);
    if (lineEnd !== OPEN_QUOTE && lineEnd - position <= lineLengthBytes) return lineEnd;
    const newline = input.indexOf(NEWLINE, position);
    if (lineEnd !== OPEN_QUOTE) return newline;
    if (this.#isLast) return this.#isIgnored(position, newline) ? end - 1 : newline;
    return filled - position > lineLengthBytes ? newline : OPEN_QUOTE;
  }

  #isIgnored(start: number, end: number): boolean {
    return parseLine(this.#learner.kernel.input, start, end, this.#isMetric).kind === "unknown-metric";
  }

  /** Takes one line through the grammar, and teaches the kernel its head. */
  #storeLine(start: number, end: number, now: number, oldest: number, teach: boolean): void {
    this.#line++;
    if (end - start > this.#options.limits.lineLengthBytes) return this.#rejectTooLong();
    const outcome = parseLine(this.#learner.kernel.input, start, end, this.#isMetric);
    if (outcome.kind === "rejected") {
      this.#tally.reject("syntax", this.#line, `at line ${this.#line}:${outcome.column}: ${outcome.reason}`);
    } else if (outcome.kind === "unknown-metric") {
      this.#tally.ignore(1);
      if (teach && outcome.headEnd > 0) this.#learner.teachIgnored(start, outcome.headEnd);
    } else if (outcome.kind === "sample") {
      const series = this.#storeSample(outcome.sample, now, oldest);
      if (teach && series !== undefined && outcome.sample.headEnd > 0)
        this.#learner.teach(start, outcome.sample.headEnd, series);
    }
  }

  /** Stores the sample of one line; returns its series unless the line is rejected. */
  #storeSample(sample: LineSample, now: number, oldest: number): number | undefined {
    const { store, limits } = this.#options;
    const timestamp = sample.timestamp ?? now;
    if (timestamp < oldest)
      return this.#reject("too-old", `timestamp ${timestamp} is older than the retention (oldest: ${oldest})`);
    const outcome = levelPathOf(sample, this.#defaultCluster, limits.nameLengthBytes);
    if ("reason" in outcome) return this.#reject("name", outcome.reason);
    const metric = store.metrics.get(sample.metric);
    if (metric === undefined) throw new Error(`BUG: the grammar passed the unknown metric ${sample.metric}`);
    if (!Number.isFinite(sample.value)) {
      this.#tally.drop();
      return undefined;
    }
    const series = store.seriesFor(outcome.path, metric);
    if (series === undefined)
      return this.#reject(
        "series-limit",
        `no new series: the store is full (limit series-count, ${store.seriesCount} series)`,
      );
    store.writeSample(series, timestamp, sample.value);
    this.#options.log?.append(oneSample(series, timestamp, sample.value), 1);
    this.#tally.store(1);
    return series;
  }

  #reject(kind: "too-old" | "name" | "series-limit", reason: string): undefined {
    this.#tally.reject(kind, this.#line, `at line ${this.#line}: ${reason}`);
  }

  #rejectTooLong(): void {
    const { lineLengthBytes } = this.#options.limits;
    this.#tally.reject(
      "too-long",
      this.#line,
      `at line ${this.#line}: longer than ${lineLengthBytes} bytes (limit line-length-bytes)`,
    );
  }
}

/** Where the complete lines among the first `filled` bytes end; 0 if there are none. Mostly the last byte is a newline. */
function behindLastNewline(input: Uint8Array, filled: number): number {
  return input[filled - 1] === NEWLINE ? filled : input.lastIndexOf(NEWLINE, filled - 1) + 1;
}

/** Newlines within a line: those in quoted values. */
function countNewlines(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (bytes[i] === NEWLINE) count++;
  return count;
}
