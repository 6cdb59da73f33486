// One host's rows, made ready for its row group: the columns of texts encoded, the numbers for parquet-wasm still to come.

import type { RowSeries } from "./host-series.ts";
import { rowsOf } from "./row-batch.ts";
import { encodeTextChunk, type TextChunk, type TextRun } from "./text-chunk.ts";

export interface TextColumns {
  readonly rows: number;
  /** By name of the column. */
  readonly chunks: ReadonlyMap<string, TextChunk>;
}

/** A page ends where a metric does, if it has so many rows: so that one metric's rows can be found by the pages' ranges. */
export const MIN_PAGE_ROWS = 8192;

export function textColumnsOf(cluster: string, host: string, series: readonly RowSeries[]): TextColumns {
  const pages = pagesOf(series);
  const column = (textOf: (one: RowSeries) => string): TextChunk =>
    encodeTextChunk(pages.map((page) => page.map(({ one, rows }): TextRun => ({ text: textOf(one), rows }))));
  return {
    rows: pages.flat().reduce((sum, { rows }) => sum + rows, 0),
    chunks: new Map([
      ["cluster", column(() => cluster)],
      ["hostname", column(() => host)],
      ["metric", column((one) => one.metric)],
      ["scope", column((one) => one.scope)],
      ["scope_id", column((one) => one.scopeId)],
      ["selector", column((one) => one.selector)],
    ]),
  };
}

interface CountedSeries {
  readonly one: RowSeries;
  readonly rows: number;
}

function pagesOf(series: readonly RowSeries[]): CountedSeries[][] {
  const pages: CountedSeries[][] = [];
  let page: CountedSeries[] = [];
  let pageRows = 0;
  for (const [i, one] of series.entries()) {
    const rows = rowsOf(one);
    page.push({ one, rows });
    pageRows += rows;
    const isEndOfMetric = series[i + 1]?.metric !== one.metric;
    if (i < series.length - 1 && !(isEndOfMetric && pageRows >= MIN_PAGE_ROWS)) continue;
    pages.push(page);
    page = [];
    pageRows = 0;
  }
  return pages;
}
