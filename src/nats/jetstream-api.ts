// The part of JetStream's API that a pull consumer needs: requests with JSON, answers with JSON.
// https://docs.nats.io/reference/reference-protocols/nats_api_reference

import { NoRespondersError, type NatsSession } from "../runtime/nats-ports.ts";

/** What of a stream's configuration says how safe messages are in it; times in nanoseconds. */
export interface StreamConfig {
  readonly storage: "file" | "memory";
  readonly num_replicas: number;
  readonly retention: "limits" | "interest" | "workqueue";
  readonly discard: "old" | "new";
  /** 0 = for ever. */
  readonly max_age: number;
  /** -1 = no limit, as with those below. */
  readonly max_bytes: number;
  readonly max_msgs: number;
  readonly max_msgs_per_subject?: number;
  readonly persist_mode?: string;
}

export interface StreamInfo {
  readonly config: StreamConfig;
}

export interface ConsumerConfig {
  readonly ack_policy: "none" | "all" | "explicit";
  readonly deliver_subject?: string;
  readonly filter_subject?: string;
  readonly filter_subjects?: readonly string[];
  readonly deliver_policy?: string;
  readonly max_deliver?: number;
  readonly inactive_threshold?: number;
  readonly mem_storage?: boolean;
  readonly max_ack_pending?: number;
  /** Largest request of the client; absent or 0 = no limit. */
  readonly max_batch?: number;
  readonly max_expires?: number;
  readonly max_bytes?: number;
}

export interface ConsumerInfo {
  readonly config: ConsumerConfig;
  readonly delivered: { readonly consumer_seq: number; readonly stream_seq: number };
  /** Delivered, but not acknowledged yet. */
  readonly num_ack_pending: number;
  /** Not delivered yet. */
  readonly num_pending: number;
}

/** How the server writes the data to disk, where the account may know it. */
export interface ServerStorage {
  readonly sync_interval?: number;
  readonly sync_always?: boolean;
}

/** What the server answers instead of what was asked for. */
export class JetStreamError extends Error {
  /** 404: there is no such thing. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "JetStreamError";
    this.code = code;
  }
}

export const NANOS_PER_MS = 1_000_000;
const REQUEST_TIMEOUT_MS = 5000;
/** Most accounts may not ask, and are told so at once; others wait for an answer that does not come. */
const SYSTEM_REQUEST_TIMEOUT_MS = 1000;

export class JetStreamApi {
  readonly #session: NatsSession;
  readonly #prefix: string;

  constructor(session: NatsSession, domain: string | undefined) {
    this.#session = session;
    this.#prefix = domain === undefined ? "$JS.API" : `$JS.${domain}.API`;
  }

  streamInfo(stream: string): Promise<StreamInfo> {
    return this.#ask<StreamInfo>(`STREAM.INFO.${stream}`, "");
  }

  consumerInfo(stream: string, consumer: string): Promise<ConsumerInfo> {
    return this.#ask<ConsumerInfo>(`CONSUMER.INFO.${stream}.${consumer}`, "");
  }

  createConsumer(stream: string, name: string, config: ConsumerConfig): Promise<ConsumerInfo> {
    const request = { stream_name: stream, action: "create", config: { ...config, name, durable_name: name } };
    return this.#ask<ConsumerInfo>(`CONSUMER.CREATE.${stream}.${name}`, JSON.stringify(request));
  }

  /** Where requests for messages go. */
  pullSubject(stream: string, consumer: string): string {
    return `${this.#prefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  }

  /** Undefined where the server does not tell, which is most everywhere. */
  async serverStorage(): Promise<ServerStorage | undefined> {
    try {
      const { data } = await this.#session.request("$SYS.REQ.SERVER.PING.JSZ", "", SYSTEM_REQUEST_TIMEOUT_MS);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server's own documented answer
      return (parse(data) as { data?: { config?: ServerStorage } }).data?.config;
    } catch {
      return undefined;
    }
  }

  async #ask<Answer>(subject: string, payload: string): Promise<Answer> {
    const answer = await this.#request(`${this.#prefix}.${subject}`, payload);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server's own documented answer
    const { error, ...rest } = parse(answer) as { error?: { code: number; description: string } };
    if (error !== undefined) throw new JetStreamError(error.code, error.description);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is left without `error`
    return rest as Answer;
  }

  async #request(subject: string, payload: string): Promise<Uint8Array> {
    try {
      return (await this.#session.request(subject, payload, REQUEST_TIMEOUT_MS)).data;
    } catch (error) {
      if (!(error instanceof NoRespondersError)) throw error;
      throw new JetStreamError(503, "JetStream is not enabled on this server, or not for this account");
    }
  }
}

const decoder = new TextDecoder();

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}
