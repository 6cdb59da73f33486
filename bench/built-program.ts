// The program as it is shipped: what `npm run build` makes, made for this bench.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "./store-server.ts";

/** Builds it into a directory, below the working copy, where it finds its packages. Resolves to what starts it. */
export async function buildProgram(directory: string): Promise<Command> {
  const root = dirname(createRequire(import.meta.url).resolve("pegel/package.json"));
  await promisify(execFile)(process.execPath, [join(root, "scripts/build.mjs"), directory]);
  return [process.execPath, join(directory, "service/main.js")];
}
