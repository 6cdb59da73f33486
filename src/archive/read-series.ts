// Reads the samples of some series out of one Parquet file: only the pages that they are in.

import type { OpenFiles } from "./open-files.ts";
import type { SeriesRows } from "./group-index.ts";
import type { Group, ParquetFile } from "./parquet-file.ts";
import type { ArchiveSelection } from "./ports.ts";
import type { Piece } from "./sample-merger.ts";

/** Read at once; what lies between two reads is time for others. */
const MAX_ROWS = 32_768;
/** Rows that nobody wants are read along if there are no more of them between two that are: it saves a read. */
const MAX_GAP_ROWS = 4096;

/** In the order of the rows. Rejects with an Error if the file is damaged. */
export async function readPieces(open: OpenFiles, file: ParquetFile, selection: ArchiveSelection): Promise<Piece[]> {
  const { host, from, to } = selection;
  const pieces: Piece[] = [];
  for (const group of file.groups) {
    if (group.host !== undefined && group.host !== host) continue;
    if (group.range.to <= from || group.range.from >= to) continue;
    const index = await open.indexOf(file, group);
    for (const run of readsOf(index.filter((rows) => isWanted(rows, selection)))) {
      pieces.push(...(await readRun(open, file, group, run, selection)));
    }
  }
  return pieces;
}

function isWanted({ host, metric, path }: SeriesRows, selection: ArchiveSelection): boolean {
  const { metrics, accepts } = selection;
  if (host !== selection.host) return false;
  return (metrics?.includes(metric) ?? true) && (accepts?.(path) ?? true);
}

/** Neighbours together, as far as that is not too much; a series that is too long in parts. */
function readsOf(wanted: readonly SeriesRows[]): SeriesRows[][] {
  const reads: SeriesRows[][] = [];
  for (const rows of wanted.flatMap(cut)) {
    const last = reads.at(-1);
    if (last !== undefined && joins(last, rows)) last.push(rows);
    else reads.push([rows]);
  }
  return reads;
}

function joins(read: readonly SeriesRows[], { firstRow, rows }: SeriesRows): boolean {
  const last = read[read.length - 1];
  const gap = firstRow - (last.firstRow + last.rows);
  return gap >= 0 && gap <= MAX_GAP_ROWS && firstRow + rows - read[0].firstRow <= MAX_ROWS;
}

function cut(rows: SeriesRows): SeriesRows[] {
  const parts: SeriesRows[] = [];
  for (let at = 0; at < rows.rows; at += MAX_ROWS) {
    parts.push({ ...rows, firstRow: rows.firstRow + at, rows: Math.min(MAX_ROWS, rows.rows - at) });
  }
  return parts;
}

async function readRun(
  open: OpenFiles,
  file: ParquetFile,
  group: Group,
  run: readonly SeriesRows[],
  selection: ArchiveSelection,
): Promise<Piece[]> {
  const start = run[0].firstRow;
  const last = run[run.length - 1];
  const end = last.firstRow + last.rows;
  const [timePages, valuePages] = await Promise.all([
    open.pagesOf(file, group, "timestamp"),
    open.pagesOf(file, group, "value"),
  ]);
  const [timestamps, values, frequencyAt] = await Promise.all([
    file.readIntegers("timestamp", group, timePages, start, end),
    file.readValues(group, valuePages, start, end),
    readFrequencies(open, file, group, start, end),
  ]);
  return run.flatMap(({ metric, path, firstRow, rows }) => {
    const at = firstRow - start;
    const samples = samplesWithin(timestamps, values, at, at + rows, selection);
    if (samples.values.length === 0) return [];
    return [{ metric, path, frequency: frequencyAt(at + rows - 1), ...samples }];
  });
}

/** The frequency of each row from `start` on. */
async function readFrequencies(
  open: OpenFiles,
  file: ParquetFile,
  group: Group,
  start: number,
  end: number,
): Promise<(row: number) => number> {
  // Mostly all rows of a host have the same one, and its pages need not be read.
  const { frequency } = group;
  if (frequency !== undefined) return () => frequency;
  const pages = await open.pagesOf(file, group, "frequency");
  const frequencies = await file.readIntegers("frequency", group, pages, start, end);
  return (row) => frequencies[row];
}

/** Rows [begin, end) of the columns whose time lies in the range. */
function samplesWithin(
  timestamps: Float64Array,
  values: Float32Array,
  begin: number,
  end: number,
  { from, to }: ArchiveSelection,
): { timestamps: Float64Array; values: Float32Array } {
  const isWhole = isAscending(timestamps, begin, end) && timestamps[begin] >= from && timestamps[end - 1] < to;
  if (isWhole) return { timestamps: timestamps.slice(begin, end), values: values.slice(begin, end) };
  const times = new Float64Array(end - begin);
  const numbers = new Float32Array(end - begin);
  let count = 0;
  for (let i = begin; i < end; i++) {
    if (timestamps[i] < from || timestamps[i] >= to) continue;
    times[count] = timestamps[i];
    numbers[count] = values[i];
    count++;
  }
  return { timestamps: times.slice(0, count), values: numbers.slice(0, count) };
}

function isAscending(times: Float64Array, begin: number, end: number): boolean {
  for (let i = begin + 1; i < end; i++) if (times[i] <= times[i - 1]) return false;
  return true;
}
