// What becomes of checkpoint files that memory does not need any more: they are deleted, or go into the archive.
// Only snapshots that end before the retention are touched; never logs, journals, or what was put aside as damaged.

import { messageOf } from "../core/message-of.ts";
import type { ArchiveSummary } from "../archive/ports.ts";
import type { FileProblem } from "../persistence/old-snapshots.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import { JOURNAL_DIRECTORY, join } from "../persistence/layout.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { deleteOldSnapshots } from "./delete-snapshots.ts";
import { hostKey } from "./memory-coverage.ts";

export interface ArchiveTask {
  readonly cluster: string;
  /** Unix seconds. */
  readonly olderThan: number;
  readonly onProblem: (problem: FileProblem) => void;
  /** Once aborted, the next host is not begun. */
  readonly signal: AbortSignal;
}

/** Puts the old snapshots of a cluster into the archive and removes them; takes the hosts' locks by itself. */
export type ArchiveCluster = (task: ArchiveTask) => Promise<ArchiveSummary>;

export interface CleanupOptions {
  readonly files: FileSystem;
  /** The directory of checkpoints. */
  readonly root: string;
  readonly storage: HostStorage;
  /** Absent: old snapshots are deleted. */
  readonly archiveCluster: ArchiveCluster | undefined;
  readonly yieldToOthers: () => Promise<void>;
  /** Once aborted, the next host is not begun; what is left comes with the next cleanup. */
  readonly signal: AbortSignal;
}

export interface CleanupSummary {
  /** Checkpoint files that were deleted, or are in the archive now. */
  readonly files: number;
  /** Files and directories that stay though they are old, or may be; nothing is lost by that. */
  readonly problems: readonly FileProblem[];
}

/**
 * Cleans up all clusters. Rejects for no bad file or directory: those are among the problems.
 * @param olderThan Unix seconds: snapshots that end at or before this go
 * @param spared keys (`hostKey`) of hosts whose files are not deleted: their samples are still wanted
 */
export async function cleanUp(
  options: CleanupOptions,
  olderThan: number,
  spared: ReadonlySet<string>,
): Promise<CleanupSummary> {
  const { root, archiveCluster, signal } = options;
  const problems: FileProblem[] = [];
  const onProblem = (problem: FileProblem): void => void problems.push(problem);
  let files = 0;
  for (const cluster of await directoriesIn(options, root, onProblem)) {
    if (signal.aborted) break;
    if (cluster === JOURNAL_DIRECTORY) continue;
    if (archiveCluster === undefined) {
      files += await deleteInCluster(options, cluster, { olderThan, spared, onProblem });
    } else {
      files += await tryOn(join(root, cluster), onProblem, 0, async () => {
        const summary = await archiveCluster({ cluster, olderThan, onProblem, signal });
        return summary.archivedSnapshots;
      });
    }
    await removeEmptyHosts(options, cluster, onProblem);
  }
  return { files, problems };
}

interface Deletion {
  readonly olderThan: number;
  readonly spared: ReadonlySet<string>;
  readonly onProblem: (problem: FileProblem) => void;
}

async function deleteInCluster(options: CleanupOptions, cluster: string, deletion: Deletion): Promise<number> {
  const { files, root, storage, yieldToOthers, signal } = options;
  const { olderThan, spared, onProblem } = deletion;
  let deleted = 0;
  for (const host of await directoriesIn(options, join(root, cluster), onProblem)) {
    if (signal.aborted) break;
    if (spared.has(hostKey(cluster, host))) continue;
    const directory = join(root, cluster, host);
    const names = await tryOn(directory, onProblem, [], () =>
      storage.exclusive(cluster, host, async () => {
        const gone = await deleteOldSnapshots(files, directory, olderThan, onProblem);
        storage.removed(cluster, host, gone);
        return gone;
      }),
    );
    deleted += names.length;
    await yieldToOthers();
  }
  return deleted;
}

async function removeEmptyHosts(
  options: CleanupOptions,
  cluster: string,
  onProblem: (problem: FileProblem) => void,
): Promise<void> {
  const { files, root, storage } = options;
  for (const host of await directoriesIn(options, join(root, cluster), () => {})) {
    const directory = join(root, cluster, host);
    await tryOn(directory, onProblem, undefined, async () => {
      if ((await files.list(directory)).length === 0) await storage.removeIfEmpty(cluster, host);
    });
  }
}

async function directoriesIn(
  { files }: CleanupOptions,
  path: string,
  onProblem: (problem: FileProblem) => void,
): Promise<string[]> {
  const entries = await tryOn<DirectoryEntry[]>(path, onProblem, [], () => files.list(path));
  return entries.filter(({ kind }) => kind === "directory").map(({ name }) => name);
}

async function tryOn<Result>(
  path: string,
  onProblem: (problem: FileProblem) => void,
  otherwise: Result,
  task: () => Promise<Result>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    onProblem({ path, reason: messageOf(error) });
    return otherwise;
  }
}
