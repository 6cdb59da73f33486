// A small directory of checkpoints with every kind of file, ways to damage it, and what a start then makes of it.

import { encodeCheckpointJson } from "../../src/codec/checkpoint-json/checkpoint-json.ts";
import type { HostSnapshot } from "../../src/codec/host-snapshot.ts";
import { encodeHostRecord, JOURNAL_MAGIC } from "../../src/codec/journal/journal-record.ts";
import { encodeSnapshot } from "../../src/codec/snapshot/snapshot.ts";
import { encodeFileHeader, encodeRecord } from "../../src/codec/wal/record.ts";
import { visitLevels } from "../../src/core/level.ts";
import { MetricStore } from "../../src/core/store.ts";
import { Persistence } from "../../src/persistence/persistence.ts";
import type { RecoveryReport } from "../../src/persistence/recovery-report.ts";
import { MemoryClock, MemoryFileSystem, MemoryScheduler } from "../../src/runtime/memory.ts";

export const ROOT = "/checkpoints";
export const H1 = `${ROOT}/c/h1`;
export const H2 = `${ROOT}/c/h2`;
export const WAL = `${H1}/current.wal`;
export const JOURNAL = `${ROOT}/.journal/7.log`;
export const BIN = `${H1}/1800000000.bin`;
export const JSON_FILE = `${H1}/1800000050.json`;

/** Sample i of a host is at T0 + 10 i and has the value i + 0.5. */
const T0 = 1_800_000_000;
const NOW = T0 + 3600;
export const IN_2100 = 4_102_444_800;

const metrics = { load: { frequency: 10, aggregation: "avg" }, level: { frequency: 10, aggregation: null } } as const;

export const timeOf = (i: number): number => T0 + 10 * i;
const valueOf = (i: number): number => i + 0.5;
/** All whole numbers of [from, to). */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

export function record(i: number, metric = "load", timestamp = timeOf(i)): Uint8Array {
  return encodeRecord({ metric, selector: ["socket0"], timestamp, value: valueOf(i) });
}
/** All records of `load` are as long. */
export const RECORD_BYTES = record(0).length;
export const recordAt = (k: number): number => 4 + k * RECORD_BYTES;

export const hostRecord = (host: string, cluster = "c"): Uint8Array => encodeHostRecord({ cluster, host });

export function walOf(records: readonly Uint8Array[]): Uint8Array {
  return concat([encodeFileHeader(), ...records]);
}

export function journalOf(pieces: readonly Uint8Array[]): Uint8Array {
  return concat([new Uint8Array(new Uint32Array([JOURNAL_MAGIC]).buffer), ...pieces]);
}

/** Samples [first, first + count) as one block. */
export function snapshotOf(first: number, count: number, from = timeOf(first), plus = 0): HostSnapshot {
  const values = Float32Array.from(range(first, first + count), (i) => valueOf(i) + plus);
  const block = { name: "load", frequency: 10, start: from, values };
  const level = { metrics: [], children: [{ name: "socket0", level: { metrics: [block], children: [] } }] };
  return { from, to: from + 10 * count, level };
}

export const binOf = (...args: Parameters<typeof snapshotOf>): Uint8Array => encodeSnapshot(snapshotOf(...args));
export const jsonOf = (...args: Parameters<typeof snapshotOf>): Uint8Array => encodeCheckpointJson(snapshotOf(...args));

/** Offsets in the journal of `soundDisk`. */
export const RUNS = {
  h1: 4,
  h2: 4 + hostRecord("h1").length + 3 * RECORD_BYTES,
  h1Again: 4 + 2 * hostRecord("h1").length + 6 * RECORD_BYTES,
};

export const HOST_BYTES = hostRecord("h1").length;
export const JOURNAL_BYTES = RUNS.h1Again + HOST_BYTES + 2 * RECORD_BYTES;

/**
 * h1: samples 0–4 in a .bin, 5–9 in a .json, 10–15 in the WAL; h2: 0–4 in a .bin. In the journal 16–18 of h1, 16–18 of
 * h2, 19–20 of h1.
 */
