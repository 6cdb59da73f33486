// One result of a query: read, resampled, with statistics, scaled and padded, in this order. (spec §2)

import type { JsonWriter } from "../codec/json/writer.ts";
import { StoreError } from "../core/errors.ts";
import { statisticsOf } from "../core/statistics.ts";
import type { MetricStore, ReadResult } from "../core/store.ts";
import { padFront } from "./pad-front.ts";
import type { QueryLimits } from "./query-limits.ts";
import type { Query, QueryRequest } from "./request.ts";
import type { Target } from "./scope-targets.ts";

/** What the results of one answer share. */
export interface Answer {
  readonly request: QueryRequest;
  readonly writer: JsonWriter;
  /** Values that the answer may still hold. */
  pointsLeft: number;
  readonly limits: QueryLimits;
}

/** Where a result is read from. */
export interface Source {
  readonly store: MetricStore;
  /** Files that should have been read as well, and could not: the result has what there is without them. */
  readonly errors: readonly string[];
}

/** Writes the result for one target; nothing, and false, when the store has no such level or no such samples. */
export function writeResult(
  answer: Answer,
  query: Query,
  { selector, label }: Target,
  separator: string,
  { store, errors }: Source,
): boolean {
  const { request, writer } = answer;
  let data: ReadResult;
  let padding: number;
  try {
    data = store.read(selector, query.metric, request.from, request.to, query.resolution);
    padding = request["with-padding"] ? paddingOf(store, query.metric, request.from, data.from) : 0;
    takePoints(answer, data.values.length + padding);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === "not-found" && errors.length === 0) return false;
    writeError(writer, error.code === "not-found" ? incomplete(errors) : error.message, separator);
    return true;
  }
  writer.raw(`${separator}{${label}`);
  if (errors.length > 0) {
    writer.raw('"error":');
    writer.string(incomplete(errors));
    writer.raw(",");
  }
  writeData(answer, data, padding, factorOf(query));
  return true;
}

/** Writes a result that is nothing but an error. */
export function writeError(writer: JsonWriter, message: string, separator: string): void {
  writer.raw(`${separator}{"error":`);
  writer.string(message);
  writer.raw(`,"from":0,"to":0,"resolution":0,"avg":0.00,"min":0.00,"max":0.00}`);
}

function incomplete(errors: readonly string[]): string {
  return `[METRICSTORE]> samples are missing: ${errors.join("; ")}`;
}

function writeData(answer: Answer, data: ReadResult, padding: number, factor: number): void {
  const { request, writer } = answer;
  const { avg, min, max } = request["with-stats"] ? statisticsOf(data.values) : { avg: 0, min: 0, max: 0 };
  if (request["with-data"] && data.values.length + padding > 0) {
    writer.raw('"data":');
    writer.fixedArray(padFront(scaled(data.values, factor), padding));
    writer.raw(",");
  }
  writer.raw(`"from":${data.from},"to":${data.to},"resolution":${data.resolution}`);
  writeStatistic(writer, ',"avg":', avg * factor);
  writeStatistic(writer, ',"min":', min * factor);
  writeStatistic(writer, ',"max":', max * factor);
  writer.raw("}");
}

function writeStatistic(writer: JsonWriter, key: string, value: number): void {
  writer.raw(key);
  writer.fixed(value, 2);
}

function factorOf(query: Query): number {
  const factor = query["scale-by"];
  return factor === undefined || factor === 0 ? 1 : factor;
}

function scaled(values: Float64Array<ArrayBuffer>, factor: number): Float64Array<ArrayBuffer> {
  if (factor === 1) return values;
  for (let i = 0; i < values.length; i++) values[i] *= factor;
  return values;
}

/** Slots between the time asked for and the first value, counted in the metric's own frequency. */
function paddingOf(store: MetricStore, metric: string, asked: number, first: number): number {
  const frequency = store.metrics.get(metric)?.frequency ?? 1;
  return Math.max(0, Math.trunc(first / frequency) - Math.trunc(asked / frequency));
}

function takePoints(answer: Answer, points: number): void {
  const { pointsPerResult, pointsPerAnswer } = answer.limits;
  if (points > pointsPerResult) throw tooManyPoints(points, "points-per-result", pointsPerResult);
  if (points > answer.pointsLeft) throw tooManyPoints(points, "points-per-answer", pointsPerAnswer);
  answer.pointsLeft -= points;
}

function tooManyPoints(points: number, limit: string, value: number): StoreError {
  return new StoreError(
    "too-many-points",
    `[METRICSTORE]> too many points: ${points} with the nulls in front of them (limit ${limit}, ${value})`,
  );
}
