// The ports on Node.js, each in a file of its own below node/, over the `node:` modules alone: bun.ts and deno.ts take what
// their runtimes do the same, and bring the rest.

import { readFile } from "node:fs/promises";
import { nodeCores } from "./node/cores.ts";
import { codeOf } from "./node/errors.ts";
import { nodeFileSystem } from "./node/files.ts";
import { nodeGzip } from "./node/gzip.ts";
import { startHttpServer } from "./node/http-server.ts";
import { nodeMemory } from "./node/memory.ts";
import { probe } from "./node/probe.ts";
import { nodeProcess, nodeSignals } from "./node/process.ts";
import { readBuildInfo, readSwaggerAsset } from "./node/program-files.ts";
import { nodeClock, nodeScheduler } from "./node/time.ts";
import { startArchiveWorker } from "./node/workers.ts";
import type { Platform } from "./ports.ts";

export {
  nodeClock,
  nodeFileSystem,
  nodeGzip,
  nodeMemory,
  nodeProcess,
  nodeScheduler,
  nodeSignals,
  readBuildInfo,
  readSwaggerAsset,
  startArchiveWorker,
  startHttpServer,
};

export const nodePlatform: Platform = {
  clock: nodeClock,
  scheduler: nodeScheduler,
  memory: nodeMemory,
  signals: nodeSignals,
  process: nodeProcess,
  gzip: nodeGzip,
  startHttpServer,
  probe,
  startArchiveWorker,
  // Loaded by those who use it: it takes longer than all the rest of a start.
  connectNats: async (settings) => (await import("./node/nats.ts")).connectNats(settings),
  files: nodeFileSystem,
  cores: nodeCores,
  readSwaggerAsset,
  async readText(path) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  },
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
};
