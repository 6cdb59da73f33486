// How safe are samples in a stream, from the collector's publish until they are on this store's disk? What an operator
// should know is said in a sentence each: what may be lost, when, and what to change.

import type { ConsumerConfig, ServerStorage, StreamConfig } from "./jetstream-api.ts";
import type { StreamSubscription } from "./subscriptions.ts";

const NANOS_PER_SECOND = 1e9;
/** A store that is upgraded, or whose disk is repaired, may be away so long. */
const SHORT_AGE_SECONDS = 3600;
/** Unless the server is configured otherwise. */
const DEFAULT_SYNC_SECONDS = 120;

/** @param server undefined when the server does not tell */
export function checkStream(stream: string, config: StreamConfig, server: ServerStorage | undefined): string[] {
  const name = `stream ${stream}`;
  const warnings = [storageWarning(name, config, server), keepingWarning(name, config)];
  if (config.max_age > 0 && config.max_age / NANOS_PER_SECOND < SHORT_AGE_SECONDS) {
    const age = spoken(config.max_age / NANOS_PER_SECOND);
    warnings.push(
      `${name} keeps messages for ${age} only (max_age): samples are lost when this store is away for longer; ` +
        "give it a day or more",
    );
  }
  if (config.retention === "interest") {
    warnings.push(
      `${name} keeps only what a consumer is waiting for (retention interest): samples are lost while this store's ` +
        'consumer does not exist; retention "limits" keeps them',
    );
  }
  if (config.discard === "new" && (config.max_bytes > 0 || config.max_msgs > 0)) {
    warnings.push(
      `${name} refuses messages when it is full (discard new), and collectors do not notice: samples are lost; ` +
        'discard "old" loses the oldest instead',
    );
  }
  return warnings.filter((warning) => warning !== undefined);
}

function storageWarning(
  name: string,
  { storage, num_replicas: replicas, persist_mode: mode }: StreamConfig,
  server: ServerStorage | undefined,
): string | undefined {
  if (storage === "memory" && replicas < 2) {
    return (
      `${name} is in memory only: a restart of the NATS server loses what this store has not fetched; ` +
      'use storage "file"'
    );
  }
  if (storage === "memory") {
    return `${name} is in memory only: it is lost when all ${replicas} servers that hold it stop; use storage "file"`;
  }
  const isAsync = mode === "async";
  if (replicas > 1 || (server?.sync_always === true && !isAsync)) return undefined;
  const told = server?.sync_interval;
  const interval =
    told === undefined ? `${spoken(DEFAULT_SYNC_SECONDS)} unless sync_interval is set` : spokenNanos(told);
  return (
    `${name} has one replica, which its server flushes to disk only from time to time (${interval}): a power cut ` +
    "there loses what was published since, though not a restart of the server; use 3 replicas, or sync_interval: always"
  );
}

/** What is old is dropped when there is no room for the new. */
function keepingWarning(
  name: string,
  { discard, max_msgs_per_subject: perSubject = -1 }: StreamConfig,
): string | undefined {
  if (discard === "new" || perSubject <= 0) return undefined;
  return (
    `${name} keeps the last ${perSubject} messages of a subject only (max_msgs_per_subject): older ones are lost ` +
    "when this store is away; set it to -1"
  );
}

export function checkConsumer({ stream, consumer, subject }: StreamSubscription, config: ConsumerConfig): string[] {
  const name = `consumer ${consumer.name} of stream ${stream}`;
  const warnings: string[] = [];
  if (config.ack_policy === "none") {
    warnings.push(
      `${name} does not wait for acknowledgements (ack policy none): what was fetched and is not on disk yet is lost ` +
        'when this store stops; use ack policy "explicit"',
    );
  }
  if (config.max_deliver !== undefined && config.max_deliver > 0) {
    warnings.push(
      `${name} gives a message up after ${config.max_deliver} deliveries (max_deliver): samples may be lost while the ` +
        "disk is full; set it to -1",
    );
  }
  if (config.inactive_threshold !== undefined && config.inactive_threshold > 0) {
    warnings.push(
      `${name} is deleted when this store is away for ${spokenNanos(config.inactive_threshold)} (inactive_threshold), ` +
        "and with it the place where it was; set it to 0",
    );
  }
  if (config.mem_storage === true) {
    warnings.push(
      `${name} is in memory only: after a restart of the NATS server it begins anew, which costs time but no samples`,
    );
  }
  const filters = config.filter_subjects ?? (config.filter_subject === undefined ? [] : [config.filter_subject]);
  if (subject !== undefined && !(filters.length === 1 && filters[0] === subject)) {
    const found = filters.length === 0 ? "all subjects of the stream" : filters.join(", ");
    warnings.push(`${name} delivers ${found}, and not ${subject} as this store's subscribe-to says`);
  }
  return warnings;
}

const spokenNanos = (nanos: number): string => spoken(nanos / NANOS_PER_SECOND);

function spoken(seconds: number): string {
  if (seconds >= 2 * 3600) return `${Number((seconds / 3600).toFixed(1))} hours`;
  if (seconds >= 120) return `${Number((seconds / 60).toFixed(1))} minutes`;
  return `${Number(seconds.toFixed(1))} seconds`;
}
