// The ports of a store inside a program: none of those of a server, whose dependencies (HTTP, NATS) are larger than all of
// the store.

import { bunMemory } from "./bun-memory.ts";
import { nodeCores } from "./node/cores.ts";
import { nodeFileSystem } from "./node/files.ts";
import { nodeGzip } from "./node/gzip.ts";
import { nodeMemory } from "./node/memory.ts";
import { nodeClock, nodeScheduler } from "./node/time.ts";
import { startArchiveWorker } from "./node/workers.ts";
import type { Platform } from "./ports.ts";
import { runtimeName } from "./runtime-name.ts";

/** What a store needs of the runtime. */
export type StorePlatform = Pick<Platform, "clock" | "scheduler" | "memory" | "files" | "cores" | "gzip"> &
  Partial<Pick<Platform, "startArchiveWorker">>;

/** The ports on the runtime that executes this. */
export const currentStorePlatform: StorePlatform = {
  clock: nodeClock,
  scheduler: nodeScheduler,
  memory: runtimeName === "bun" ? bunMemory : nodeMemory,
  files: nodeFileSystem,
  cores: nodeCores,
  gzip: nodeGzip,
  startArchiveWorker,
};
