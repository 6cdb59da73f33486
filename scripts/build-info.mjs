// What the build knows of itself: `-version` prints it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

export function buildInfo() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return { version, gitHash: gitHash(), buildTime: buildTime() };
}

/** GIT_HASH where there is no checkout, as in the build of a container; empty without either. */
function gitHash() {
  if (process.env.GIT_HASH) return process.env.GIT_HASH;
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
  return (epoch ? new Date(Number(epoch) * 1000) : new Date()).toISOString();
}
