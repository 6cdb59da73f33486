// A checkpoint directory and its archive in memory, for the tests of both.

import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { archiveCheckpoints } from "../../src/archive/archive-run.ts";
import { ParquetArchive } from "../../src/archive/archive-reader.ts";
import { ParquetEncoder } from "../../src/archive/parquet-encoder.ts";
import type { ArchiveAnswer, ArchiveOptions, ArchiveSummary } from "../../src/archive/ports.ts";
import type { FileProblem } from "../../src/persistence/old-snapshots.ts";
import type { HostSnapshot, LevelSnapshot } from "../../src/codec/host-snapshot.ts";
import { encodeHost } from "../../src/persistence/snapshot-files.ts";
import type { MemoryFileSystem } from "../../src/runtime/memory.ts";
import type { FileSystem } from "../../src/runtime/ports.ts";

export const CHECKPOINTS = "/data/checkpoints";
export const ARCHIVE = "/data/archive";
export const CLUSTER = "alpha";

/** A full hour, Unix seconds. */
export const T0 = 1_795_554_000;
export const HOUR = 3600;
export const DAY = 86_400;

const wasmPath = createRequire(import.meta.url).resolve("parquet-wasm/esm/parquet_wasm_bg.wasm");

export async function readParquetWasm(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(wasmPath));
}

export function newEncoder(): ParquetEncoder {
  return new ParquetEncoder(readParquetWasm);
}

/** One series of a snapshot: value i belongs to start + i · frequency, null = none. */
export interface GivenSeries {
  readonly path?: readonly string[];
  readonly metric?: string;
  readonly frequency?: number;
  readonly start?: number;
  readonly values: readonly (number | null)[];
}

export interface GivenSnapshot {
  readonly cluster?: string;
  readonly host?: string;
  readonly from?: number;
  readonly to?: number;
  readonly format?: "bin" | "json";
  readonly series: readonly GivenSeries[];
}

export function snapshotOf({ from = T0, to = from + HOUR, series }: GivenSnapshot): HostSnapshot {
  return {
    from,
    to,
    level: levelOf(
      series.map((one) => ({ start: from, ...one })),
      0,
    ),
  };
}

function levelOf(series: readonly GivenSeries[], depth: number): LevelSnapshot {
  const own = series.filter(({ path = [] }) => path.length === depth);
  const names = new Set(series.flatMap(({ path = [] }) => path.slice(depth, depth + 1)));
  return {
    metrics: own.map(({ metric = "load", frequency = 60, start = 0, values }) => ({
      name: metric,
      frequency,
      start,
      values: Float32Array.from(values, (value) => value ?? NaN),
    })),
    children: [...names].map((name) => ({
      name,
      level: levelOf(
        series.filter(({ path = [] }) => path[depth] === name),
        depth + 1,
      ),
    })),
  };
}

export function snapshotPath({ cluster = CLUSTER, host = "a01", from = T0, format = "bin" }: GivenSnapshot): string {
  return `${CHECKPOINTS}/${cluster}/${host}/${from}.${format}`;
}

/** Puts a checkpoint file where a store would have written it. Returns its path. */
export function putSnapshot(files: MemoryFileSystem, given: GivenSnapshot): string {
  const path = snapshotPath(given);
  files.put(path, encodeHost(snapshotOf(given), given.format ?? "bin"));
  return path;
}

export interface Run {
  readonly summary: ArchiveSummary;
  readonly problems: readonly FileProblem[];
}

/** Archives everything that ends by now, unless told otherwise. */
export async function archive(files: FileSystem, options: Partial<ArchiveOptions> = {}): Promise<Run> {
  const problems: FileProblem[] = [];
  const summary = await archiveCheckpoints({
    files,
    encoder: newEncoder(),
    checkpointRoot: CHECKPOINTS,
    archiveRoot: ARCHIVE,
    cluster: CLUSTER,
    olderThan: T0 + 100 * DAY,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  return { summary, problems };
}

export function newReader(files: FileSystem): ParquetArchive {
  return new ParquetArchive({ files, root: ARCHIVE });
}

export function readAll(
  files: FileSystem,
  host = "a01",
  range: { from: number; to: number } = { from: 0, to: 2 ** 40 },
): Promise<ArchiveAnswer> {
  return newReader(files).read({ cluster: CLUSTER, host, ...range });
}

/** "metric path time" → value. */
export function samplesOf({ series }: ArchiveAnswer): Map<string, number> {
  const samples = new Map<string, number>();
  for (const { metric, path, timestamps, values } of series) {
    for (const [i, time] of timestamps.entries()) samples.set(`${metric} ${path.join("/")} ${time}`, values[i]);
  }
  return samples;
}

export function namesIn(files: MemoryFileSystem, directory: string): string[] {
  return [...files.files().keys()]
    .filter((path) => path.startsWith(`${directory}/`))
    .map((path) => path.slice(directory.length + 1))
    .toSorted();
}
