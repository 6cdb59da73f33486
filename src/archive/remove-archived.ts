// Removes the checkpoint files that are in the archive, each only if it is still the one that was archived: late samples
// may have been put into it meanwhile.

import { createXXHash64, type IHasher } from "hash-wasm";
import { isNotFound } from "../persistence/atomic-file.ts";
import { join } from "../persistence/layout.ts";
import { readWhole } from "../persistence/snapshot-files.ts";
import { groupBy } from "./group-by.ts";
import type { ArchivedSnapshot } from "./manifest.ts";
import { messageOf } from "../core/message-of.ts";
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
  const hasher = await createXXHash64();
  let removed = 0;
  const left: ArchivedSnapshot[] = [];
  for (const [host, ofHost] of groupBy(snapshots, (snapshot) => snapshot.host)) {
    const remove = async (): Promise<void> => {
      const removal = await removeOfHost(options, hasher, host, ofHost);
      removed += removal.removed;
      left.push(...removal.left);
    };
    await (guard === undefined ? remove() : guard.exclusive(cluster, host, remove));
  }
  return { removed, left };
}

async function removeOfHost(
  options: ArchiveOptions,
  hasher: IHasher,
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
      const bytes = await readWhole(files, directory, snapshot.name);
      if (hasher.init().update(bytes).digest() !== snapshot.digest) continue;
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
