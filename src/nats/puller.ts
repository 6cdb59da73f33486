// Asks a pull consumer for messages, a bounded number of bytes at a time: what has been asked for and what is not on disk
// yet stay within a window together. No room, no request; so a slow disk makes messages wait in the stream.
//
// There is one request at a time: of several the server serves each in turn, and does not tell when one is fulfilled. The
// next is made with the last message of the one before, so little is lost by that.

import type { NatsMessage, NatsSession, NatsSubscription } from "../runtime/nats-ports.ts";
import { type ConsumerConfig, NANOS_PER_MS } from "./jetstream-api.ts";
import type { Environment } from "./environment.ts";

export interface PullerOptions {
  readonly environment: Environment;
  readonly session: NatsSession;
  /** Where requests go. */
  readonly subject: string;
  readonly consumer: ConsumerConfig;
  readonly window: PullWindow;
  /** What has come and is not on disk yet. */
  readonly inFlight: () => PullWindow;
  readonly take: (message: NatsMessage) => void;
}

export interface PullWindow {
  readonly bytes: number;
  readonly messages: number;
}

interface PullRequest {
  readonly subject: string;
  /** Still to come. */
  messages: number;
}

/** While the messages of one are on their way to the disk there is room for another. */
const REQUESTS_PER_WINDOW = 2;
/** A request that finds nothing ends after so long; the server shows in between that it is alive. */
const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 5000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** What the server counts beside the payload: subject, reply, headers. */
const ENVELOPE_BYTES = 4096;

export class Puller {
  readonly #options: PullerOptions;
  readonly #inbox: string;
  readonly #subscription: NatsSubscription;
  #request: PullRequest | undefined;
  #isClosed = false;
  readonly #size: PullWindow;
  #nextRequest = 0;
  #lastSignMs: number;
  #cancelWatch: () => void = () => {};
  #end: (reason: string) => void = () => {};

  /** Resolves when nothing will come any more, with the reason in words. */
  readonly broken: Promise<string>;

  constructor(options: PullerOptions) {
    const { session, environment } = options;
    this.#options = options;
    this.#size = requestSize(options);
    this.#inbox = session.newInbox();
    this.#lastSignMs = environment.clock.monotonicMs();
    this.broken = new Promise((resolve) => (this.#end = resolve));
    this.#subscription = session.subscribe(`${this.#inbox}.*`, {
      take: (message) => this.#take(message),
      onRefused: (error) => this.#end(error.message),
    });
    this.#watch();
    this.pull();
  }

  /** Asks for more if there is room; to be called whenever something has got onto the disk. */
  pull(): void {
    if (this.#request === undefined && !this.#isClosed && this.#hasRoom()) this.#ask();
  }

  /** Ends the puller from outside. */
  end(reason: string): void {
    this.#end(reason);
  }

  /** Asks for nothing more; resolves when what was under way has come. */
  async drain(): Promise<void> {
    this.#cancelWatch();
    this.#isClosed = true;
    await this.#subscription.drain();
  }

  /** Takes nothing more; what is under way comes again later. */
  close(): void {
    this.#cancelWatch();
    this.#isClosed = true;
    this.#subscription.unsubscribe();
  }

  #hasRoom(): boolean {
    const { window, inFlight } = this.#options;
    const { bytes, messages } = inFlight();
    // One request must always fit, or a message of the server's full size would never.
    if (messages === 0) return true;
    return bytes + this.#size.bytes <= window.bytes && messages + this.#size.messages <= window.messages;
  }

  #ask(): void {
    const { session, subject, environment, consumer } = this.#options;
    const reply = `${this.#inbox}.${this.#nextRequest++}`;
    this.#lastSignMs = environment.clock.monotonicMs();
    this.#request = { subject: reply, messages: this.#size.messages };
    session.publish(subject, requestPayload(this.#size, consumer), reply);
  }

  #take(message: NatsMessage): void {
    this.#lastSignMs = this.#options.environment.clock.monotonicMs();
    // Only what the server itself says comes on the inbox; messages keep the subject that they were published on.
    if (message.headers !== undefined && message.subject.startsWith(this.#inbox)) return this.#takeStatus(message);
    if (this.#request !== undefined && --this.#request.messages === 0) this.#request = undefined;
    this.#options.take(message);
    this.pull();
  }

  #takeStatus({ subject, headers }: NatsMessage): void {
    const { code, description } = headers ?? { code: 0, description: "" };
    // Others are answers to a request of the past.
    if (code === HEARTBEAT || subject !== this.#request?.subject) return;
    const isUntouched = this.#request.messages === this.#size.messages;
    this.#request = undefined;
    if (isUntouched && TOO_LARGE.test(description)) {
      return this.#end(`the next message is larger than the consumer's max_bytes (${this.#size.bytes})`);
    }
    const isOver = REQUEST_OVER.has(code) || (code === CONFLICT && ORDINARY_CONFLICT.test(description));
    if (isOver) this.pull();
    else if (code === NO_RESPONDERS) this.#end("there is no such consumer");
    else this.#end(`${description.toLowerCase()} (${code})`);
  }

  /** A server that says nothing for long has forgotten the request, as after a restart of its own. */
  #watch(): void {
    const { environment } = this.#options;
    this.#cancelWatch = environment.scheduler.after(HEARTBEAT_MS, () => {
      const silenceMs = environment.clock.monotonicMs() - this.#lastSignMs;
      if (this.#request !== undefined && silenceMs > SILENCE_MS) this.#end(`nothing heard for ${SILENCE_MS / 1000} s`);
      else this.#watch();
    });
  }
}

const HEARTBEAT = 100;
const CONFLICT = 409;
const NO_RESPONDERS = 503;
/** Nothing there, and nothing has come in time. */
const REQUEST_OVER: ReadonlySet<number> = new Set([404, 408]);
/** The bytes asked for are used up. */
const ORDINARY_CONFLICT = /exceeds? maxbytes|batch completed/i;
/** Of a request that has brought nothing else it is no ordinary conflict: the next would end in the same way. */
const TOO_LARGE = /exceeds? maxbytes/i;

/** A part of the window, within what the consumer allows; but a message of the server's full size must fit. */
function requestSize({ window, consumer, session }: PullerOptions): PullWindow {
  const bytes = Math.max(Math.floor(window.bytes / REQUESTS_PER_WINDOW), session.maxPayloadBytes + ENVELOPE_BYTES);
  return {
    bytes: Math.min(bytes, consumer.max_bytes || Infinity),
    messages: Math.max(1, Math.min(Math.floor(window.messages / REQUESTS_PER_WINDOW), consumer.max_batch || Infinity)),
  };
}

function requestPayload({ bytes, messages }: PullWindow, { max_expires: maxExpires }: ConsumerConfig): string {
  const expires = Math.min(EXPIRES_MS * NANOS_PER_MS, maxExpires || Infinity);
  // The server wants at least two heartbeats in a request.
  const heartbeat = Math.min(HEARTBEAT_MS * NANOS_PER_MS, Math.floor(expires / 2));
  return JSON.stringify({ batch: messages, max_bytes: bytes, expires, idle_heartbeat: heartbeat });
}
