// What a snapshot holds, whichever its format.

import { CheckpointJsonError } from "../codec/checkpoint-json/checkpoint-json.ts";
import type { HostSnapshot, LevelSnapshot } from "../codec/host-snapshot.ts";
import { SnapshotError } from "../codec/snapshot/snapshot.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { countValue, hostOfPath, type FileDamage, type FileSummary, type InspectedFile } from "./inspect-summary.ts";
import type { OnSample, SeriesName, SeriesRow } from "./inspect-summary.ts";
import type { SnapshotFormat } from "./layout.ts";
import { decodeHost, isDamage, readWhole } from "./snapshot-files.ts";

/** A snapshot that was read, or what is wrong with it. */
export type ReadSnapshot = { readonly sizeBytes: number } & (
  | { readonly snapshot: HostSnapshot; readonly damage?: undefined }
  | { readonly snapshot?: undefined; readonly damage: FileDamage }
);

/** @throws FileSystemError */
export async function readSnapshot(files: FileSystem, path: string, format: SnapshotFormat): Promise<ReadSnapshot> {
  const bytes = await readWhole(files, path);
  try {
    return { sizeBytes: bytes.length, snapshot: decodeHost(bytes, format) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { sizeBytes: bytes.length, damage: damageOf(error) };
  }
}

/** @throws FileSystemError */
export async function summarizeSnapshot(
  files: FileSystem,
  file: InspectedFile,
  format: SnapshotFormat,
  onSample?: OnSample,
): Promise<FileSummary> {
  const { sizeBytes, snapshot, damage } = await readSnapshot(files, file.path, format);
  if (snapshot === undefined) return { ...file, sizeBytes, from: undefined, to: undefined, rows: [], damage: [damage] };
  const rows = rowsOf({ ...hostOfPath(file.path), level: [] }, snapshot.level, onSample);
  return { ...file, sizeBytes, from: snapshot.from, to: snapshot.to, rows, damage: [] };
}

function rowsOf(
  place: Omit<SeriesName, "metric">,
  { metrics, children }: LevelSnapshot,
  onSample: OnSample | undefined,
): SeriesRow[] {
  const own = metrics.map(({ name, frequency, start, values }) => {
    const row = { ...place, metric: name, frequency, first: undefined, last: undefined, values: 0, gaps: 0 };
    for (const [i, value] of values.entries()) {
      if (Number.isNaN(value)) continue;
      const time = start + i * frequency;
      countValue(row, time);
      onSample?.(row, time, value);
    }
    return { ...row, gaps: values.length - row.values };
  });
  const below = children.flatMap(({ name, level }) =>
    rowsOf({ ...place, level: [...place.level, name] }, level, onSample),
  );
  return [...own, ...below];
}

function damageOf(error: Error): FileDamage {
  let start: number | undefined;
  if (error instanceof SnapshotError) start = error.offset;
  if (error instanceof CheckpointJsonError) start = error.place.offset;
  // The offset is told beside the reason.
  const reason = error.message.replace(` at byte ${start}`, "").replace(` (byte ${start})`, "");
  return { start, end: undefined, reason };
}
