// Deletes old snapshots of one host.

import type { ArchiveProblem } from "../archive/ports.ts";
import { parseSnapshotFileName, join, type SnapshotName } from "../persistence/layout.ts";
import { readEnd } from "../persistence/snapshot-files.ts";
import type { FileSystem } from "../runtime/ports.ts";

/**
 * Deletes the snapshots of a directory that end at or before `olderThan` (Unix seconds), and makes that durable. One of
 * which the end cannot be told stays. Returns the names of those that are gone.
 */
export async function deleteOldSnapshots(
  files: FileSystem,
  directory: string,
  olderThan: number,
  onProblem: (problem: ArchiveProblem) => void,
): Promise<string[]> {
  const gone: string[] = [];
  for (const { kind, name } of await files.list(directory)) {
    const snapshot = kind === "file" ? parseSnapshotFileName(name) : undefined;
    if (snapshot === undefined || snapshot.from >= olderThan) continue;
    const path = join(directory, name);
    try {
      if ((await endOf(files, directory, snapshot)) > olderThan) continue;
      await files.remove(path);
      gone.push(name);
    } catch (error) {
      onProblem({ path, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  if (gone.length > 0) await syncOrTell(files, directory, onProblem);
  return gone;
}

/** @throws Error when the file does not tell, or tells nonsense */
async function endOf(files: FileSystem, directory: string, snapshot: SnapshotName): Promise<number> {
  const to = await readEnd(files, directory, snapshot);
  if (to >= snapshot.from) return to;
  throw new Error(`damaged: expected an end behind its beginning ${snapshot.from}, found ${to}`);
}

/** What is gone is gone: should the power cut bring it back, the next cleanup deletes it again. */
async function syncOrTell(
  files: FileSystem,
  directory: string,
  onProblem: (problem: ArchiveProblem) => void,
): Promise<void> {
  try {
    await files.syncDirectory(directory);
  } catch (error) {
    onProblem({ path: directory, reason: error instanceof Error ? error.message : String(error) });
  }
}
