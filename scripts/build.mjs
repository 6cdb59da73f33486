// Builds dist/: the compiled sources, the files of the API documentation, and what `-version` prints.
import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const finished = join(root, "dist");
/** Built beside and then put in place, so that a running pegel never sees half a dist/. */
const dist = `${finished}-${process.pid}`;
const require = createRequire(import.meta.url);

/** As the page of src/http/routes/swagger.ts names them. */
const SWAGGER_FILES = ["swagger-ui-bundle.js", "swagger-ui.css"];

compile();
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

async function copySwaggerFiles() {
  const source = dirname(require.resolve("swagger-ui-dist/package.json"));
  const target = join(dist, "http/swagger-ui");
  await mkdir(target, { recursive: true });
  for (const name of SWAGGER_FILES) await copyFile(join(source, name), join(target, name));
}

async function writeBuildInfo() {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const info = { version, gitHash: gitHash(), buildTime: buildTime() };
  await writeFile(join(dist, "build-info.json"), `${JSON.stringify(info)}\n`);
}

/** Empty outside a git checkout. */
function gitHash() {
  try {
    const output = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output.toString().trim();
  } catch {
    return "";
  }
}

/** SOURCE_DATE_EPOCH makes builds reproducible (reproducible-builds.org). */
function buildTime() {
  const epoch = process.env.SOURCE_DATE_EPOCH;
  return (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString();
}
