// Parts of the JSON of loads that several of them have.

import type { JsonWriter } from "../codec/json/writer.ts";
import type { LoadProblem, MetricStatistics } from "./job-metric.ts";

/** A map as an object. */
export function writeEntries<Value>(
  writer: JsonWriter,
  map: ReadonlyMap<string, Value>,
  writeValue: (value: Value) => void,
): void {
  let separator = "";
  writer.raw("{");
  for (const [key, value] of map) {
    writer.raw(separator);
    writer.string(key);
    writer.raw(":");
    writeValue(value);
    separator = ",";
  }
  writer.raw("}");
}

/** With two decimals, as the statistics of a query. */
export function writeStatistics(writer: JsonWriter, { avg, min, max }: MetricStatistics): void {
  writer.raw('{"avg":');
  writer.fixed(avg, 2);
  writer.raw(',"min":');
  writer.fixed(min, 2);
  writer.raw(',"max":');
  writer.fixed(max, 2);
  writer.raw("}");
}

/** The members `errors` and `errorCount`. */
export function writeProblems(
  writer: JsonWriter,
  { errors, errorCount }: { readonly errors: readonly LoadProblem[]; readonly errorCount: number },
): void {
  writer.raw(',"errors":[');
  for (const [index, { metric, scope, host, error }] of errors.entries()) {
    writer.raw(index === 0 ? "" : ",");
    const members = Object.entries({ metric, scope, host, error }).filter(([, text]) => text !== undefined);
    writeEntries(writer, new Map(members), (text) => writer.string(text ?? ""));
  }
  writer.raw(`],"errorCount":${errorCount}`);
}
