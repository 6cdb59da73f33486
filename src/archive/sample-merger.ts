// Joins what several files have of the same series: in order of time, each time once, the newest file's value.

import { selectorOf } from "../codec/parquet/level-scope.ts";
import { compareText } from "../codec/parquet/text-order.ts";
import { groupBy } from "./group-by.ts";
import type { ArchivedSeries } from "./ports.ts";

/** Samples of one series in ascending order of time, except in files of others. */
export interface Piece {
  readonly metric: string;
  readonly path: readonly string[];
  readonly frequency: number;
  readonly timestamps: Float64Array;
  readonly values: Float32Array;
}

/** @param pieces the oldest file's first */
export function mergePieces(pieces: readonly Piece[]): ArchivedSeries[] {
  // No metric's name has a character U+0000 in it.
  const bySeries = groupBy(pieces, ({ metric, path }) => `${metric}\0${selectorOf(path)}`);
  return [...bySeries].toSorted(([a], [b]) => compareText(a, b)).map(([, ofSeries]) => merge(ofSeries));
}

function merge(pieces: readonly Piece[]): ArchivedSeries {
  const ordered = pieces.toSorted((a, b) => a.timestamps[0] - b.timestamps[0]);
  const newest = pieces[pieces.length - 1];
  const joined = followEachOther(ordered) ? concatenate(ordered) : sampleBySample(pieces);
  return { path: newest.path, metric: newest.metric, frequency: newest.frequency, ...joined };
}

function followEachOther(pieces: readonly Piece[]): boolean {
  let last = -Infinity;
  for (const { timestamps } of pieces) {
    for (let i = 0; i < timestamps.length; i++) {
      if (timestamps[i] <= last) return false;
      last = timestamps[i];
    }
  }
  return true;
}

interface Samples {
  readonly timestamps: Float64Array;
  readonly values: Float32Array;
}

function concatenate(pieces: readonly Piece[]): Samples {
  const [first] = pieces;
  if (pieces.length === 1) return { timestamps: first.timestamps, values: first.values };
  const count = pieces.reduce((sum, { values }) => sum + values.length, 0);
  const timestamps = new Float64Array(count);
  const values = new Float32Array(count);
  let at = 0;
  for (const piece of pieces) {
    timestamps.set(piece.timestamps, at);
    values.set(piece.values, at);
    at += piece.values.length;
  }
  return { timestamps, values };
}

function sampleBySample(pieces: readonly Piece[]): Samples {
  const valueAt = new Map<number, number>();
  for (const { timestamps, values } of pieces) {
    for (let i = 0; i < timestamps.length; i++) valueAt.set(timestamps[i], values[i]);
  }
  const timestamps = Float64Array.from(valueAt.keys()).toSorted();
  return { timestamps, values: Float32Array.from(timestamps, (time) => valueAt.get(time) ?? NaN) };
}
