// Building blocks of the request schemas. They take what Go's encoding/json takes for the same field: integers must be
// written as integers, null inside a list stands for the empty value. (spec §2, "How JSON bodies are read")

import * as v from "valibot";
import { JsonDecimal } from "../codec/json/number-literal.ts";

const MIN_INT64 = -(2 ** 63);
const MAX_INT64 = 2 ** 63;

/** An integer of 64 bits; beyond 2^53 it is cut to what a float64 holds exactly (no time lies there). */
export function integer(): v.GenericSchema<number, number> {
  return v.pipe(
    v.number("an integer"),
    v.integer("an integer"),
    v.minValue(MIN_INT64, "an integer of 64 bits"),
    v.maxValue(MAX_INT64, "an integer of 64 bits"),
    v.transform((value) => Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))),
  );
}

/** Any number. */
export function decimal(): v.GenericSchema<number | JsonDecimal, number> {
  return v.pipe(
    v.union(
      [
        v.number(),
        v.pipe(
          v.instance(JsonDecimal),
          v.transform(({ value }) => value),
        ),
      ],
      "a number",
    ),
    v.finite("a number within the range of float64"),
  );
}

export function text(): v.GenericSchema<string, string> {
  return v.string("a string");
}

export function flag(): v.GenericSchema<boolean, boolean> {
  return v.boolean("true or false");
}

export function textList(): v.GenericSchema<(string | null)[], string[]> {
  return passingStrings(v.array(v.nullable(text(), ""), "a list of strings"));
}

/** A list of nothing but strings is what it has to be already. Wide queries bring ten thousand of them. */
function passingStrings<Schema extends v.GenericSchema<(string | null)[], string[]>>(schema: Schema): Schema {
  const run: Schema["~run"] = (dataset, config) => {
    const { value } = dataset;
    if (!Array.isArray(value) || !value.every((element) => typeof element === "string"))
      return schema["~run"](dataset, config);
    return { typed: true, value };
  };
  return { ...schema, "~run": run };
}

/** An object with these members; others are ignored, as Go ignores them. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries): v.ObjectSchema<Entries, string> {
  return refusingLists(v.object(entries, "an object"));
}

/** As `object`, with members that must be there: of one that is missing the error says what it should have been. */
export function objectWith<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.ObjectSchema<Entries, v.ErrorMessage<v.ObjectIssue>> {
  return refusingLists(
    v.object(entries, (issue) => {
      const key = issue.path?.at(-1)?.key;
      const isMissing = typeof key === "string" && Object.hasOwn(entries, key) && issue.expected === `"${key}"`;
      return isMissing ? expectedOf(entries[key]) : "an object";
    }),
  );
}

function expectedOf(member: v.GenericSchema): string {
  return v.safeParse(member, undefined).issues?.[0].message ?? "a value";
}

/** Valibot takes a list for an object (`typeof` does); here it is refused before its members are looked at. */
export function refusingLists<Schema extends v.GenericSchema>(schema: Schema): Schema {
  const run: Schema["~run"] = (dataset, config) => {
    const { value } = dataset;
    if (!Array.isArray(value)) return schema["~run"](dataset, config);
    // The refusal of a missing value is the right one; only what was found is another.
    const refused = schema["~run"]({ value: undefined }, config);
    refused.issues?.forEach((issue) => Object.assign(issue, { input: value }));
    return refused;
  };
  return { ...schema, "~run": run };
}
