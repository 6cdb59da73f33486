// Samples of the archive for other programs: a host and a day at a time, so that memory does not grow with the range.

import type { ChildLevel, LevelSnapshot, MetricBlock } from "../codec/host-snapshot.ts";
import { shortestFloat32List } from "../codec/checkpoint-json/shortest-float32.ts";
import { scopeOf, selectorOf } from "../codec/parquet/level-scope.ts";
import { COLUMNS } from "../codec/parquet/schema.ts";
import { encodeSnapshot } from "../codec/snapshot/snapshot.ts";
import type { AppendFile } from "../runtime/ports.ts";
import type { ArchivedSeries, ArchiveEncoder, ArchiveRange, ArchiveReader } from "./ports.ts";

export interface ExportSelection extends ArchiveRange {
  readonly cluster: string;
  /** All if absent. */
  readonly hosts?: readonly string[];
  /** All if absent. */
  readonly metrics?: readonly string[];
  /** Level below the hosts; what is below it is exported, too. All if absent. */
  readonly level?: readonly string[];
}

export interface ExportPart {
  readonly host: string;
  readonly series: readonly ArchivedSeries[];
}

const DAY_SECONDS = 86_400;

/** The parts of a selection that have samples: by host, then day. @param onError once for each file that cannot be read */
export async function* partsOf(
  reader: ArchiveReader,
  selection: ExportSelection,
  onError: (error: string) => void,
): AsyncGenerator<ExportPart> {
  const { cluster, metrics, level = [] } = selection;
  const told = new Set<string>();
  const tell = (errors: readonly string[]): void => {
    for (const error of errors) if (!told.has(error)) onError(error);
    for (const error of errors) told.add(error);
  };
  const covered = await reader.covers(cluster);
  const known = await reader.hosts(cluster);
  tell(known.errors);
  if (covered === undefined) return;
  const from = Math.max(selection.from, covered.from);
  const to = Math.min(selection.to, covered.to);
  const accepts = (path: readonly string[]): boolean => level.every((name, depth) => path[depth] === name);
  for (const host of selection.hosts ?? known.hosts) {
    for (let day = from; day < to; day += DAY_SECONDS) {
      const range = { from: day, to: Math.min(to, day + DAY_SECONDS) };
      const { series, errors } = await reader.read({ cluster, host, accepts, ...range, ...(metrics && { metrics }) });
      tell(errors);
      if (series.length > 0) yield { host, series };
    }
  }
}

// — CSV —

export const CSV_HEADER = COLUMNS.map(({ name }) => name).join(",");

/** Lines of RFC 4180 without their ends, a value with as many digits as a float32 needs. */
export function csvLines(cluster: string, { host, series }: ExportPart): string[] {
  return series.flatMap(({ metric, path, frequency, timestamps, values }) => {
    const { scope, scopeId } = scopeOf(path);
    const head = [cluster, host, metric, scope, scopeId].map(csvField).join(",");
    const selector = csvField(selectorOf(path));
    const numbers = shortestFloat32List(values).split(",");
    // The list has no infinities; nobody writes them, but the reference's files may hold some.
    const textOf = (i: number): string => (Number.isFinite(values[i]) ? numbers[i] : String(values[i]));
    return Array.from(timestamps, (time, i) => `${head},${time},${frequency},${textOf(i)},${selector}`);
  });
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// — Parquet —

/** Writes the parts as a Parquet file with the archive's columns. Returns the number of rows. */
export async function writeParquet(
  file: AppendFile,
  encoder: ArchiveEncoder,
  cluster: string,
  parts: AsyncIterable<ExportPart>,
): Promise<number> {
  await file.append([await encoder.begin({ cluster, sequence: 0 })]);
  for await (const { host, series } of parts) {
    const bytes = new Uint8Array(encodeSnapshot({ from: 0, to: 0, level: levelOf(series, 0) }));
    await file.append([(await encoder.addHost({ host, snapshots: [{ format: "bin", bytes }] })).bytes]);
  }
  const end = await encoder.finish();
  if (end !== undefined) await file.append([end.bytes]);
  return end?.rows ?? 0;
}

function levelOf(series: readonly ArchivedSeries[], depth: number): LevelSnapshot {
  const names = new Set(series.flatMap(({ path }) => path.slice(depth, depth + 1)));
  const childOf = (name: string): ChildLevel => {
    const below = series.filter(({ path }) => path[depth] === name);
    return { name, level: levelOf(below, depth + 1) };
  };
  return {
    metrics: series.filter(({ path }) => path.length === depth).flatMap(blocksOf),
    children: Array.from(names, childOf),
  };
}

/** A block for each run of samples without a gap. */
function blocksOf({ metric, frequency, timestamps, values }: ArchivedSeries): MetricBlock[] {
  const blocks: MetricBlock[] = [];
  let first = 0;
  for (let i = 1; i <= timestamps.length; i++) {
    if (i < timestamps.length && timestamps[i] === timestamps[i - 1] + frequency) continue;
    blocks.push({ name: metric, frequency, start: timestamps[first], values: values.subarray(first, i) });
    first = i;
  }
  return blocks;
}
