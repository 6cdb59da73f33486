// Builds dist/ once before the tests, so that those that start real processes run the code under test.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

export default function buildOnce(): void {
  // Whatever runtime the tests run on.
  execFileSync("node", ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
}
