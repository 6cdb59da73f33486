// What is told of a file: the same shape for snapshots and logs.

import type { FileKind } from "./inspect-kind.ts";

/** A file and what is known of it before it is read. */
export interface InspectedFile {
  readonly path: string;
  readonly kind: FileKind;
  /** A part of a log, without the header of one. */
  readonly isPart: boolean;
}

export interface HostName {
  readonly cluster: string;
  readonly host: string;
}

/** Whose samples they are. */
export interface SeriesName extends HostName {
  /** The levels below the host, outermost first. */
  readonly level: readonly string[];
  readonly metric: string;
}

/**
 * One series of a snapshot or WAL. In a journal, where a hundred thousand may be, it is one metric of a host with all
 * that is below it, and the level is empty. Times in Unix seconds.
 */
export interface SeriesRow extends SeriesName {
  /** Seconds; undefined in logs, which do not say. */
  readonly frequency: number | undefined;
  /** Times of the earliest and the latest value; undefined if there is none. */
  first: number | undefined;
  last: number | undefined;
  /** Values; in a log, records. */
  values: number;
  /** Slots of the block without a value; undefined in logs. */
  readonly gaps: number | undefined;
}

/** Bytes that cannot be read as what they should be. What has no one place, or no known end, leaves these undefined. */
export interface FileDamage {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly reason: string;
}

export interface FileSummary extends InspectedFile {
  readonly sizeBytes: number;
  /** Unix seconds: what a snapshot says it covers, [from, to); in a log the earliest and the latest record. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Of a damaged snapshot there are none. */
  readonly rows: readonly SeriesRow[];
  readonly damage: readonly FileDamage[];
}

/** @param value NaN only where a record of a log holds one */
export type OnSample = (series: SeriesName, timestamp: number, value: number) => void;

/** Counts a value at `time` into its row. */
export function countValue(row: SeriesRow, time: number): void {
  row.values++;
  row.first = row.first === undefined ? time : Math.min(row.first, time);
  row.last = row.last === undefined ? time : Math.max(row.last, time);
}

/** The earliest and the latest time of all rows. */
export function rangeOfRows(rows: readonly SeriesRow[]): { from: number | undefined; to: number | undefined } {
  let from: number | undefined;
  let to: number | undefined;
  for (const { first, last } of rows) {
    if (first !== undefined) from = Math.min(from ?? first, first);
    if (last !== undefined) to = Math.max(to ?? last, last);
  }
  return { from, to };
}

/** The sum of all rows. */
export function total(rows: readonly SeriesRow[], field: "values" | "gaps"): number {
  return rows.reduce((sum, row) => sum + (row[field] ?? 0), 0);
}

export function isLog({ kind }: InspectedFile): boolean {
  return kind === "wal" || kind === "journal";
}

/** Name of the last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The host whose directory a file lies in; its names are empty where the path does not say. */
export function hostOfPath(path: string): HostName {
  const directories = path.split("/").slice(0, -1);
  const [host = "", cluster = ""] = directories.filter((part) => part !== "" && part !== ".").toReversed();
  return { cluster, host };
}
