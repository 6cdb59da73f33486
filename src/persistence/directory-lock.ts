// Two stores on one directory of checkpoints would remove each other's logs: the second does not start.

import { FileSystemError, type DirectoryLock, type FileSystem } from "../runtime/ports.ts";
import { JOURNAL_DIRECTORY, join } from "./layout.ts";

/** In the directory of the journals, which goes at a clean stop: cc-metric-store bears no file beside the clusters. */
export const LOCK_NAME = "lock";

/**
 * Takes the directory of checkpoints for one store.
 * @param onProblem is told when the system cannot do it: then nothing keeps a second store away, but this one starts
 * @throws Error naming the directory, and the process where it is known, when another store has it
 */
export async function lockCheckpoints(
  files: FileSystem,
  root: string,
  onProblem: (what: string, error: unknown) => void,
): Promise<DirectoryLock> {
  try {
    return await files.lock(root, join(JOURNAL_DIRECTORY, LOCK_NAME));
  } catch (error) {
    if (error instanceof FileSystemError && error.code === "locked") {
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      throw new Error(`the directory of checkpoints ${root} cannot be used: ${reason}`, { cause: error });
    }
    onProblem(`locking ${root} against a second store`, error);
    return { release: async () => {} };
  }
}
