// Deletes old snapshots of one host.

import { messageOf } from "../core/message-of.ts";
import { join } from "../persistence/layout.ts";
import { findOldSnapshots, type FileProblem } from "../persistence/old-snapshots.ts";
import type { FileSystem } from "../runtime/ports.ts";

/**
 * Deletes the snapshots of a directory that end at or before `olderThan` (Unix seconds), and makes that durable. One of
 * which the end cannot be told stays. Returns the names of those that are gone.
 */
export async function deleteOldSnapshots(
  files: FileSystem,
  directory: string,
  olderThan: number,
  onProblem: (problem: FileProblem) => void,
): Promise<string[]> {
  const gone: string[] = [];
  for (const { name } of await findOldSnapshots(files, directory, olderThan, onProblem)) {
    const path = join(directory, name);
    try {
      await files.remove(path);
      gone.push(name);
    } catch (error) {
      onProblem({ path, reason: messageOf(error) });
    }
  }
  if (gone.length > 0) await syncOrTell(files, directory, onProblem);
  return gone;
}

/** What is gone is gone: should the power cut bring it back, the next cleanup deletes it again. */
async function syncOrTell(
  files: FileSystem,
  directory: string,
  onProblem: (problem: FileProblem) => void,
): Promise<void> {
  try {
    await files.syncDirectory(directory);
  } catch (error) {
    onProblem({ path: directory, reason: messageOf(error) });
  }
}
