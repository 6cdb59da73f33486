// `pegel` as its own main does it, but from this build, which has no file that tells its version.

import { nodePlatform } from "../src/runtime/node.ts";
import { run } from "../src/service/run.ts";

const [, , ...args] = process.argv;
process.exitCode = await run(args, nodePlatform, { version: "bench", gitHash: "", buildTime: "" });
