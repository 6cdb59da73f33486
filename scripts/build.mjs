// Builds dist/: the compiled sources, the files of the API documentation, and what `-version` prints.
import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const require = createRequire(import.meta.url);

/** As the page of src/http/routes/swagger.ts names them. */
const SWAGGER_FILES = ["swagger-ui-bundle.js", "swagger-ui.css"];

// A file whose source is gone must not live on.
await rm(dist, { recursive: true, force: true });
compile();
await copySwaggerFiles();
await writeBuildInfo();
// Absent while the server's main is still to be written.
await chmod(join(dist, "service/main.js"), 0o755).catch(() => {});

function compile() {
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  } catch {
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
