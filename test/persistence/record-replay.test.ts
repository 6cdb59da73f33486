// The reading of logs, wherever they end, and wherever the pieces end in which they are read.

import { describe, expect, test } from "vitest";
import { encodeHostRecord } from "../../src/codec/journal/journal-record.ts";
import { encodeRecord } from "../../src/codec/wal/record.ts";
import { INPUT_BYTES } from "../../src/codec/wal/replayer.ts";
import { MetricStore } from "../../src/core/store.ts";
import { RecordReplay, type ReplayResult } from "../../src/persistence/record-replay.ts";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";
import { contentsOf } from "../crash/contents.ts";

const T = 1_700_000_000;
const METRICS = { m: { frequency: 10, aggregation: "sum" } } as const;
const HOST = { number: 0, cluster: "c", host: "h1" };

const hostRecord = (host: string): Uint8Array => encodeHostRecord({ cluster: "c", host });
const record = (i: number, selector: readonly string[] = []): Uint8Array =>
  encodeRecord({ metric: "m", selector, timestamp: T + i * 10, value: i });
const damaged = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 0xff : byte));

interface Replayed extends ReplayResult {
  /** "h1 3" for record 3 of h1. */
  readonly found: readonly string[];
  /** Bytes that were handed on, by host. */
  readonly handedOn: Readonly<Record<string, number>>;
}

async function replay(bytes: Uint8Array, kind: "wal" | "journal"): Promise<Replayed> {
  const files = new MemoryFileSystem();
  files.put("/log", bytes);
  const store = new MetricStore({ metrics: METRICS });
  const hosts = ["h1"];
  const handedOn: Record<string, number> = {};
  const reader = new RecordReplay({
    files,
    store,
    oldest: 0,
    numberOf: (_, host) => (hosts.includes(host) ? hosts.indexOf(host) : hosts.push(host) - 1),
  });
  const result = await reader.replay("/log", 0, kind === "wal" ? HOST : undefined, (number, _, start, end) => {
    handedOn[hosts[number]] = (handedOn[hosts[number]] ?? 0) + end - start;
  });
  const found = [...contentsOf(store)].flatMap(([key, slots]) =>
    [...slots.values()].map((value) => `${key.split(/[/ ]/)[1]} ${value}`),
  );
  return { ...result, found: found.toSorted(), handedOn };
}

/** A log of both kinds of records in which something may be wrong. */
const logs: readonly (readonly [name: string, kind: "wal" | "journal", parts: readonly Uint8Array[]])[] = [
  ["a WAL", "wal", [record(1), record(2, ["socket0"]), record(3)]],
  ["a WAL with a damaged record", "wal", [record(1), damaged(record(2), 12), record(3)]],
  ["a WAL with a damaged length", "wal", [record(1), damaged(record(2), 5), record(3)]],
  ["a WAL with garbage", "wal", [record(1), new Uint8Array(100).fill(0xa1), record(3)]],
  ["a journal", "journal", [hostRecord("h1"), record(1), record(2), hostRecord("h2"), record(3)]],
  [
    "a journal with a damaged record",
    "journal",
    [hostRecord("h1"), record(1), damaged(record(2), -1), record(3), hostRecord("h2"), record(4)],
  ],
  [
    "a journal with a damaged record before a host record",
    "journal",
    [hostRecord("h1"), record(1), damaged(record(2), -1), hostRecord("h2"), record(3), record(4)],
  ],
  [
    "a journal with a damaged host record",
    "journal",
    [hostRecord("h1"), record(1), damaged(hostRecord("h2"), 10), record(2), record(3), hostRecord("h3"), record(4)],
  ],
  [
    "a journal with a damaged magic",
    "journal",
    [hostRecord("h1"), record(1), damaged(record(2), 0), record(3), hostRecord("h2"), record(4)],
  ],
  [
    "a journal with a damaged length",
    "journal",
    [hostRecord("h1"), record(1), damaged(record(2), 4), record(3), hostRecord("h2"), record(4)],
  ],
  [
    "a journal with a damaged magic of a host record",
    "journal",
    [hostRecord("h1"), record(1), damaged(hostRecord("h2"), 1), record(2), record(3), hostRecord("h3"), record(4)],
  ],
];

