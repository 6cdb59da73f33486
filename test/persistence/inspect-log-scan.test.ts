// The plain reader of logs against the fast one: the same records, of the same hosts, and the same damage.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRecord } from "../../src/codec/wal/record.ts";
import { MetricStore } from "../../src/core/store.ts";
import { scanLog, type Damage } from "../../src/persistence/inspect-log-scan.ts";
import { RecordReplay } from "../../src/persistence/record-replay.ts";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";
import { concat, hostRecord, journalOf, range, record, RECORD_BYTES, walOf } from "./damaged-disk.ts";

type Kind = "wal" | "journal";

interface Reading {
  /** `cluster/host time`, in the order of the file. */
  readonly records: readonly string[];
  /** Where they are; the words for what is wrong differ. */
  readonly damages: readonly (readonly [start: number, end: number])[];
}

const PATH = "/c/h/file";

async function scan(kind: Kind, bytes: Uint8Array): Promise<Reading> {
  const files = new MemoryFileSystem();
  files.put(PATH, bytes);
  const records: string[] = [];
  const damages: [number, number][] = [];
  let owner = "c/h";
  const visitor = {
    onHost: ({ cluster, host }: { cluster: string; host: string }) => void (owner = `${cluster}/${host}`),
    onRecord: ({ timestamp }: { timestamp: number }) => void records.push(`${owner} ${timestamp}`),
    onDamage: ({ start, end }: Damage) => void damages.push([start, end]),
  };
  await scanLog(files, PATH, { kind, from: 4 }, visitor);
  return { records, damages };
}

async function replay(kind: Kind, bytes: Uint8Array): Promise<Reading> {
  const files = new MemoryFileSystem();
  files.put(PATH, bytes);
  const hosts = ["c/h"];
  const records: string[] = [];
  const reader = new RecordReplay({
    files,
    store: new MetricStore({ metrics: {} }),
    oldest: -Infinity,
    numberOf: (cluster, host) => hosts.push(`${cluster}/${host}`) - 1,
  });
  const host = kind === "wal" ? { number: 0, cluster: "c", host: "h" } : undefined;
  const { damaged, intactBytes } = await reader.replay(PATH, 4, host, (number, run, start, end) => {
    for (let at = start; at < end;) {
      const one = decodeRecord(run, at);
      if (one.kind !== "record") throw new Error(`no record at ${at} of a run`);
      records.push(`${hosts[number]} ${one.timestamp}`);
      at = one.end;
    }
  });
  const damages = damaged.map(({ start, end }) => [start, end] as const);
  return { records, damages: intactBytes < bytes.length ? [...damages, [intactBytes, bytes.length]] : damages };
}

const anyPiece = fc.oneof(
  { weight: 6, arbitrary: fc.nat(50).map((i) => record(i)) },
  { weight: 2, arbitrary: fc.constantFrom("a", "b").map((host) => hostRecord(host)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.nat(40).map((length) => new Uint8Array(length)) },
);

/** Overwrites, cuts out or cuts off somewhere; places are shares of the file. */
const anyDamage = fc.record({
  what: fc.constantFrom("flip", "zero", "remove", "cut"),
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(60),
});

function spoilt(
  bytes: Uint8Array,
  { what, place, length }: { what: string; place: number; length: number },
): Uint8Array {
  const at = 4 + Math.floor(place * Math.max(0, bytes.length - 5));
  if (at >= bytes.length) return bytes;
  if (what === "flip") return bytes.with(at, bytes[at] ^ (1 << (length % 8)));
  if (what === "zero") return bytes.slice().fill(0, at, at + length);
  if (what === "remove") return concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  return bytes.slice(0, at);
}

describe.each<[Kind]>([["wal"], ["journal"]])("a %s", (kind) => {
  const log = kind === "wal" ? walOf : journalOf;

  test("is read as a start reads it, whatever is wrong with it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPiece, { maxLength: 12 }),
        fc.boolean(),
        fc.array(anyDamage, { maxLength: 3 }),
        async (all, hasFirstHost, damages) => {
          const bytes = damages.reduce(spoilt, log(hasFirstHost ? [hostRecord("a"), ...all] : all));
          expect(await scan(kind, bytes)).toEqual(await replay(kind, bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  // Larger than what is read at once, with damage where one piece of the file ends and the next begins.
  test.each([-131_000, -3 * RECORD_BYTES, -10])(
    "is read piece by piece: damage %i bytes from their ends",
    async (by) => {
      const runs = range(0, 60_000).map((i) => (i % 100 === 0 && kind === "journal" ? hostRecord(`h${i}`) : record(i)));
      const sound = log([hostRecord("h"), ...runs].slice(kind === "wal" ? 1 : 0));
      expect(sound.length).toBeGreaterThan(2 << 20);
      const bytes = sound.fill(0, (1 << 20) + by, (1 << 20) + by + 50).fill(0, (2 << 20) + by, (2 << 20) + by + 50);
      const reading = await scan(kind, bytes);
      expect(reading.damages).toHaveLength(2);
      expect(reading).toEqual(await replay(kind, bytes));
    },
  );
});
