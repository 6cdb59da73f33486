// What an operator is told of a stream that may lose samples.
import { describe, expect, test } from "vitest";
import type { ConsumerConfig, ServerStorage, StreamConfig } from "../../src/nats/jetstream-api.ts";
import { checkConsumer, checkStream } from "../../src/nats/stream-check.ts";

const safe: StreamConfig = {
  storage: "file",
  num_replicas: 3,
  retention: "limits",
  discard: "old",
  max_age: 0,
  max_bytes: -1,
  max_msgs: -1,
};
const HOUR_NANOS = 3600e9;

describe("streams", () => {
  test.each<[string, Partial<StreamConfig>, ServerStorage | undefined]>([
    ["three replicas on disk", {}, undefined],
    ["one replica that is flushed at once", { num_replicas: 1 }, { sync_always: true, sync_interval: 1 }],
    ["a day and a size, the oldest goes", { max_age: 24 * HOUR_NANOS, max_bytes: 1e12 }, undefined],
    ["a work queue", { retention: "workqueue" }, undefined],
  ])("%s: nothing to say", (_about, config, server) => {
    expect(checkStream("S", { ...safe, ...config }, server)).toEqual([]);
  });

  test.each<[Partial<StreamConfig>, ServerStorage | undefined, string]>([
    [
      { num_replicas: 1 },
      undefined,
      "stream S has one replica, which its server flushes to disk only from time to time (2 minutes unless sync_interval is set)",
    ],
    [
      { num_replicas: 1 },
      { sync_interval: 10e9 },
      "stream S has one replica, which its server flushes to disk only from time to time (10 seconds)",
    ],
    [{ num_replicas: 1, persist_mode: "async" }, { sync_always: true }, "stream S has one replica"],
    [
      { storage: "memory", num_replicas: 1 },
      undefined,
      "stream S is in memory only: a restart of the NATS server loses",
    ],
    [{ storage: "memory" }, undefined, "stream S is in memory only: it is lost when all 3 servers"],
    [{ max_age: 600e9 }, undefined, "stream S keeps messages for 10 minutes only (max_age)"],
    [{ max_age: 30e9 }, undefined, "stream S keeps messages for 30 seconds only (max_age)"],
    [{ retention: "interest" }, undefined, "stream S keeps only what a consumer is waiting for (retention interest)"],
    [{ discard: "new", max_bytes: 100 }, undefined, "stream S refuses messages when it is full (discard new)"],
    [{ max_msgs_per_subject: 1 }, undefined, "stream S keeps the last 1 messages of a subject only"],
  ])("%o %o is warned about", (config, server, warning) => {
    expect(checkStream("S", { ...safe, ...config }, server)).toEqual([expect.stringContaining(warning)]);
  });
});

describe("consumers", () => {
  const consumer = { kind: "existing", name: "C" } as const;
  const subscription = { kind: "stream", stream: "S", consumer, cluster: "" } as const;

  test.each<[Partial<ConsumerConfig>, string | undefined, string[]]>([
    [{}, undefined, []],
    [{ ack_policy: "all", max_deliver: -1, inactive_threshold: 0 }, undefined, []],
    [{ filter_subject: "a" }, "a", []],
    [{ filter_subjects: ["a"] }, "a", []],
    [{ ack_policy: "none" }, undefined, ["does not wait for acknowledgements (ack policy none)"]],
    [{ max_deliver: 3 }, undefined, ["gives a message up after 3 deliveries (max_deliver)"]],
    [{ inactive_threshold: 3 * HOUR_NANOS }, undefined, ["is deleted when this store is away for 3 hours"]],
    [{ mem_storage: true }, undefined, ["is in memory only"]],
    [{}, "a", ["delivers all subjects of the stream, and not a as this store's subscribe-to says"]],
    [{ filter_subjects: ["a", "b"] }, "a", ["delivers a, b, and not a"]],
  ])("%o for %s", (config, subject, warnings) => {
    const found = checkConsumer(
      { ...subscription, ...(subject !== undefined && { subject }) },
      { ack_policy: "explicit", ...config },
    );
    expect(found).toEqual(warnings.map((warning) => expect.stringContaining(`consumer C of stream S ${warning}`)));
  });
});
