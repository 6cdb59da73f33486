// Files that are there as a whole or not at all, whenever the power goes.

import type { FileSystem } from "../runtime/ports.ts";
import { UNFINISHED_SUFFIX } from "./layout.ts";

/** Writes a file under another name, syncs it, renames it, and syncs its directory. An older file of that name is replaced. */
export async function writeAtomically(
  files: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const path = `${directory}/${name}`;
  const unfinished = path + UNFINISHED_SUFFIX;
  await removeIfThere(files, unfinished);
  const file = await files.openForAppend(unfinished, "new");
  try {
    await file.append([bytes]);
    await file.datasync();
  } finally {
    await file.close();
  }
  await files.rename(unfinished, path);
  await files.syncDirectory(directory);
}

/** Removes a file; content if there is none. */
export async function removeIfThere(files: FileSystem, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "not-found";
}
