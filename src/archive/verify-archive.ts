// Checks every file of an archive: that it is there, as it was written, readable to the last page, and in order.

import { createSHA256 } from "hash-wasm";
import { selectorOf } from "../codec/parquet/level-scope.ts";
import { compareText } from "../codec/parquet/text-order.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { Catalogs, type CatalogEntry } from "./catalog.ts";
import { indexOf, type SeriesRows } from "./group-index.ts";
import { messageOf } from "../core/message-of.ts";
import { clusterDirectory } from "./names.ts";
import { ForeignFileError, ParquetFile, type Group } from "./parquet-file.ts";
import type { FileProblem } from "../persistence/old-snapshots.ts";

export interface ArchiveCheck {
  /** What cannot be read, or not be trusted. */
  readonly failures: readonly FileProblem[];
  /** What is as it may be, and still good to know. */
  readonly notes: readonly FileProblem[];
  readonly clusters: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

interface Check {
  readonly files: FileSystem;
  readonly failures: FileProblem[];
  readonly notes: FileProblem[];
  fileCount: number;
  rows: number;
  bytes: number;
}

/** Rejects with FileSystemError if the archive's directory cannot be listed. */
export async function verifyArchive(files: FileSystem, root: string): Promise<ArchiveCheck> {
  // A path that is mistyped must not be all sound.
  await files.list(root);
  const catalogs = new Catalogs(files, root);
  const check: Check = { files, failures: [], notes: [], fileCount: 0, rows: 0, bytes: 0 };
  const clusters = await catalogs.clusters();
  for (const cluster of clusters) {
    const directory = clusterDirectory(root, cluster);
    try {
      const { entries, problem } = await catalogs.of(cluster);
      if (problem !== undefined) check.failures.push({ path: directory, reason: problem });
      for (const entry of entries) await checkEntry(check, entry);
    } catch (error) {
      check.failures.push({ path: directory, reason: messageOf(error) });
    }
  }
  const { failures, notes, fileCount, rows, bytes } = check;
  return { failures, notes, clusters: clusters.length, files: fileCount, rows, bytes };
}

async function checkEntry(check: Check, entry: CatalogEntry): Promise<void> {
  const { path, listed, isMissing } = entry;
  check.fileCount++;
  try {
    if (isMissing) throw new Error("the file is missing");
    if (listed === undefined)
      check.notes.push({ path, reason: "not in the manifest; its samples are read all the same" });
    const file = await ParquetFile.open(check.files, path);
    check.bytes += file.sizeBytes;
    if (listed !== undefined) {
      expectEqual("bytes", listed.bytes, file.sizeBytes);
      expectEqual("rows", listed.rows, file.rows);
      expectEqual("SHA-256", listed.sha256, await sha256Of(check.files, path, file.sizeBytes));
    }
    await checkRows(file, listed?.hosts);
    check.rows += file.rows;
  } catch (error) {
    if (error instanceof ForeignFileError && listed === undefined) check.notes.push({ path, reason: error.message });
    else check.failures.push({ path, reason: messageOf(error) });
  }
}

function expectEqual(what: string, expected: unknown, found: unknown): void {
  if (expected !== found) throw new Error(`${what}: ${String(expected)} expected, found ${String(found)}`);
}

/** Bytes read at once. */
const PIECE_BYTES = 4 * 1024 * 1024;

async function sha256Of(files: FileSystem, path: string, sizeBytes: number): Promise<string> {
  const hasher = await createSHA256();
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) hasher.update(await files.readRange(path, at, PIECE_BYTES));
  return hasher.digest();
}

/** Reads everything. The order is that of pegel's own files; others may have any. */
async function checkRows(file: ParquetFile, hosts: readonly string[] | undefined): Promise<void> {
  const found = new Set<string>();
  let last: SeriesRows | undefined;
  for (const group of file.groups) {
    const index = await indexOf(file, group);
    for (const series of index) {
      if (file.sequence >= 0 && last !== undefined && compareSeries(last, series) >= 0) {
        throw new Error(`row ${series.firstRow}: not sorted by host, metric and selector`);
      }
      found.add(series.host);
      last = series;
    }
    await checkNumbers(file, group, new Set(index.map(({ firstRow }) => firstRow)));
  }
  if (hosts !== undefined) expectEqual("hosts", hosts.join(", "), [...found].join(", "));
}

function compareSeries(a: SeriesRows, b: SeriesRows): number {
  return (
    compareText(a.host, b.host) ||
    compareText(a.metric, b.metric) ||
    compareText(selectorOf(a.path), selectorOf(b.path))
  );
}

/** Rows read at once. */
const ROWS_PER_READ = 65_536;

/** @param starts first rows of the series, at which time begins anew */
async function checkNumbers(file: ParquetFile, group: Group, starts: ReadonlySet<number>): Promise<void> {
  const timePages = await file.readPageLocations("timestamp", group);
  const frequencyPages = await file.readPageLocations("frequency", group);
  const valuePages = await file.readPageLocations("value", group);
  const end = group.firstRow + group.rows;
  let last = -Infinity;
  for (let from = group.firstRow; from < end; from += ROWS_PER_READ) {
    const to = Math.min(end, from + ROWS_PER_READ);
    const times = await file.readIntegers("timestamp", group, timePages, from, to);
    const values = await file.readValues(group, valuePages, from, to);
    const frequencies = await file.readIntegers("frequency", group, frequencyPages, from, to);
    for (const column of [times, values, frequencies]) expectEqual(`rows from ${from}`, to - from, column.length);
    for (let i = 0; i < to - from; i++) {
      if (starts.has(from + i)) last = -Infinity;
      if (file.sequence >= 0 && times[i] <= last) throw new Error(`row ${from + i}: not sorted by time`);
      if (Number.isNaN(values[i])) throw new Error(`row ${from + i}: the value is NaN`);
      if (frequencies[i] <= 0) throw new Error(`row ${from + i}: the frequency is not above 0`);
      last = times[i];
    }
  }
}
