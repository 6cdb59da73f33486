#!/usr/bin/env node
// `pegel` on Node.js.

import { nodePlatform, readBuildInfo } from "../runtime/node.ts";
import { run } from "./run.ts";

const [, , ...args] = process.argv;
process.exitCode = await run(args, nodePlatform, await readBuildInfo());
