#!/usr/bin/env node
// `pegel` on Node.js, Bun and Deno.

import { currentPlatform } from "../runtime/current-platform.ts";
import { readBuildInfo } from "../runtime/node.ts";
import { runInThisProcess } from "./program.ts";

await runInThisProcess(await currentPlatform(), await readBuildInfo());
