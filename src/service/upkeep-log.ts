// What upkeep does, as lines of the log.

import type { CleanupMode } from "../library/options.ts";
import type { UpkeepEvents } from "../upkeep/upkeep.ts";
import type { MetricStoreConfig } from "./config-schema.ts";
import { formatGoDuration } from "./go-duration.ts";
import type { Logger } from "./log.ts";

/** What the configuration says of old checkpoint files. */
export function toCleanupMode({ mode, directory }: MetricStoreConfig["cleanup"]): CleanupMode {
  if (mode === "delete") return { mode, ...(directory !== undefined && { directory }) };
  if (directory === undefined) throw new Error("BUG: the configuration lets archive mode pass without a directory");
  return { mode, directory };
}

export function upkeepToLog(log: Logger, retentionMs: number): UpkeepEvents {
  return {
    freed: ({ buffers, unsavedBuffers, returnedBytes }) =>
      log.info("retention", {
        freedBuffers: buffers,
        unsavedBuffers,
        returnedBytes,
        olderThan: formatGoDuration(retentionMs),
      }),
    overMemoryCap({ capBytes, beforeBytes, afterBytes, step, buffers, unsavedBuffers, olderThan }) {
      const facts = { capBytes, beforeBytes, afterBytes, step, freedBuffers: buffers, unsavedBuffers, olderThan };
      if (afterBytes <= capBytes) log.warn("over the memory cap: samples left memory before their time", facts);
      else log.error("over the memory cap, and nothing more may be freed: raise it or shorten the retention", facts);
    },
    cleanedUp: ({ files, problems }) => log.info("cleanup", { files, problems: problems.length }),
    nodeProvider(change) {
      if (change.state === "up")
        log.warn("the backend answers again which nodes run jobs", { failures: change.failures });
      else
        log.warn("the backend does not tell which nodes run jobs; samples are kept by age alone", {
          error: String(change.error),
        });
    },
  };
}
