// What all mains do: the arguments and the exit code of this process are those of the program.

import type { BuildInfo, Platform } from "../runtime/ports.ts";
import { run } from "./run.ts";

/** Runs the program in this process, until it has ended. */
export async function runInThisProcess(platform: Platform, build: BuildInfo): Promise<void> {
  // A reader that has seen enough (`pegel inspect … | head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  const [, , ...args] = process.argv;
  process.exitCode = await run(args, platform, build);
}
