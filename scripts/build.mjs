// Builds dist/: the compiled sources, the files of the API documentation, and what `-version` prints.
// `node scripts/build.mjs DIRECTORY` builds it there.
import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildInfo } from "./build-info.mjs";
import { runtimeCommand } from "./runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [finished = join(root, "dist")] = process.argv.slice(2);
/** Built beside and then put in place, so that a running pegel never sees half a dist/. */
const dist = `${finished}-${process.pid}`;
const require = createRequire(import.meta.url);

/** As the page of src/http/routes/swagger.ts names them. */
const SWAGGER_FILES = ["swagger-ui-bundle.js", "swagger-ui.css"];

compile();
bundleProgram();
await copySwaggerFiles();
await writeBuildInfo();
await chmod(join(dist, "service/main.js"), 0o755);
// A file whose source is gone must not live on.
await rm(finished, { recursive: true, force: true });
await rename(dist, finished);

function compile() {
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", dist], {
      cwd: root,
      stdio: "inherit",
    });
  } catch {
    rmSync(dist, { recursive: true, force: true });
    process.exit(1); // the compiler has said why
  }
}

/**
 * Puts the program with all that it imports into one file: with four hundred it takes twice as long to start. The adapters
 * of the runtimes stay beside it, since they look for files by where they lie; so do packages that do the same.
 */
function bundleProgram() {
  const program = join(dist, "service/program.js");
  const [bun, ...args] = runtimeCommand("bun");
  const externals = ["../runtime/*", "parquet-wasm"].map((name) => `--external=${name}`);
  execFileSync(bun, [...args, "build", program, "--target=node", ...externals, `--outfile=${program}`], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function copySwaggerFiles() {
  const source = dirname(require.resolve("swagger-ui-dist/package.json"));
  const target = join(dist, "http/swagger-ui");
  await mkdir(target, { recursive: true });
  for (const name of SWAGGER_FILES) await copyFile(join(source, name), join(target, name));
}

async function writeBuildInfo() {
  await writeFile(join(dist, "build-info.json"), `${JSON.stringify(buildInfo())}\n`);
}
