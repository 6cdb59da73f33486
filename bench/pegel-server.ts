// `pegel` as its own main does it, but from this build, which has no file that tells its version.

import { currentPlatform } from "../src/runtime/current-platform.ts";
import { run } from "../src/service/run.ts";

const [, , ...args] = process.argv;
process.exitCode = await run(args, await currentPlatform(), { version: "bench", gitHash: "", buildTime: "" });
