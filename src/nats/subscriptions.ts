// What is subscribed to.

/** Messages of a subject, as they are published: what comes while there is no connection is lost. */
export interface CoreSubscription {
  readonly kind: "core";
  /** With wildcards, where wanted. */
  readonly subject: string;
  /** Of the lines that name none. */
  readonly cluster: string;
  /** Several stores in the same group share the messages. */
  readonly queueGroup?: string;
}

/** Messages that a stream keeps until they are on this store's disk. */
export interface StreamSubscription {
  readonly kind: "stream";
  readonly stream: string;
  readonly consumer: ConsumerChoice;
  readonly cluster: string;
  /** Only the messages of this subject. */
  readonly subject?: string;
  /** JetStream domain, as with leaf nodes. */
  readonly domain?: string;
}

/** `existing`: somebody else makes the consumer. `durable`: it is made if there is none of that name. */
export interface ConsumerChoice {
  readonly kind: "existing" | "durable";
  readonly name: string;
}

export type Subscription = CoreSubscription | StreamSubscription;