export function soundDisk(): MemoryFileSystem {
  const disk = new MemoryFileSystem();
  disk.put(BIN, binOf(0, 5));
  disk.put(JSON_FILE, jsonOf(5, 5));
  disk.put(WAL, walOf(range(10, 16).map((i) => record(i))));
  disk.put(`${H2}/1800000000.bin`, binOf(0, 5));
  const [first, second, third] = [range(16, 19), range(16, 19), range(19, 21)].map((run) => run.map((i) => record(i)));
  disk.put(JOURNAL, journalOf([hostRecord("h1"), ...first, hostRecord("h2"), ...second, hostRecord("h1"), ...third]));
  return disk;
}

// — Damage —

export function edit(disk: MemoryFileSystem, path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  disk.put(path, change(bytesOf(disk, path)));
}

export const flip =
  (at: number, bit = 0) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.with(at, bytes[at] ^ (1 << bit));
export const zero =
  (from: number, to: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.slice().fill(0, from, to);
export const cut =
  (length: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.slice(0, length);
export const append =
  (...more: Uint8Array[]) =>
  (bytes: Uint8Array): Uint8Array =>
    concat([bytes, ...more]);
/** Bytes that look like nothing, the same each time. */
export const garbage = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 151 + 43) & 0xff);

export function bytesOf(disk: MemoryFileSystem, path: string): Uint8Array {
  const found = disk.files().get(path);
  if (found === undefined) throw new Error(`${path} is not on the disk`);
  return found;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// — The start —

export interface Start {
  /** `cluster/host/…/metric time=value`, sorted. */
  readonly samples: string[];
  readonly report: RecoveryReport;
  readonly persistence: Persistence;
  readonly store: MetricStore;
  /** What went wrong in the background. */
  readonly problems: string[];
}

export async function start(files: MemoryFileSystem, format: "bin" | "json" = "bin"): Promise<Start> {
  const store = new MetricStore({ metrics });
  const problems: string[] = [];
  const clock = new MemoryClock(NOW);
  const persistence = await Persistence.open({
    store,
    files,
    clock,
    scheduler: new MemoryScheduler(clock),
    root: ROOT,
    format,
    retentionSeconds: 86_400,
    checkpointIntervalMs: 3_600_000,
    maxWalSizeBytes: 1 << 30,
    workers: 2,
    sync: "commit",
    onProblem: (what, error) => void problems.push(`${what}: ${String(error)}`),
  });
  return { samples: samplesOf(store), report: persistence.report, persistence, store, problems };
}

function samplesOf(store: MetricStore): string[] {
  const found = new Set<string>();
  visitLevels(store.root, (level) => {
    for (const [metric, series] of level.series) {
      const name = [...level.path(), store.metrics.byIndex[metric].name].join("/");
      // Range by range: one block from now until 2100 would take a gigabyte.
      for (const { from, to } of store.rangesOf(level, () => -Infinity)) {
        const block = store.readBlock(series, from, to);
        for (const [i, value] of (block?.values ?? new Float32Array()).entries()) {
          if (!Number.isNaN(value)) found.add(`${name} ${(block?.start ?? 0) + 10 * i}=${value}`);
        }
      }
    }
  });
  return [...found].toSorted();
}

/** The names of samples of a host. */
export function samples(host: string, indices: readonly number[], time = timeOf): string[] {
  return indices.map((i) => `c/${host}/socket0/load ${time(i)}=${valueOf(i)}`).toSorted();
}

/** All that a sound disk holds, without some of either host. */
export function allBut(lost: { readonly h1?: readonly number[]; readonly h2?: readonly number[] } = {}): string[] {
  const h1 = range(0, 21).filter((i) => !lost.h1?.includes(i));
  const h2 = [...range(0, 5), ...range(16, 19)].filter((i) => !lost.h2?.includes(i));
  return [...samples("h1", h1), ...samples("h2", h2)];
}
