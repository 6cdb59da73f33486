// Acknowledging what is on disk, by the consumer's policy.
//
// `explicit`: each message. `all`: the newest, which stands for all before it; so it may only be sent when all before it
// have come. What a connection or a process that ended had been given and has not stored comes again later than what is
// new, and must be waited for.

import type { ConsumerInfo } from "./jetstream-api.ts";
import type { NatsMessage } from "../runtime/nats-ports.ts";

export type Publish = (subject: string, payload: Uint8Array | string) => void;

export interface Acknowledgements {
  /** Something on disk is not acknowledged, since others have to come again before. */
  readonly isHeldUp: boolean;
  /** A message has come. Returns false when others before it have not, though they were delivered: start anew. */
  take(message: NatsMessage): boolean;
  /** These are on disk. */
  committed(messages: readonly NatsMessage[], publish: Publish): void;
  /** These could not be stored and are to come again. */
  failed(messages: readonly NatsMessage[], publish: Publish): void;
}

const ACK = new TextEncoder().encode("+ACK");
/** How soon the server may send a message again that could not be stored. */
const AGAIN_NANOS = 5_000_000_000;
const NAK = `-NAK {"delay":${AGAIN_NANOS}}`;

/** @param info of the consumer, asked for when nothing is under way to this client */
export function acknowledgementsOf(info: ConsumerInfo): Acknowledgements {
  const { ack_policy: policy } = info.config;
  if (policy === "all") return new AckAll(info);
  return policy === "none" ? none : explicit;
}

const none: Acknowledgements = { isHeldUp: false, take: () => true, committed: () => {}, failed: () => {} };

const explicit: Acknowledgements = {
  isHeldUp: false,
  take: () => true,
  committed(messages, publish) {
    for (const { reply } of messages) if (reply !== undefined) publish(reply, ACK);
  },
  failed(messages, publish) {
    for (const { reply } of messages) if (reply !== undefined) publish(reply, NAK);
  },
};

class AckAll implements Acknowledgements {
  /** Stream sequences up to this one may be missing. */
  readonly #lastDelivered: number;
  /** As many messages must come again first. */
  readonly #missing: number;
  readonly #comeAgain = new Set<number>();
  #delivery: number;
  /** On disk, not acknowledged yet: the reply of the newest. */
  #newest = 0;
  #reply: string | undefined;
  #hasFailed = false;

  constructor({ delivered, num_ack_pending: pending }: ConsumerInfo) {
    this.#lastDelivered = delivered.stream_seq;
    this.#missing = pending;
    this.#delivery = delivered.consumer_seq;
  }

  get isHeldUp(): boolean {
    return this.#reply !== undefined;
  }

  take({ reply }: NatsMessage): boolean {
    const delivery = deliveryOf(reply);
    if (delivery === undefined) return true;
    const isNext = delivery.consumerSequence === this.#delivery + 1;
    this.#delivery = delivery.consumerSequence;
    return isNext;
  }

  committed(messages: readonly NatsMessage[], publish: Publish): void {
    for (const { reply } of messages) this.#note(reply);
    if (this.#hasFailed || this.#comeAgain.size < this.#missing || this.#reply === undefined) return;
    publish(this.#reply, ACK);
    this.#reply = undefined;
  }

  /** Any acknowledgement of a later one would be one of these: none is sent until all begins anew. */
  failed(): void {
    this.#hasFailed = true;
  }

  #note(reply: string | undefined): void {
    const delivery = deliveryOf(reply);
    if (delivery === undefined) return;
    const { streamSequence } = delivery;
    if (streamSequence <= this.#lastDelivered && this.#comeAgain.size < this.#missing) {
      this.#comeAgain.add(streamSequence);
    }
    if (streamSequence < this.#newest) return;
    this.#newest = streamSequence;
    this.#reply = reply;
  }
}

export interface Delivery {
  readonly streamSequence: number;
  readonly consumerSequence: number;
  /** Messages that wait in the stream behind this one. */
  readonly pending: number;
  /** 1 for the first. */
  readonly deliveries: number;
}

/**
 * What the subject tells on which a message is acknowledged:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`, from newer servers
 * with `<domain>.<account>` behind `ACK` and a random token at the end.
 */
export function deliveryOf(reply: string | undefined): Delivery | undefined {
  if (reply === undefined) return undefined;
  const tokens = reply.split(".");
  if (tokens.length < 9 || tokens[0] !== "$JS") return undefined;
  const [deliveries, streamSequence, consumerSequence, , pending] = tokens
    .slice(tokens.length === 9 ? 4 : 6)
    .map(Number);
  return { deliveries, streamSequence, consumerSequence, pending };
}
