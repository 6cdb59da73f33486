// Files that are there as a whole or not at all, whenever the power goes.

import { FileSystemError, type FileSystem } from "../runtime/ports.ts";
import { DAMAGED_SUFFIX, join, UNFINISHED_SUFFIX } from "./layout.ts";

/** Writes a file under another name, syncs it, renames it, and syncs its directory. An older file of that name is replaced. */
export async function writeAtomically(
  files: FileSystem,
  directory: string,
  name: string,
  ...pieces: readonly Uint8Array[]
): Promise<void> {
  const path = join(directory, name);
  const unfinished = path + UNFINISHED_SUFFIX;
  await removeIfThere(files, unfinished);
  try {
    await writeNew(files, unfinished, ...pieces);
    await files.rename(unfinished, path);
  } catch (error) {
    // On a full disk it would be in the way.
    await files.remove(unfinished).catch(() => {});
    throw error;
  }
  await files.syncDirectory(directory);
}

/** Writes a new file and syncs its bytes; its name is not synced. */
export async function writeNew(files: FileSystem, path: string, ...pieces: readonly Uint8Array[]): Promise<void> {
  const file = await files.openForAppend(path, "new");
  try {
    await file.append(pieces);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Makes a directory and those above it, and their names durable. */
export async function makeDurableDirectory(files: FileSystem, path: string): Promise<void> {
  await files.makeDirectory(path);
  for (let child = path; child !== "." && child !== "/";) {
    const parent = child.replace(/\/*[^/]*\/*$/, "") || (child.startsWith("/") ? "/" : ".");
    try {
      await files.syncDirectory(parent);
    } catch (error) {
      // Those far up may not be ours to open; then they were there before.
      if (!(error instanceof FileSystemError && error.code === "not-allowed")) throw error;
    }
    child = parent;
  }
}

/** Removes a file; content if there is none. */
export async function removeIfThere(files: FileSystem, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/**
 * Gives a file that cannot be used a name under which nobody reads it, durably, and returns its path.
 * @param target where to put it
 */
export async function setAside(
  files: FileSystem,
  directory: string,
  name: string,
  target: string = directory,
): Promise<string> {
  const taken = new Set((await files.list(target)).map((entry) => entry.name));
  let kept = name + DAMAGED_SUFFIX;
  for (let i = 2; taken.has(kept); i++) kept = `${name}.${i}${DAMAGED_SUFFIX}`;
  await files.rename(join(directory, name), join(target, kept));
  await files.syncDirectory(target);
  if (target !== directory) await files.syncDirectory(directory);
  return join(target, kept);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "not-found";
}
