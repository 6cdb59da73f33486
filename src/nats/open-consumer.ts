// Finds the stream and the consumer of a subscription, and looks at how safe samples are in them.

import { type ConsumerConfig, type ConsumerInfo, type JetStreamApi, JetStreamError } from "./jetstream-api.ts";
import { checkConsumer, checkStream } from "./stream-check.ts";
import type { StreamSubscription } from "./subscriptions.ts";

export interface OpenedConsumer {
  readonly info: ConsumerInfo;
  /** What an operator should know; a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Rejects with an Error in an operator's words when there is no such stream, or no such consumer that could be used.
 * @param maxAckPending messages that a consumer which is made here gives out before it waits for acknowledgements
 */
export async function openConsumer(
  api: JetStreamApi,
  subscription: StreamSubscription,
  maxAckPending: number,
): Promise<OpenedConsumer> {
  const { stream } = subscription;
  const { config } = await api.streamInfo(stream).catch((error: unknown) => {
    throw isMissing(error) ? new Error(`there is no stream ${stream}`, { cause: error }) : error;
  });
  const info = await findConsumer(api, subscription, maxAckPending);
  if (info.config.deliver_subject !== undefined) {
    throw new Error(`${subscription.consumer.name} is a push consumer: expected a pull consumer`);
  }
  const warnings = [
    ...checkStream(stream, config, await api.serverStorage()),
    ...checkConsumer(subscription, info.config),
  ];
  return { info, warnings };
}

async function findConsumer(
  api: JetStreamApi,
  { stream, consumer, subject }: StreamSubscription,
  maxAckPending: number,
): Promise<ConsumerInfo> {
  try {
    return await api.consumerInfo(stream, consumer.name);
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (consumer.kind === "existing") {
      throw new Error(`stream ${stream} has no consumer ${consumer.name}`, { cause: error });
    }
    return api.createConsumer(stream, consumer.name, durableConfig(subject, maxAckPending));
  }
}

function durableConfig(subject: string | undefined, maxAckPending: number): ConsumerConfig {
  return {
    ack_policy: "explicit",
    deliver_policy: "all",
    max_deliver: -1,
    max_ack_pending: maxAckPending,
    ...(subject !== undefined && { filter_subject: subject }),
  };
}

const isMissing = (error: unknown): boolean => error instanceof JetStreamError && error.code === 404;
