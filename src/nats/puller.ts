// Asks a pull consumer for messages, a bounded number of bytes at a time: what has been asked for and what is not on disk
// yet stay within a window together. No room, no request; so a slow disk makes messages wait in the stream.

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
  readonly bytes: number;
  messages: number;
}

/** Requests in a window: while one is answered the next is at the server already. */
const REQUESTS_PER_WINDOW = 4;
const MAX_REQUESTS = 2;
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
  /** In the order in which the server answers them. */
  readonly #requests: PullRequest[] = [];
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

  /** Asks for more where there is room; to be called whenever something has got onto the disk. */
  pull(): void {
    while (this.#requests.length < MAX_REQUESTS && this.#hasRoom()) this.#request();
  }

  /** Ends the puller from outside. */
  end(reason: string): void {
    this.#end(reason);
  }

  /** Asks for nothing more; resolves when what was under way has come. */
  async drain(): Promise<void> {
    this.#cancelWatch();
    this.#requests.length = MAX_REQUESTS;
    await this.#subscription.drain();
  }

  /** Takes nothing more; what is under way comes again later. */
  close(): void {
    this.#cancelWatch();
    this.#requests.length = MAX_REQUESTS;
    this.#subscription.unsubscribe();
  }

  #hasRoom(): boolean {
    const { window, inFlight } = this.#options;
    const { bytes, messages } = inFlight();
    const asked = this.#requests.reduce((sum, request) => sum + request.bytes, 0);
    const askedMessages = this.#requests.reduce((sum, request) => sum + request.messages, 0);
    // One request must always fit, or a message of the server's full size would never.
    if (bytes === 0 && this.#requests.length === 0) return true;
    return (
      bytes + asked + this.#size.bytes <= window.bytes &&
      messages + askedMessages + this.#size.messages <= window.messages
    );
  }

  #request(): void {
    const { session, subject } = this.#options;
    const { bytes, messages } = this.#size;
    const reply = `${this.#inbox}.${this.#nextRequest++}`;
    if (this.#requests.length === 0) this.#lastSignMs = this.#options.environment.clock.monotonicMs();
    this.#requests.push({ subject: reply, bytes, messages });
    session.publish(subject, requestPayload(this.#size, this.#options.consumer), reply);
  }

  #take(message: NatsMessage): void {
    this.#lastSignMs = this.#options.environment.clock.monotonicMs();
    // Only what the server itself says comes on the inbox; messages keep the subject that they were published on.
    if (message.headers !== undefined && message.subject.startsWith(this.#inbox)) return this.#takeStatus(message);
    const [first] = this.#requests;
    if (first !== undefined && --first.messages === 0) this.#requests.shift();
    this.#options.take(message);
    this.pull();
  }

  #takeStatus({ subject, headers }: NatsMessage): void {
    const { code, description } = headers ?? { code: 0, description: "" };
    if (code === HEARTBEAT) return;
    const index = this.#requests.findIndex((request) => request.subject === subject);
    if (index !== -1) this.#requests.splice(index, 1);
    const isOver = REQUEST_OVER.has(code) || (code === CONFLICT && ORDINARY_CONFLICT.test(description));
    if (isOver) this.pull();
    else if (code === NO_RESPONDERS) this.#end("there is no such consumer");
    else this.#end(`${description.toLowerCase()} (${code})`);
  }

  /** A server that says nothing for long has forgotten the requests, as after a restart of its own. */
  #watch(): void {
    const { environment } = this.#options;
    this.#cancelWatch = environment.scheduler.after(HEARTBEAT_MS, () => {
      const silenceMs = environment.clock.monotonicMs() - this.#lastSignMs;
      if (this.#requests.length > 0 && silenceMs > SILENCE_MS) this.#end(`nothing heard for ${SILENCE_MS / 1000} s`);
      else this.#watch();
    });
  }
}

const HEARTBEAT = 100;
const CONFLICT = 409;
const NO_RESPONDERS = 503;
/** Nothing there, and nothing has come in time. */
const REQUEST_OVER: ReadonlySet<number> = new Set([404, 408]);
/** The bytes asked for are used up; too many requests wait already, those of a connection before this one included. */
const ORDINARY_CONFLICT = /exceeds? maxbytes|batch completed/i;

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
