// What is expected of the parts of a parsed JSON document; each error names the path of the part.

import { CheckpointJsonError } from "./checkpoint-json-error.ts";

/** The members of an object in the order of the engine; an object left out or null has none. */
export function members(value: unknown, path: string): [string, unknown][] {
  if (value === undefined || value === null) return [];
  return Object.entries(object(value, path));
}

export function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw unexpected(value, path, "an object");
}

export function integer(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw unexpected(value, path, "an integer below 2^53");
}

/** Numbers as the float32 nearest to them, null and what is beyond float32 as NaN. An array left out or null is empty. */
export function floats(value: unknown, path: string): Float32Array {
  if (value === undefined || value === null) return new Float32Array(0);
  if (!Array.isArray(value)) throw unexpected(value, path, "an array");
  const elements: unknown[] = value;
  const result = new Float32Array(elements.length);
  for (const [i, element] of elements.entries()) {
    if (typeof element !== "number" && element !== null) throw unexpected(element, `${path}[${i}]`, "a number or null");
    const float = Math.fround(element ?? Number.NaN);
    result[i] = Number.isFinite(float) ? float : Number.NaN;
  }
  return result;
}

export function unexpected(value: unknown, path: string, expected: string): CheckpointJsonError {
  return new CheckpointJsonError(`${path}: ${expected} expected, ${describe(value)} found`, { path });
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (isObject(value)) return "an object";
  return typeof value === "string" ? "a string" : JSON.stringify(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
