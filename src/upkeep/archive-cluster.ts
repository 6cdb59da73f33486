// The archive as cleanup sees it: one thread for one run, which takes its memory with it when it ends.

import { archiveCheckpoints } from "../archive/archive-run.ts";
import { WorkerEncoder } from "../archive/worker-encoder.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import type { FileSystem, WorkerThread } from "../runtime/ports.ts";
import type { ArchiveCluster } from "./cleanup.ts";

export interface ArchiveClusterOptions {
  readonly files: FileSystem;
  /** Starts the thread that encodes. */
  readonly startArchiveWorker: () => WorkerThread;
  readonly checkpointRoot: string;
  readonly archiveRoot: string;
  readonly storage: HostStorage;
}

export function archivingInto({ startArchiveWorker, storage, ...where }: ArchiveClusterOptions): ArchiveCluster {
  return async (task) => {
    const encoder = new WorkerEncoder(startArchiveWorker());
    try {
      return await archiveCheckpoints({ ...where, ...task, encoder, guard: storage });
    } finally {
      await encoder.close();
    }
  };
}
