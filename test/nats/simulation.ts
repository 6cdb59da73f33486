// NATS in memory: a server with one stream that works as JetStream does where it matters here, a store whose disk fails when
// the test says so, and time that passes when the test says so.
import { MetricStore } from "../../src/core/store.ts";
import { StorageError } from "../../src/ingest/sample-log.ts";
import { Ingest } from "../../src/ingest/ingest.ts";
import { defaultLimits } from "../../src/library/limits.ts";
import type { Environment } from "../../src/nats/environment.ts";
import { NatsService, type NatsLimits } from "../../src/nats/nats-service.ts";
import type { Subscription } from "../../src/nats/subscriptions.ts";
import { MemoryClock, MemoryScheduler } from "../../src/runtime/memory.ts";
import {
  NoRespondersError,
  type NatsHeaders,
  type NatsMessage,
  type NatsSession,
  type SubscribeOptions,
} from "../../src/runtime/nats-ports.ts";

const encoder = new TextEncoder();
export const START = 1_800_000_000;

/** Log lines, as `level message key=value`. */
export class RecordingLog {
  readonly lines: string[] = [];
  readonly info = this.#writer("info");
  readonly warn = this.#writer("warn");
  readonly error = this.#writer("error");

  count(text: string): number {
    return this.lines.filter((line) => line.includes(text)).length;
  }

  #writer(level: string) {
    return (message: string, fields: object = {}): void => {
      const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
      this.lines.push([level, message, ...pairs.map(([key, value]) => `${key}=${value}`)].join(" "));
    };
  }
}

export class Simulation {
  readonly clock = new MemoryClock(START);
  readonly scheduler = new MemoryScheduler(this.clock);
  readonly log = new RecordingLog();
  readonly environment: Environment = { clock: this.clock, scheduler: this.scheduler, random: () => 1, log: this.log };
  readonly server = new SimulatedServer();
  readonly disk = new SimulatedDisk();
  readonly store = new MetricStore({ metrics: { load: { frequency: 10, aggregation: "avg" } } });
  readonly ingest = new Ingest({
    store: this.store,
    limits: defaultLimits,
    retentionSeconds: 86_400,
    now: () => this.clock.now(),
    log: this.disk,
  });

  startService(subscriptions: readonly Subscription[], limits: Partial<NatsLimits> = {}): NatsService {
    return new NatsService({
      ...this.environment,
      ingest: this.ingest,
      connect: () => this.server.connect(),
      settings: { servers: ["nats://simulated"] },
      subscriptions,
      limits: { natsInFlightBytes: 64_000_000, natsInFlightMessages: 40_000, ...limits },
    });
  }

  /** Lets time pass, at least until all that is under way has settled. */
  async pass(ms = 0): Promise<void> {
    await this.scheduler.advance(ms);
  }

  /** The stop of a service, whose waits need time to pass. */
  async stop(service: NatsService): Promise<void> {
    const over = service.stop().then(() => true);
    while (!(await Promise.race([over, this.pass(100).then(() => false)])));
  }
}

/** One line of line protocol of host `n`, and of any length. */
export function lineOf(n: number, sizeBytes = 0): string {
  const line = `load,cluster=c,hostname=n value=${n} ${START - 10 * n}`;
  return `${line}\n`.padEnd(sizeBytes, "\n");
}

export class SimulatedDisk {
  /** Why every commit fails; undefined: none does. */
  failure: string | undefined;
  /** Not even the memory for what waits is left. */
  isFull = false;
  /** Commits do not end before `release`. */
  isSlow = false;
  commits = 0;
  #held: (() => void)[] = [];

  append(): void {
    if (this.isFull) throw new StorageError("too much waits for the disk");
  }

  async commit(): Promise<void> {
    this.commits++;
    if (this.isSlow) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.failure !== undefined) throw new StorageError(this.failure);
  }

  release(): void {
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

interface Subscribed extends SubscribeOptions {
  readonly subject: string;
}

interface PullRequest {
  readonly reply: string;
  messages: number;
  bytes: number;
}

interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  deliveries: number;
  state: "waiting" | "delivered" | "acknowledged";
}

/** Speaks to one client at a time. */
export class SimulatedServer {
  /** Why it takes no connections. */
  refusal: string | undefined = undefined;
  serverId = "first";
  hasStream = true;
  hasConsumer = true;
  ackPolicy: "explicit" | "all" | "none" = "explicit";
  messages: StreamMessage[] = [];
  readonly requests: PullRequest[] = [];
  /** Bytes in the largest request so far. */
  isReading = true;
  connects = 0;
  readonly naks: string[] = [];
  #subscribed: Subscribed[] = [];
  #end: (error: Error | undefined) => void = () => {};
  #deliveries = 0;

