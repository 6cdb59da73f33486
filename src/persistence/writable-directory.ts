// A store that cannot write would start well and then refuse every sample: better to say so at the start.

import { messageOf } from "../core/message-of.ts";
import { FileSystemError, type FileSystem } from "../runtime/ports.ts";

/**
 * Never there for longer than a moment; one that a crash has left is taken away by the next start. No cluster has a name
 * with two dots, so that there is no directory in its place.
 */
const PROBE_NAME = "..writable";

/**
 * Makes a directory if it does not exist.
 * @throws Error if no file can be made in it. A full disk is no reason: room may come, and queries go on until then.
 */
export async function ensureWritable(files: FileSystem, directory: string): Promise<void> {
  const probe = `${directory}/${PROBE_NAME}`;
  try {
    await files.makeDirectory(directory);
    await files.remove(probe).catch(() => {});
    const file = await files.openForAppend(probe, "new");
    await file.close();
    await files.remove(probe);
  } catch (error) {
    if (error instanceof FileSystemError && error.code === "no-space") return;
    const reason = messageOf(error);
    throw new Error(`the directory of checkpoints cannot be written: ${reason}`, { cause: error });
  }
}
