// Where what lies: <checkpoints>/<cluster>/<host>/{<from>.bin | <from>.json | current.wal}. (spec §5)

import { RESERVED_CLUSTER } from "../ingest/level-path.ts";

/** The two formats of a snapshot, by the ending of its file's name. */
export type SnapshotFormat = "bin" | "json";

export const WAL_NAME = "current.wal";
/** Beside the clusters; there while a store runs, and after a crash. */
export const JOURNAL_DIRECTORY = RESERVED_CLUSTER;
/** In that of the journals: what was damaged of them. Two levels down, where the reference, too, bears other files. */
export const DAMAGED_JOURNALS = `${JOURNAL_DIRECTORY}/damaged`;
/** A file that was damaged is kept under its name and this. */
export const DAMAGED_SUFFIX = ".damaged";
/** A file that is being written. */
export const UNFINISHED_SUFFIX = ".tmp";

export interface SnapshotName {
  /** Unix seconds. */
  readonly from: number;
  readonly format: SnapshotFormat;
}

export const join = (...parts: string[]): string => parts.join("/");

export function snapshotFileName({ from, format }: SnapshotName): string {
  return `${from}.${format}`;
}

/** What a file's name says of a snapshot; undefined if it is none. */
export function parseSnapshotFileName(name: string): SnapshotName | undefined {
  const match = /^(-?\d{1,15})\.(bin|json)$/.exec(name);
  if (match === null) return undefined;
  return { from: Number(match[1]), format: match[2] === "bin" ? "bin" : "json" };
}

/** Of the WALs that stand before `current.wal`, since a start could not read one of them: see EarlierWals. */
export function earlierWalName(number: number): string {
  return `current.${number}.wal`;
}

/** The number in the name of an earlier WAL; undefined if it is none. */
export function parseEarlierWalName(name: string): number | undefined {
  const match = /^current\.(\d{1,15})\.wal$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export const isWalName = (name: string): boolean => name === WAL_NAME || parseEarlierWalName(name) !== undefined;

/** Whether nothing but a file of the store's may have this name in a host's directory: anything else would be in its way. */
export function isFileName(name: string): boolean {
  const stem = name.endsWith(UNFINISHED_SUFFIX) ? name.slice(0, -UNFINISHED_SUFFIX.length) : name;
  return isWalName(name) || parseSnapshotFileName(stem) !== undefined;
}

/** A snapshot by its ending, but not by its name: the reference refuses to start with such a file. */
export function isOddSnapshotName(name: string): boolean {
  return /\.(bin|json)$/.test(name) && parseSnapshotFileName(name) === undefined;
}
