// What the author of a configuration is told: JSON paths, unknown keys with the nearest known one, words that are
// taken for another. Keys are compared here rather than by valibot, which names the first unknown key only.

import * as v from "valibot";
import { describeFound } from "./config-values.ts";
import { suggestion } from "./nearest-key.ts";

/** Lines for the user, complete with file and path. Problems keep the store from starting, warnings do not. */
export interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
  /** Where unknown keys go; among the problems when absent. */
  readonly unknownKeys?: string[];
}

/** A place in a configuration file: `config.json: metric-store.checkpoints`. */
export interface Place {
  readonly file: string;
  readonly path: readonly (string | number)[];
}

/**
 * All problems of a configuration at once: nobody wants to find them one start at a time. The message holds the
 * warnings as well, one line each: an ignored section is often the reason why another one is missing.
 */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];

  constructor({ problems, warnings }: Findings) {
    super([...problems, ...warnings].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** `config.json: metrics["my metric"].frequency: text`; no path for the whole document. */
export function atPlace({ file, path }: Place, text: string): string {
  return path.length === 0 ? `${file}: ${text}` : `${file}: ${formatPath(path)}: ${text}`;
}

function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(key)) text += `[${JSON.stringify(key)}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

export function below(place: Place, ...keys: readonly (string | number)[]): Place {
  return { file: place.file, path: [...place.path, ...keys] };
}

/** The value as its schema gives it, `undefined` if it does not fit. Of use only if `findings` has no problems. */
export function readBySchema<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  place: Place,
  findings: Findings,
): v.InferOutput<Schema> | undefined {
  inspect(schema, value, place, findings);
  const result = v.safeParse(schema, value);
  for (const issue of result.issues ?? []) {
    if (isInsideList(issue)) continue;
    const keys = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
    findings.problems.push(atPlace(below(place, ...keys), issue.message));
  }
  return result.success ? result.output : undefined;
}

/** A list is an object to valibot, one that lacks all keys; `inspect` has said that no list is expected. */
function isInsideList(issue: v.BaseIssue<unknown>): boolean {
  return (issue.path ?? []).some(({ type, input }) => type === "object" && Array.isArray(input));
}

/** The parts of valibot's schemas that matter here: what is inside of them, and the words of `lenientWord`. */
interface SchemaShape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly wrapped?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly value?: v.GenericSchema;
}

/** Walks schema and value side by side; where the value has not the schema's form, valibot will say so. */
function inspect(schema: v.GenericSchema, value: unknown, place: Place, findings: Findings): void {
  const { entries, wrapped, item, value: member }: SchemaShape = schema;
  if (wrapped !== undefined) inspect(wrapped, value, place, findings);
  else if (typeof value === "string") inspectWord(schema, value, place, findings);
  else if (item !== undefined && Array.isArray(value)) {
    for (const [index, element] of value.entries()) inspect(item, element, below(place, index), findings);
  } else if (entries !== undefined && isObject(value)) inspectEntries(entries, value, place, findings);
  else if (member !== undefined && isObject(value)) inspectMembers(member, value, place, findings);
}

function inspectEntries(
  entries: Readonly<Record<string, v.GenericSchema>>,
  value: object,
  place: Place,
  findings: Findings,
): void {
  if (Array.isArray(value)) {
    findings.problems.push(atPlace(place, `expected an object, found ${describeFound(value)}`));
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    const schema = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (schema !== undefined) inspect(schema, child, below(place, key), findings);
    else (findings.unknownKeys ?? findings.problems).push(atPlace(place, unknownKey(key, Object.keys(entries))));
  }
}

/** Names that valibot's records leave out (they are dangerous as keys of plain objects); silence would lose a metric. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(["__proto__", "prototype", "constructor"]);

function inspectMembers(member: v.GenericSchema, value: object, place: Place, findings: Findings): void {
  for (const [name, child] of Object.entries(value)) {
    if (RESERVED_NAMES.has(name)) findings.problems.push(atPlace(below(place, name), "this name is reserved"));
    else inspect(member, child, below(place, name), findings);
  }
}

function inspectWord(schema: v.GenericSchema, word: string, place: Place, findings: Findings): void {
  const { words, otherwise }: { words?: unknown; otherwise?: unknown } = v.getMetadata(schema);
  if (!Array.isArray(words) || words.includes(word)) return;
  const known = words.map((each) => JSON.stringify(each)).join(" or ");
  findings.warnings.push(
    atPlace(place, `expected ${known}, found ${describeFound(word)}; it is taken for ${JSON.stringify(otherwise)}`),
  );
}

function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key ${JSON.stringify(key)}${suggestion(key, known)}`;
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
