// From the bytes of a request to typed data, or to an error that says where something is wrong and what was expected.

import * as v from "valibot";
import { JsonDecimal } from "../codec/json/number-literal.ts";
import { readJson, type JsonValue } from "../codec/json/reader.ts";
import { JsonSyntaxError } from "../codec/json/syntax-error.ts";
import { RequestError } from "./request-error.ts";

const MAX_SHOWN_CHARS = 60;

/** Whether `From` counts as `from`, as with Go's decoder. */
export type KeyCase = "any-case" | "exact";

/**
 * Reads a JSON body and validates it. Null members count as absent, a null body as an empty one.
 * @throws RequestError naming the path, what was found and what was expected
 */
export function decodeJson<Output>(
  schema: v.GenericSchema<unknown, Output>,
  body: Uint8Array,
  keyCase: KeyCase = "any-case",
): Output {
  const value = read(body, keyCase);
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new RequestError(describeIssue(result.issues[0]));
}

function read(body: Uint8Array, keyCase: KeyCase): JsonValue {
  try {
    return readJson(body, { foldKeys: keyCase === "any-case", dropNullMembers: true });
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new RequestError(error.message);
    throw error;
  }
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  // The same type of issue tells of a value that is no object at all; of an unknown member nothing is expected.
  if (issue.type === "strict_object" && issue.expected === "never")
    return `json: unknown field ${JSON.stringify(lastKey(issue))}`;
  return `json: ${pathOf(issue)}: expected ${issue.message}, found ${describe(issue.input)}`;
}

function lastKey(issue: v.BaseIssue<unknown>): unknown {
  return issue.path?.at(-1)?.key;
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  let path = "";
  for (const { key } of issue.path ?? [])
    path += typeof key === "number" ? `[${key}]` : `${path === "" ? "" : "."}${String(key)}`;
  return path === "" ? "body" : path;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof JsonDecimal) return value.text;
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
}
