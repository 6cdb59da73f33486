#!/usr/bin/env node
// `pegel` on Node.js.

import { nodePlatform, readBuildInfo } from "../runtime/node.ts";
import { run } from "./run.ts";

// A reader that has seen enough (`pegel inspect … | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const [, , ...args] = process.argv;
process.exitCode = await run(args, nodePlatform, await readBuildInfo());
