// How summaries are printed: lines for people, tab-separated samples, or JSON, an object a line.

import { shortestFloat32 } from "../codec/checkpoint-json/shortest-float32.ts";
import type { FileKind } from "./inspect-kind.ts";
import {
  isLog,
  nameOf,
  total,
  type FileDamage,
  type FileSummary,
  type SeriesName,
  type SeriesRow,
} from "./inspect-summary.ts";

const KIND_NAMES: Readonly<Record<FileKind, string>> = {
  bin: "binary snapshot",
  json: "JSON checkpoint",
  wal: "write-ahead log",
  journal: "journal",
};

/** The sum of the files of one directory. */
export interface DirectorySum {
  readonly directory: string;
  readonly files: number;
  readonly sizeBytes: number;
  readonly series: number;
  /** Those that are in two files count twice. */
  readonly values: number;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly damagedFiles: number;
}

/** Unix seconds as ISO 8601; a number that no calendar has stays one. */
export function isoTime(seconds: number | undefined): string {
  if (seconds === undefined) return "-";
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().replace(".000Z", "Z");
}

/** All that is told of one file. */
export function fileLines(summary: FileSummary): string[] {
  const { path, kind, isPart, sizeBytes, rows } = summary;
  const head = `${printable(path)}: ${isPart ? "part of a " : ""}${KIND_NAMES[kind]}, ${counted(sizeBytes, "byte")}`;
  const counts = isLog(summary)
    ? counted(total(rows, "values"), "record")
    : [
        counted(rows.length, "series"),
        counted(total(rows, "values"), "value"),
        counted(total(rows, "gaps"), "gap"),
      ].join(", ");
  const table = rows.length === 0 ? [] : ["", ...tableLines(summary)];
  return [head, `${rangeText(summary)}, ${counts}`, ...damageLines(summary), ...table];
}

/** One line a file, aligned, and their sum. */
export function directoryLines(sum: DirectorySum, summaries: readonly FileSummary[]): string[] {
  const cells = summaries.map((summary) => [
    `  ${printable(nameOf(summary.path))}`,
    counted(summary.sizeBytes, "byte"),
    rangeText(summary),
    counted(total(summary.rows, "values"), isLog(summary) ? "record" : "value"),
    summary.damage.length === 0 ? "" : `DAMAGED: ${damageText(summary.damage[0])}`,
  ]);
  const { files, sizeBytes, series, values, damagedFiles } = sum;
  const counts = [counted(files, "file"), counted(sizeBytes, "byte"), rangeText(sum)];
  counts.push(counted(series, "series"), counted(values, "value"));
  if (damagedFiles > 0) counts.push(`${damagedFiles} damaged`);
  return [printable(sum.directory), ...align(cells), `  sum: ${counts.join(", ")}`];
}

export function damageLines({ path, damage }: FileSummary): string[] {
  return damage.map((one) => `damaged: ${printable(path)}: ${damageText(one)}`);
}

/** A number and what it counts. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 || noun === "series" ? "" : "s"}`;
}

/** A name may hold anything: what would break a table, or speak to the terminal, is escaped. */
export function printable(name: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f\\]/g, (character) => {
    const known = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" }[character];
    return known ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function damageText({ start, end, reason }: FileDamage): string {
  if (start === undefined) return reason;
  return end === undefined ? `byte ${start}: ${reason}` : `byte ${start} to ${end}: ${reason}`;
}

function rangeText({ from, to }: { from: number | undefined; to: number | undefined }): string {
  return from === undefined ? "no samples" : `${isoTime(from)} to ${isoTime(to)}`;
}

function tableLines(summary: FileSummary): string[] {
  const { kind, rows } = summary;
  const place = ({ cluster, host, level }: SeriesRow): string =>
    kind === "journal" ? printable(`${cluster}/${host}`) : level.length === 0 ? "(host)" : printable(level.join("/"));
  const times = ({ first, last }: SeriesRow): string[] => [isoTime(first), isoTime(last)];
  if (isLog(summary)) {
    const header = [kind === "journal" ? "host" : "level", "metric", "first", "last", "records"];
    return align([header, ...rows.map((row) => [place(row), printable(row.metric), ...times(row), `${row.values}`])]);
  }
  const header = ["level", "metric", "frequency", "first", "last", "values", "gaps"];
  const lines = rows.map((row) => {
    return [place(row), printable(row.metric), `${row.frequency} s`, ...times(row), `${row.values}`, `${row.gaps}`];
  });
  return align([header, ...lines]);
}

function align(rows: readonly string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
}

// — Samples —

export const SAMPLES_HEADER = "cluster\thost\tlevel\tmetric\ttimestamp\tvalue";

export function sampleTsv({ cluster, host, level, metric }: SeriesName, timestamp: number, value: number): string {
  const names = [cluster, host, level.join("/"), metric].map(printable);
  return [...names, timestamp, Number.isFinite(value) ? shortestFloat32(value) : value].join("\t");
}

/** A value that JSON has no number for is null. */
export function sampleJson({ cluster, host, level, metric }: SeriesName, timestamp: number, value: number): string {
  const names = JSON.stringify({ cluster, host, level, metric, timestamp });
  return `${names.slice(0, -1)},"value":${shortestFloat32(value)}}`;
}

// — JSON. What is undefined is left out. —

export function fileJson(summary: FileSummary): string {
  const { path, kind, isPart, sizeBytes, from, to, rows, damage } = summary;
  const values = total(rows, "values");
  return JSON.stringify({ path, kind, ...(isPart && { isPart }), sizeBytes, from, to, values, damage, series: rows });
}

export function directoryJson(sum: DirectorySum): string {
  return JSON.stringify(sum);
}