  async connect(): Promise<NatsSession> {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    this.connects++;
    this.isReading = true;
    this.#subscribed = [];
    this.requests.length = 0;
    const ended = new Promise<Error | undefined>((resolve) => (this.#end = resolve));
    return {
      server: "simulated:4222",
      serverId: this.serverId,
      maxPayloadBytes: 1000,
      ended,
      subscribe: (subject, options) => {
        const subscribed = { ...options, subject };
        this.#subscribed.push(subscribed);
        const unsubscribe = (): void => {
          this.#subscribed = this.#subscribed.filter((one) => one !== subscribed);
        };
        return { unsubscribe, drain: async () => unsubscribe() };
      },
      publish: (subject, payload, reply) => this.#takePublished(subject, payload, reply),
      request: async (subject) => this.#answer(subject),
      newInbox: () => "_INBOX.x",
      flush: async () => {},
      pauseReading: () => void (this.isReading = false),
      resumeReading: () => void (this.isReading = true),
      close: async () => this.#end(undefined),
    };
  }

  /** Ends the connection, from the server's side. */
  cut(reason?: string): void {
    this.#end(reason === undefined ? undefined : new Error(reason));
    this.#subscribed = [];
    for (const message of this.messages) if (message.state === "delivered") message.state = "waiting";
  }

  /** Core NATS: delivers to whoever is subscribed to just that. */
  publish(subject: string, text: string): void {
    for (const { subject: wanted, take } of this.#subscribed) {
      if (wanted === subject) take({ subject, data: encoder.encode(text) });
    }
  }

  refuseSubscriptions(reason: string): void {
    for (const { onRefused } of this.#subscribed.splice(0)) onRefused(new Error(reason));
  }

  /** Into the stream. */
  append(text: string, subject = "hpc"): void {
    const sequence = this.messages.length + 1;
    this.messages.push({ sequence, subject, data: encoder.encode(text), deliveries: 0, state: "waiting" });
    this.deliver();
  }

  get unacknowledged(): number {
    return this.messages.filter(({ state }) => state !== "acknowledged").length;
  }

  get delivered(): number {
    return this.messages.filter(({ state }) => state === "delivered").length;
  }

  /** What was delivered and not acknowledged is due again. */
  redeliver(): void {
    for (const message of this.messages) if (message.state === "delivered") message.state = "waiting";
    this.deliver();
  }

  /** To all requests, as far as they go. */
  deliver(): void {
    for (const message of this.messages) {
      if (message.state !== "waiting") continue;
      const [request] = this.requests;
      if (request === undefined) return;
      if (message.data.length > request.bytes) {
        this.endRequest(409, "Message Size Exceeds MaxBytes");
        continue;
      }
      request.bytes -= message.data.length;
      if (--request.messages === 0) this.requests.shift();
      message.state = "delivered";
      message.deliveries++;
      this.#deliveries++;
      const waiting = this.messages.filter(({ state }) => state === "waiting").length;
      const reply = `$JS.ACK.S.pegel.${message.deliveries}.${message.sequence}.${this.#deliveries}.1.${waiting}`;
      this.#send("_INBOX.x.*", { subject: message.subject, data: message.data, reply });
    }
  }

  /** Ends the oldest request with a word of the server. */
  endRequest(code: number, description: string): void {
    const request = this.requests.shift();
    if (request === undefined) return;
    const headers: NatsHeaders = { code, description };
    this.#send("_INBOX.x.*", { subject: request.reply, data: new Uint8Array(0), headers });
  }

  #send(subscription: string, message: NatsMessage): void {
    this.#subscribed.find(({ subject }) => subject === subscription)?.take(message);
  }

  #takePublished(subject: string, payload: Uint8Array | string, reply = ""): void {
    const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
    if (subject.startsWith("$JS.API.CONSUMER.MSG.NEXT.")) {
      const { batch, max_bytes: bytes } = JSON.parse(text) as { batch: number; max_bytes: number };
      this.requests.push({ reply, messages: batch, bytes });
      // As on a network: the answer comes after the request has been made.
      queueMicrotask(() => this.deliver());
    } else if (text === "+ACK") this.#acknowledge(Number(subject.split(".")[5]));
    else if (text.startsWith("-NAK")) this.naks.push(subject);
  }

  #acknowledge(sequence: number): void {
    for (const message of this.messages) {
      const isMeant = this.ackPolicy === "all" ? message.sequence <= sequence : message.sequence === sequence;
      if (isMeant) message.state = "acknowledged";
    }
  }

  #answer(subject: string): NatsMessage {
    const answer = (value: object): NatsMessage => ({ subject, data: encoder.encode(JSON.stringify(value)) });
    if (subject.startsWith("$SYS")) throw new NoRespondersError(subject);
    if (!this.hasStream) return answer({ error: { code: 404, description: "stream not found" } });
    if (subject.startsWith("$JS.API.STREAM.INFO")) {
      return answer({ config: { storage: "file", num_replicas: 3, retention: "limits", discard: "old", max_age: 0 } });
    }
    if (subject.startsWith("$JS.API.CONSUMER.CREATE")) this.hasConsumer = true;
    if (!this.hasConsumer) return answer({ error: { code: 404, description: "consumer not found" } });
    return answer({
      config: { ack_policy: this.ackPolicy },
      delivered: {
        consumer_seq: this.#deliveries,
        stream_seq: this.messages.findLastIndex(({ deliveries }) => deliveries > 0) + 1,
      },
      num_ack_pending: this.messages.filter(({ state, deliveries }) => state !== "acknowledged" && deliveries > 0)
        .length,
      num_pending: this.messages.filter(({ deliveries }) => deliveries === 0).length,
    });
  }
}
