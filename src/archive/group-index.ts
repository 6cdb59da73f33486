// Which rows of a row group belong to which series.

import { pathOfScope, pathOfSelector } from "../codec/parquet/level-scope.ts";
import type { ColumnValues, Group, ParquetFile } from "./parquet-file.ts";

/** Consecutive rows of one series. */
export interface SeriesRows {
  readonly host: string;
  readonly metric: string;
  /** Names of the levels below the host. */
  readonly path: readonly string[];
  /** Within the file. */
  readonly firstRow: number;
  readonly rows: number;
}

/** Rows that are looked at at once where the texts are not in runs: bounds the memory, and how long others wait. */
const ROWS_PER_READ = 65_536;

export async function indexOf(file: ParquetFile, group: Group): Promise<SeriesRows[]> {
  return (await indexByRuns(file, group)) ?? indexByRows(file, group);
}

/** As pegel writes it: runs of a metric and runs of a selector, of which the ends are the ends of the series. */
async function indexByRuns(file: ParquetFile, group: Group): Promise<SeriesRows[] | undefined> {
  const { host } = group;
  if (host === undefined || !file.hasSelector) return undefined;
  const [metrics, selectors] = await Promise.all([file.readRuns("metric", group), file.readRuns("selector", group)]);
  if (metrics === undefined || selectors === undefined) return undefined;
  const index: SeriesRows[] = [];
  let firstRow = group.firstRow;
  for (
    let m = 0, s = 0, metricLeft = metrics[0]?.rows ?? 0, selectorLeft = selectors[0]?.rows ?? 0;
    m < metrics.length;
  ) {
    const rows = Math.min(metricLeft, selectorLeft);
    index.push({ host, metric: metrics[m].text, path: pathOfSelector(selectors[s].text), firstRow, rows });
    firstRow += rows;
    metricLeft -= rows;
    selectorLeft -= rows;
    if (metricLeft === 0) metricLeft = metrics[++m]?.rows ?? 0;
    if (selectorLeft === 0) selectorLeft = selectors[++s]?.rows ?? 0;
  }
  return index;
}

/** As others write it: row by row. */
async function indexByRows(file: ParquetFile, group: Group): Promise<SeriesRows[]> {
  const { firstRow, rows } = group;
  const columns = ["hostname", "metric", ...(file.hasSelector ? ["selector"] : ["scope", "scope_id"])];
  const index: SeriesRows[] = [];
  let current: { key: readonly unknown[]; firstRow: number } | undefined;
  const finish = (end: number): void => {
    if (current !== undefined) index.push(seriesRows(current.key, current.firstRow, end));
  };
  for (let from = firstRow; from < firstRow + rows; from += ROWS_PER_READ) {
    const to = Math.min(firstRow + rows, from + ROWS_PER_READ);
    const values = await file.readColumns(columns, from, to);
    for (let i = 0; i < to - from; i++) {
      if (current !== undefined && isSame(current.key, values, i)) continue;
      finish(from + i);
      current = { key: values.map((column) => column[i]), firstRow: from + i };
    }
  }
  finish(firstRow + rows);
  return index;
}

function isSame(key: readonly unknown[], values: readonly ColumnValues[], i: number): boolean {
  for (let column = 0; column < key.length; column++) if (values[column][i] !== key[column]) return false;
  return true;
}

/** @param key host, metric, and either selector or scope and scope_id */
function seriesRows(key: readonly unknown[], firstRow: number, end: number): SeriesRows {
  const [host, metric, where, id] = key.map(String);
  const path = key.length === 3 ? pathOfSelector(where) : pathOfScope({ scope: where, scopeId: id });
  return { host, metric, path, firstRow, rows: end - firstRow };
}
