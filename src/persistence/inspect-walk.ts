// Finding files: what a path is, and what lies below a directory.

import { FileSystemError, type DirectoryEntry, type FileSystem } from "../runtime/ports.ts";
import { kindOfContent, roleOf } from "./inspect-kind.ts";
import { nameOf, type InspectedFile } from "./inspect-summary.ts";
import { join } from "./layout.ts";

export interface WalkedDirectory {
  readonly path: string;
  /** 0 for the directory that the walk began with. */
  readonly depth: number;
  readonly entries: readonly DirectoryEntry[];
}

/** Bytes that are enough to know a file by. */
const SNIFFED_BYTES = 64;

/**
 * The directory `root` and all below it, each before those in it, sorted by name. Links are not followed. Those that
 * cannot be listed are told to `onUnreadable`.
 */
export async function* walk(
  files: FileSystem,
  root: string,
  onUnreadable: (path: string, error: FileSystemError) => void,
  depth = 0,
): AsyncGenerator<WalkedDirectory> {
  let entries: DirectoryEntry[];
  try {
    entries = await files.list(root);
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    onUnreadable(root, error);
    return;
  }
  yield { path: root, depth, entries };
  for (const { kind, name } of entries)
    if (kind === "directory") yield* walk(files, join(root, name), onUnreadable, depth + 1);
}

/**
 * Whether there is a directory at a path; anything else is called a file.
 * @throws FileSystemError if there is nothing, or it may not be looked at
 */
export async function isDirectory(files: FileSystem, path: string): Promise<boolean> {
  try {
    await files.list(path);
    return true;
  } catch (error) {
    // The port has no code for "not a directory".
    if (error instanceof FileSystemError && error.code === "other") return false;
    throw error;
  }
}

/**
 * The file at a path, known by its name or by its first bytes; undefined if it is none of the store's.
 * @throws FileSystemError
 */
export async function identify(files: FileSystem, path: string): Promise<InspectedFile | undefined> {
  const { kind, mayBePart } = roleOf(nameOf(path));
  if (kind !== undefined && !mayBePart) return { path, kind, isPart: false };
  const sniffed = kindOfContent(await files.readRange(path, 0, SNIFFED_BYTES));
  if (kind !== undefined) return { path, kind, isPart: sniffed !== kind };
  return sniffed === undefined ? undefined : { path, kind: sniffed, isPart: false };
}

/** A path as the user gave it, without slashes at its end. */
export function trimPath(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

/** Why the system did not let us, in the words of its manual. */
export function whyNot(error: FileSystemError): string {
  if (error.code === "not-found") return "no such file or directory";
  if (error.code === "not-allowed") return "permission denied";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
