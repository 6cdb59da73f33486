// The kinds of values that stand in a configuration: how each is read, and what its error says. Every error text names
// what was expected and what was found; the JSON path is put in front by config-problems.ts.

import * as v from "valibot";
import { GoDurationError, parseGoDuration } from "./go-duration.ts";

/** Where the server listens. */
export interface ListenAddress {
  /** A name or an IP address, IPv6 without brackets; `undefined` = all interfaces. */
  readonly hostname: string | undefined;
  /** 0 = any free port. */
  readonly port: number;
}

/** A value that is text, but not the text expected; the message says both. */
export class ConfigValueError extends Error {}

/** What an error shows of a value: strings and numbers as in the file, containers by their kind. */
export function describeFound(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

/** An error is one line; a value of a page would hide it. */
const MAX_SHOWN_CHARACTERS = 60;

export const expected =
  (what: string) =>
  (issue: { readonly input: unknown }): string =>
    `expected ${what}, found ${describeFound(issue.input)}`;

/** Passwords and keys end up in no log: only the kind of value is named. */
const expectedSecret =
  (what: string) =>
  (issue: { readonly input: unknown }): string =>
    `expected ${what}, found a ${typeof issue.input}`;

/** An object with known keys. A missing required key is explained by that key's own description. */
export function section<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.ObjectSchema<Entries, SectionMessage> {
  return v.object(entries, (issue) => {
    const key = issue.path?.at(-1)?.key;
    const entry = typeof key === "string" ? entries[key] : undefined;
    if (entry === undefined) return expected("an object")(issue);
    return `required key is missing: ${v.getDescription(entry) ?? "see the documentation"}`;
  });
}

type SectionMessage = (issue: v.ObjectIssue) => string;

/**
 * Text that may be absent. `null` and `""` count as absent: to Go, for which these files were written, an empty string
 * is the same as none.
 */
export const optionalText = (what: string) => optionalParsed(what, (text) => text);

export const optionalSecret = (what: string) =>
  v.pipe(v.nullish(v.string(expectedSecret(what))), v.transform(absentIfEmpty));

/** A switch that is off when absent. */
export const optionalSwitch = () => v.nullish(v.boolean(expected("true or false")), false);

export const optionalDuration = (example: string) =>
  optionalParsed(`a Go duration such as "${example}"`, positiveDuration);

export const duration = (example: string) =>
  v.pipe(v.string(expected(`a Go duration such as "${example}"`)), parsed(positiveDuration));

export const wholeNumber = (min: number, what: string) =>
  v.pipe(v.number(expected(what)), v.safeInteger(expected(what)), v.minValue(min, expected(what)));

/**
 * One of `words`; any other text is taken for `otherwise`, with a warning (config-problems.ts finds the words in the
 * metadata): what the reference takes silently must not keep a store from starting.
 */
export function lenientWord<const Word extends string, const Otherwise>(words: readonly Word[], otherwise: Otherwise) {
  return v.pipe(
    v.string(expected(words.map((word) => `"${word}"`).join(" or "))),
    v.transform((text): Word | Otherwise => words.find((word) => word === text) ?? otherwise),
    v.metadata({ words, otherwise }),
  );
}

/** Text or absent, read by `parse`, which throws an error with the full text for the user. */
export function optionalParsed<Value>(what: string, parse: (text: string) => Value) {
  return v.pipe(
    v.nullish(v.string(expected(what))),
    v.transform(absentIfEmpty),
    v.rawTransform<string | undefined, Value | undefined>(({ dataset, addIssue, NEVER }) => {
      if (dataset.value === undefined) return undefined;
      return attempt(parse, dataset.value, (message) => addIssue({ message })) ?? NEVER;
    }),
  );
}

function parsed<Value>(parse: (text: string) => Value) {
  return v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
    return attempt(parse, dataset.value, (message) => addIssue({ message })) ?? NEVER;
  });
}

function attempt<Value>(parse: (text: string) => Value, text: string, fail: (message: string) => void) {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof ConfigValueError || error instanceof GoDurationError)) throw error;
    fail(error.message);
    return undefined;
  }
}

function absentIfEmpty(text: string | null | undefined): string | undefined {
  return text === null || text === "" ? undefined : text;
}

function positiveDuration(text: string): number {
  const ms = parseGoDuration(text);
  if (ms <= 0) throw new ConfigValueError(`expected a duration longer than 0, found ${describeFound(text)}`);
  return ms;
}

/** `host:port`, `:port`, `[IPv6]:port`, as Go's net.Listen takes it (but no service names for the port). */
export function parseListenAddress(text: string): ListenAddress {
  const [, ipv6, host = "", digits] =
    /^(?:\[([0-9a-fA-F:.]+(?:%[^\s\]]+)?)\]|([^:\s[\]/]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? "NaN");
  if (!(port <= MAX_PORT)) {
    throw new ConfigValueError(
      `expected host:port such as ":8080", "0.0.0.0:8080" or "[::1]:8080", found ${describeFound(text)}`,
    );
  }
  return { hostname: (ipv6 ?? host) || undefined, port };
}

const MAX_PORT = 65_535;

/** `http://…` or `https://…`, without slashes at its end: paths are appended to it. */
export function parseHttpUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new ConfigValueError(`expected a URL such as "https://monitoring.example.org", found ${describeFound(text)}`);
  }
  return text.replace(/\/+$/, "");
}

/** The 32 bytes of an Ed25519 public key. Errors tell lengths only: it may be a private key, put here by mistake. */
export function parseEd25519PublicKey(text: string): Uint8Array<ArrayBuffer> {
  const what = `base64 of a raw ${ED25519_KEY_BYTES}-byte Ed25519 public key`;
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new ConfigValueError(`expected ${what}, found text that is not base64`);
  if (bytes.length === ED25519_KEY_BYTES) return bytes;
  const hint = bytes.length === ED25519_SPKI_BYTES ? " (a DER key: its last 32 bytes are the raw key)" : "";
  throw new ConfigValueError(`expected ${what}, found base64 of ${bytes.length} bytes${hint}`);
}

const ED25519_KEY_BYTES = 32;
/** What `openssl pkey -pubout` writes: a header of 12 bytes, then the raw key. */
const ED25519_SPKI_BYTES = 44;

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const compact = text.replaceAll(/[\r\n]/g, "");
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  return isBase64 ? Uint8Array.from(atob(compact), (character) => character.charCodeAt(0)) : undefined;
}

/** A default cluster becomes a directory name, so what would leave the directory is refused before the first sample. */
export function parseClusterTag(text: string): string {
  if (/[/\\]|\.\./.test(text) || text === ".") {
    throw new ConfigValueError(`expected a cluster name without "/", "\\" and "..", found ${describeFound(text)}`);
  }
  return text;
}

/** `"commit"`: the WAL is flushed before each acknowledgement; a duration: at that interval. */
export function parseSync(text: string): WalSync {
  if (text === "commit") return "commit";
  if (/^[a-z]/i.test(text)) {
    throw new ConfigValueError(`expected "commit" or a Go duration such as "1s", found ${describeFound(text)}`);
  }
  return { everyMs: positiveDuration(text) };
}

export type WalSync = "commit" | { readonly everyMs: number };
