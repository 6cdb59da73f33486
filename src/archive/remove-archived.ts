// Removes the checkpoint files that are in the archive, each only if it is still the one that was archived: late samples
// may have been put into it meanwhile.

import { createXXHash64 } from "hash-wasm";
import { isNotFound } from "../persistence/atomic-file.ts";
import { join } from "../persistence/layout.ts";
import { readWhole } from "../persistence/snapshot-files.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { groupBy } from "./group-by.ts";
import type { ArchivedSnapshot } from "./manifest.ts";
import type { ArchiveOptions } from "./ports.ts";

export interface Removal {
  readonly removed: number;
  /** Those that could not be removed, or not for certain: to be tried again. One that has changed is not among them. */
  readonly left: readonly ArchivedSnapshot[];
}

export async function removeArchived(
  options: ArchiveOptions,
  snapshots: readonly ArchivedSnapshot[],
): Promise<Removal> {
  const { guard, cluster } = options;
  let removed = 0;
  const left: ArchivedSnapshot[] = [];
  for (const [host, ofHost] of groupBy(snapshots, (snapshot) => snapshot.host)) {
    const remove = async (): Promise<void> => {
      const removal = await removeOfHost(options, host, ofHost);
      removed += removal.removed;
      left.push(...removal.left);
    };
    await (guard === undefined ? remove() : guard.exclusive(cluster, host, remove));
  }
  return { removed, left };
}

async function removeOfHost(
  options: ArchiveOptions,
  host: string,
  snapshots: readonly ArchivedSnapshot[],
): Promise<Removal> {
  const { files, guard, cluster, checkpointRoot, onProblem } = options;
  const directory = join(checkpointRoot, cluster, host);
  const gone: string[] = [];
  const left: ArchivedSnapshot[] = [];
  for (const snapshot of snapshots) {
    const path = join(directory, snapshot.name);
    try {
      if (!(await isAsArchived(files, directory, snapshot))) continue;
      await files.remove(path);
      gone.push(snapshot.name);
    } catch (error) {
      if (isNotFound(error)) continue;
      left.push(snapshot);
      onProblem({ path, reason: `archived, but not removed: ${messageOf(error)}` });
    }
  }
  guard?.removed(cluster, host, gone);
  try {
    // Even if none was there any more: they may have gone just before the power.
    await files.syncDirectory(directory);
  } catch (error) {
    if (isNotFound(error)) return { removed: gone.length, left };
    onProblem({ path: directory, reason: messageOf(error) });
    return { removed: gone.length, left: snapshots };
  }
  return { removed: gone.length, left };
}

async function isAsArchived(
  files: FileSystem,
  directory: string,
  { name, digest }: ArchivedSnapshot,
): Promise<boolean> {
  const hasher = await createXXHash64();
  return hasher.update(await readWhole(files, directory, name)).digest() === digest;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
