// What has become of the messages of one subscription, for /api/status.

import type { RejectionKind } from "../ingest/tally.ts";

export interface SubscriptionCounters {
  messages: number;
  bytes: number;
  /** Samples stored. */
  samplesStored: number;
  /** Lines of metrics that are not configured. */
  linesIgnored: number;
  /** Samples whose value does not fit a float32. */
  samplesDropped: number;
  readonly linesRejected: Record<RejectionKind, number>;
  /** Messages, or parts of them, that could not be stored at all, since the disk takes nothing and memory is at its limit. */
  messagesNotStored: number;
  /** Unix seconds; null before the first. */
  lastMessage: number | null;
  /** The last line that was not stored, for whoever looks for the collector that sends it. */
  lastRejection: LastRejection | null;
}

export interface LastRejection {
  readonly subject: string;
  readonly reason: string;
  /** Unix seconds. */
  readonly time: number;
}

export function newSubscriptionCounters(): SubscriptionCounters {
  return {
    messages: 0,
    bytes: 0,
    samplesStored: 0,
    linesIgnored: 0,
    samplesDropped: 0,
    linesRejected: { syntax: 0, name: 0, "too-old": 0, "series-limit": 0, "too-long": 0 },
    messagesNotStored: 0,
    lastMessage: null,
    lastRejection: null,
  };
}

/** All lines that came, but for empty ones and comments. */
export function linesOf({ samplesStored, linesIgnored, samplesDropped, linesRejected }: SubscriptionCounters): number {
  const rejected = Object.values(linesRejected).reduce((sum, count) => sum + count, 0);
  return samplesStored + linesIgnored + samplesDropped + rejected;
}
