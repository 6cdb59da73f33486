// Which kind of file this is: by its name where that says so, else by its first bytes.

import { JOURNAL_HEADER_BYTES, JOURNAL_MAGIC } from "../codec/journal/journal-record.ts";
import { MAGIC as SNAPSHOT_MAGIC } from "../codec/snapshot/layout.ts";
import { FILE_HEADER_BYTES, FILE_MAGIC } from "../codec/wal/record.ts";
import { DAMAGED_SUFFIX, UNFINISHED_SUFFIX } from "./layout.ts";

export type FileKind = "bin" | "json" | "wal" | "journal";

/** What a file's name says. */
export interface FileRole {
  /** undefined: none of the store's. */
  readonly kind: FileKind | undefined;
  /** `aside`: damaged, kept by an earlier start. `unfinished`: its writing was cut short. Neither is loaded. */
  readonly state: "live" | "aside" | "unfinished";
  /** It may be a part of a log, records without the header in front; or a whole one. */
  readonly mayBePart: boolean;
}

/** First bytes and header of the logs. */
export const LOG_HEADERS = {
  wal: { magic: FILE_MAGIC, headerBytes: FILE_HEADER_BYTES },
  journal: { magic: JOURNAL_MAGIC, headerBytes: JOURNAL_HEADER_BYTES },
} as const;

const ENDINGS: readonly (readonly [RegExp, FileKind])[] = [
  [/\.bin$/, "bin"],
  [/\.json$/, "json"],
  [/\.wal$/, "wal"],
  [/^\d+\.log$/, "journal"],
];

/** What is kept aside has a number where it is a part of a log, its offset, and where it is not the first of its name. */
const NUMBERED = /(?:\.\d+)+$/;

export function roleOf(name: string): FileRole {
  const state = name.endsWith(DAMAGED_SUFFIX) ? "aside" : name.endsWith(UNFINISHED_SUFFIX) ? "unfinished" : "live";
  const suffix = state === "aside" ? DAMAGED_SUFFIX : state === "unfinished" ? UNFINISHED_SUFFIX : "";
  const stem = name.slice(0, name.length - suffix.length);
  const isNumbered = state === "aside" && NUMBERED.test(stem);
  const original = isNumbered ? stem.replace(NUMBERED, "") : stem;
  const kind = ENDINGS.find(([ending]) => ending.test(original))?.[1];
  return { kind, state, mayBePart: isNumbered && (kind === "wal" || kind === "journal") };
}

/** What the first bytes of a file say (the more, the better: white space may precede JSON). */
export function kindOfContent(bytes: Uint8Array): FileKind | undefined {
  const magic = bytes.length < 4 ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (magic === FILE_MAGIC) return "wal";
  if (magic === JOURNAL_MAGIC) return "journal";
  if (magic === SNAPSHOT_MAGIC) return "bin";
  return /^\s*\{/.test(new TextDecoder().decode(bytes)) ? "json" : undefined;
}
