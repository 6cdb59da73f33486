// From messages to samples. Small messages are laid one behind the other and stored together, up to a few hundred
// kilobytes at once: line by line the work is the same, but what a batch costs by itself is paid once.
//
// Each message is still a body of its own: its last line ends with it, and what is wrong in it is told with its subject.

import type { Ingest } from "../ingest/ingest.ts";
import type { IngestReport, Rejection } from "../ingest/report.ts";
import type { RejectionKind } from "../ingest/tally.ts";
import type { NatsMessage } from "../runtime/nats-ports.ts";
import type { SubscriptionCounters } from "./counters.ts";

/** What becomes of the messages; each is told once. */
export interface IntakeSink {
  /** Their samples are in the store and in the queue of the log; a commit makes them durable. */
  readonly stored: (messages: readonly NatsMessage[], sizeBytes: number) => void;
  /** They are not, or not all of them, in the log. */
  readonly failed: (messages: readonly NatsMessage[], error: unknown) => void;
  /** Some lines are wrong, of which this is the first. */
  readonly rejected: (lines: number, subject: string, reason: string) => void;
}

export interface IntakeOptions {
  readonly ingest: Pick<Ingest, "begin" | "counters">;
  /** Of the lines that name none; may be empty. */
  readonly cluster: string;
  readonly counters: SubscriptionCounters;
  /** Unix seconds. */
  readonly now: () => number;
  readonly sink: IntakeSink;
}

const BURST_BYTES = 256 * 1024;
/** Larger messages gain nothing from company, and would be copied for it. */
const MAX_SHARED_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
const QUOTE = 0x22;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #burst = new Uint8Array(BURST_BYTES);
  #filled = 0;
  /** The messages in the burst, and where each one ends. */
  #messages: NatsMessage[] = [];
  #ends: number[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Taken and not stored yet. */
  get waitingBytes(): number {
    return this.#filled;
  }

  get waitingMessages(): number {
    return this.#messages.length;
  }

  /** Takes a message, whose bytes are not needed any more afterwards. It is stored with the next `flush`, or before. */
  take(message: NatsMessage): void {
    const { counters } = this.#options;
    const { data } = message;
    counters.messages++;
    counters.bytes += data.length;
    // A quote that is not closed would reach into the next message.
    if (data.length > MAX_SHARED_BYTES || data.includes(QUOTE)) {
      this.flush();
      this.#store(data, [message], [data.length]);
      return;
    }
    if (this.#filled + data.length + 1 > BURST_BYTES) this.flush();
    this.#burst.set(data, this.#filled);
    this.#filled += data.length;
    if (data.length > 0 && data[data.length - 1] !== NEWLINE) this.#burst[this.#filled++] = NEWLINE;
    this.#messages.push(message);
    this.#ends.push(this.#filled);
  }

  /** Stores what has been taken. Does not throw. */
  flush(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    const ends = this.#ends;
    const bytes = this.#burst.subarray(0, this.#filled);
    this.#messages = [];
    this.#ends = [];
    this.#filled = 0;
    this.#store(bytes, messages, ends);
  }

  #store(bytes: Uint8Array, messages: readonly NatsMessage[], ends: readonly number[]): void {
    const { ingest, cluster, counters, now, sink } = this.#options;
    counters.lastMessage = now();
    // Nothing else is stored meanwhile, since nothing here waits: the difference is what these messages have done.
    const before = { ...ingest.counters.rejected };
    try {
      const batch = ingest.begin(cluster);
      batch.add(bytes);
      const report = batch.end();
      count(counters, report);
      if (report.rejected > 0) this.#reportRejections(report, before, bytes, messages, ends);
      sink.stored(messages, bytes.length);
    } catch (error) {
      counters.messagesNotStored += messages.length;
      sink.failed(messages, error);
    }
  }

  #reportRejections(
    { rejected, rejections }: IngestReport,
    before: Readonly<Record<RejectionKind, number>>,
    bytes: Uint8Array,
    messages: readonly NatsMessage[],
    ends: readonly number[],
  ): void {
    const { ingest, counters, now, sink } = this.#options;
    for (const kind of KINDS) counters.linesRejected[kind] += ingest.counters.rejected[kind] - before[kind];
    // With the limit of listed rejections at 0 there is none to be told.
    const [first = { line: 1, reason: "no reason is given (limit rejections-listed)" }] = rejections;
    const { message, reason } = attribute(first, bytes, messages, ends);
    counters.lastRejection = { subject: message.subject, reason, time: now() };
    sink.rejected(rejected, message.subject, reason);
  }
}

const KINDS: readonly RejectionKind[] = ["syntax", "name", "too-old", "series-limit", "too-long"];

function count(counters: SubscriptionCounters, { stored, ignored, dropped }: IngestReport): void {
  counters.samplesStored += stored;
  counters.linesIgnored += ignored;
  counters.samplesDropped += dropped;
}

/** The message that a line of a burst came in, and the reason with the line's number in that message. */
function attribute(
  { line, reason }: Rejection,
  bytes: Uint8Array,
  messages: readonly NatsMessage[],
  ends: readonly number[],
): { message: NatsMessage; reason: string } {
  let start = 0;
  let linesBefore = 0;
  for (const [i, end] of ends.entries()) {
    const lines = countNewlines(bytes, start, end);
    if (line <= linesBefore + lines || i === ends.length - 1) {
      return { message: messages[i], reason: reason.replace(`at line ${line}`, `at line ${line - linesBefore}`) };
    }
    linesBefore += lines;
    start = end;
  }
  throw new Error("BUG: a burst without messages");
}

function countNewlines(bytes: Uint8Array, start: number, end: number): number {
  let newlines = 0;
  for (let i = start; i < end; i++) if (bytes[i] === NEWLINE) newlines++;
  return newlines;
}
