// Which snapshots of a host are old: what cleanup deletes, or puts into the archive.

import { messageOf } from "../core/message-of.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { join, parseSnapshotFileName, type SnapshotName } from "./layout.ts";
import { readEnd } from "./snapshot-files.ts";

/** A snapshot file that is old enough. */
export interface OldSnapshot extends SnapshotName {
  readonly name: string;
  /** Unix seconds, exclusive. */
  readonly to: number;
}

/** A file that could not be dealt with, and why. */
export interface FileProblem {
  readonly path: string;
  readonly reason: string;
}

/**
 * The snapshots of a directory that end at or before `olderThan` (Unix seconds), in the order of their names. One that does not
 * tell its end is a problem, and none of them. Rejects when the directory cannot be listed.
 */
export async function findOldSnapshots(
  files: FileSystem,
  directory: string,
  olderThan: number,
  onProblem: (problem: FileProblem) => void,
): Promise<OldSnapshot[]> {
  const old: OldSnapshot[] = [];
  for (const { name, kind } of await files.list(directory)) {
    const snapshot = kind === "file" ? parseSnapshotFileName(name) : undefined;
    if (snapshot === undefined || snapshot.from >= olderThan) continue;
    try {
      const to = await endOf(files, directory, snapshot);
      if (to <= olderThan) old.push({ name, ...snapshot, to });
    } catch (error) {
      onProblem({ path: join(directory, name), reason: messageOf(error) });
    }
  }
  return old;
}

/** @throws Error when the file does not tell, or tells nonsense */
async function endOf(files: FileSystem, directory: string, snapshot: SnapshotName): Promise<number> {
  const to = await readEnd(files, directory, snapshot);
  if (to >= snapshot.from) return to;
  throw new Error(`damaged: expected an end behind its beginning ${snapshot.from}, found ${to}`);
}
