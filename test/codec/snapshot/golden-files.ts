// The checkpoint files that the reference wrote, with what is in them (test/golden/files/manifest.json).
import { readFileSync } from "node:fs";

import type { LevelSnapshot } from "../../../src/codec/host-snapshot.ts";

export interface RecordedSeries {
  readonly selector: readonly string[];
  readonly metric: string;
  readonly frequency: number;
  readonly start: number;
  readonly values: readonly (number | null)[];
}

export interface RecordedFile {
  readonly file: string;
  readonly format: string;
  readonly from: number;
  readonly to: number;
  readonly series: readonly RecordedSeries[];
}

const directory = new URL("../../golden/files/", import.meta.url);

export function goldenBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, directory)));
}

export function recordedFiles(format: "bin" | "json"): RecordedFile[] {
  const manifest: { files: RecordedFile[] } = JSON.parse(readFileSync(new URL("manifest.json", directory), "utf8"));
  return manifest.files.filter((recorded) => recorded.format === format);
}

/** A level's series as the manifest writes them, in the order of the file. */
export function seriesOf(level: LevelSnapshot, selector: readonly string[] = []): RecordedSeries[] {
  const own = level.metrics.map(({ name, frequency, start, values }) => ({
    selector,
    metric: name,
    frequency,
    start,
    values: Array.from(values, (value) => (Number.isNaN(value) ? null : value)),
  }));
  return [...own, ...level.children.flatMap((child) => seriesOf(child.level, [...selector, child.name]))];
}

/** The manifest gives decimals, the files hold the float32 nearest to them. */
export function asFloat32(series: readonly RecordedSeries[]): RecordedSeries[] {
  return series.map((one) => ({
    ...one,
    values: one.values.map((value) => (value === null ? null : Math.fround(value))),
  }));
}
