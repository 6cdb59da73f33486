// `-cleanup-checkpoints`: deletes or archives old checkpoint files, as the worker of a running store does, and ends.

import { messageOf } from "../core/message-of.ts";
import { lockCheckpoints } from "../persistence/directory-lock.ts";
import { HostRegistry } from "../persistence/host-registry.ts";
import { HostStorage } from "../persistence/host-storage.ts";
import { FileSystemError, type Platform } from "../runtime/ports.ts";
import { archivingInto } from "../upkeep/archive-cluster.ts";
import { cleanUp, type CleanupSummary } from "../upkeep/cleanup.ts";
import { HttpNodeProvider } from "../upkeep/http-node-provider.ts";
import { HostsInUse } from "../upkeep/node-provider.ts";
import type { LoadedConfig } from "./config.ts";
import type { Logger } from "./log.ts";
import { toCleanupMode, upkeepToLog } from "./upkeep-log.ts";

/** Cleans up once and says so on stdout. What goes wrong is on stderr, with the path. Returns the exit code. */
export async function runCleanup(config: LoadedConfig, platform: Platform, log: Logger): Promise<number> {
  const { files, print, printError } = platform;
  const root = config.metricStore.checkpoints.directory;
  try {
    await files.list(root);
    const lock = await lockCheckpoints(files, root, (what, error) => log.warn(what, { error: String(error) }));
    let summary: CleanupSummary;
    try {
      summary = await cleanUpOnce(config, platform, log);
    } finally {
      await lock.release();
    }
    for (const { path, reason } of summary.problems) printError(`${path}: ${reason}`);
    const outcome = config.metricStore.cleanup.mode === "delete" ? "deleted" : "archived to parquet";
    print(`Cleanup done: ${summary.files} checkpoint files ${outcome}.`);
    return summary.problems.length === 0 ? 0 : 1;
  } catch (error) {
    const hint = isInUse(error) ? "; a store that runs cleans up by itself" : "";
    printError(`Cleanup failed: ${messageOf(error)}${hint}`);
    return 1;
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof FileSystemError && error.cause.code === "locked";
}

async function cleanUpOnce(config: LoadedConfig, platform: Platform, log: Logger): Promise<CleanupSummary> {
  const { files, clock, scheduler } = platform;
  const { checkpoints, cleanup, retentionMs } = config.metricStore;
  const { backendUrl } = config.main;
  const root = checkpoints.directory;
  const olderThan = clock.now() - retentionMs / 1000;
  const provider = backendUrl === undefined ? undefined : new HttpNodeProvider({ backendUrl });
  const { nodeProvider: tellState } = upkeepToLog(log, retentionMs);
  const hostsInUse = new HostsInUse(provider, (change) => tellState?.(change));
  const storage = new HostStorage(new HostRegistry(files, root));
  const mode = toCleanupMode(cleanup);
  const { startArchiveWorker } = platform;
  const archiveCluster =
    mode.mode === "archive"
      ? archivingInto({ files, startArchiveWorker, storage, checkpointRoot: root, archiveRoot: mode.directory })
      : undefined;
  const options = {
    files,
    root,
    storage,
    archiveCluster,
    yieldToOthers: () => scheduler.yieldToOthers(),
    signal: new AbortController().signal,
  };
  return cleanUp(options, olderThan, await hostsInUse.startedBefore(olderThan));
}