test.each<[string, readonly string[]]>([
  ["a WAL", ["h1 1", "h1 2", "h1 3"]],
  ["a WAL with a damaged record", ["h1 1", "h1 3"]],
  ["a WAL with a damaged length", ["h1 1", "h1 3"]],
  ["a WAL with garbage", ["h1 1", "h1 3"]],
  ["a journal", ["h1 1", "h1 2", "h2 3"]],
  ["a journal with a damaged record", ["h1 1", "h1 3", "h2 4"]],
  ["a journal with a damaged record before a host record", ["h1 1", "h2 3", "h2 4"]],
  ["a journal with a damaged host record", ["h1 1", "h3 4"]],
  ["a journal with a damaged magic", ["h1 1", "h1 3", "h2 4"]],
  ["a journal with a damaged length", ["h1 1", "h1 3", "h2 4"]],
  ["a journal with a damaged magic of a host record", ["h1 1", "h2 2", "h2 3", "h3 4"]],
])("%s: what can be read is read, under the right host", async (name, expected) => {
  const [, kind, parts] = logs.find((log) => log[0] === name) ?? ["", "wal", []];
  const { found, damaged: ranges } = await replay(Buffer.concat(parts), kind);
  expect(found).toEqual(expected);
  expect(ranges).toHaveLength(/damaged|garbage/.test(name) ? 1 : 0);
});

test("damage in a journal tells behind whose records it is", async () => {
  const parts = [hostRecord("h2"), record(1), damaged(record(2), 12), record(3)];
  const { damaged: ranges } = await replay(Buffer.concat(parts), "journal");
  expect(ranges).toMatchObject([{ reason: expect.stringMatching(/^CRC-32 .*, behind records of c\/h2$/) }]);
});

describe.each(logs.filter(([name]) => !/damaged|garbage/.test(name)))("%s that ends anywhere", (_, kind, parts) => {
  test("gives the records that are whole, and tells where they end", async () => {
    const bytes = Buffer.concat(parts);
    const ends = parts.map((_part, i) => Buffer.concat(parts.slice(0, i + 1)).length);
    const isSample = parts.map((part) => part[0] === record(0)[0]);
    for (let size = 0; size <= bytes.length; size++) {
      const { records, found, damaged: ranges, intactBytes } = await replay(bytes.subarray(0, size), kind);
      const whole = ends.filter((end) => end <= size).length;
      expect(intactBytes, `${size} bytes`).toBe(whole === 0 ? 0 : ends[whole - 1]);
      expect(records, `${size} bytes`).toBe(isSample.slice(0, whole).filter(Boolean).length);
      expect([found.length, ranges], `${size} bytes`).toEqual([records, []]);
    }
  });
});

/** So many bytes of records of a metric that is not configured. */
function filler(sizeBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const empty = encodeRecord({ metric: "", selector: [], timestamp: T, value: 0 }).length;
  for (let left = sizeBytes; left > 0;) {
    const size = left <= 65_000 ? left : Math.min(left - empty - 1, 65_000);
    parts.push(encodeRecord({ metric: "x".repeat(size - empty), selector: [], timestamp: T, value: 0 }));
    left -= size;
  }
  return Buffer.concat(parts);
}

describe.each(logs)("%s, wherever the first piece ends in it", (_, kind, parts) => {
  test("is read as if it were one piece", async () => {
    const bytes = Buffer.concat(parts);
    const expected = await replay(bytes, kind);
    // The host before belongs to nobody else: its records are not to be mixed up with those behind it.
    const head = kind === "journal" ? hostRecord("h0") : new Uint8Array(0);
    for (let inFirst = 0; inFirst <= bytes.length; inFirst++) {
      const front = Buffer.concat([head, filler(INPUT_BYTES - inFirst - head.length)]);
      const { found, handedOn, damaged: ranges, intactBytes } = await replay(Buffer.concat([front, bytes]), kind);
      const at = `${inFirst} bytes in the first piece`;
      expect(found, at).toEqual(expected.found);
      const moved = ranges.map(({ start, end, reason }) => ({
        start: start - front.length,
        end: end - front.length,
        reason,
      }));
      expect(moved, at).toEqual(expected.damaged);
      expect(intactBytes - front.length, at).toBe(expected.intactBytes);
      for (const [host, sizeBytes] of Object.entries(expected.handedOn)) {
        if (kind === "journal") expect(handedOn[host], `${at}, ${host}`).toBe(sizeBytes);
      }
    }
  });
});
