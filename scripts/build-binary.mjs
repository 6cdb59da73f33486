// Builds dist-bin/pegel: one file that runs where nothing is installed, for this machine's system and processor.
// Nothing is downloaded: Bun itself, a dev dependency, is what the program is put into.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildInfo } from "./build-info.mjs";
import { runtimeCommand } from "./runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [output = join(root, "dist-bin/pegel")] = process.argv.slice(2);
/** Built beside and then put in place: a binary that runs cannot be written to. */
const unfinished = `${output}-${process.pid}`;

mkdirSync(join(output, ".."), { recursive: true });
const [bun] = runtimeCommand("bun");
execFileSync(
  bun,
  [
    "build",
    "--compile",
    // Compiled ahead of time, the program starts in half the time.
    "--bytecode",
    "--format=esm",
    "--minify-syntax",
    // What lies about in the working directory is not the program's.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--define=BUILD_INFO=${JSON.stringify(buildInfo())}`,
    `--outfile=${unfinished}`,
    "binary/main.ts",
    "binary/archive-worker.ts",
  ],
  { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
);
renameSync(unfinished, output);
