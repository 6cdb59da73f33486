// Where the runtimes are: this Node, and Bun and Deno as npm has installed them. The program itself comes in a package for
// this machine, and a script puts it in its place after the installation, which npm may be told not to run.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

export function runtimeCommand(runtime) {
  switch (runtime) {
    case "node":
      return [process.execPath];
    case "bun":
      return [installed("@oven", "bin/bun", "bun/bin/bun.exe")];
    case "deno":
      return [installed("@deno", "deno", "deno/deno"), "run", "-A"];
    default:
      throw new Error(`expected node, bun or deno, found ${String(runtime)}`);
  }
}

/** Bun's script moves the program, and until then there is another at its final place, which only says so. */
function installed(scope, downloaded, final) {
  const packages = existsSync(join(modules, scope)) ? readdirSync(join(modules, scope)) : [];
  const places = [...packages.map((name) => join(scope, name, downloaded)), final].map((place) => join(modules, place));
  const path = places.find((place) => existsSync(place));
  if (path === undefined) throw new Error(`${final} is not in node_modules: npm ci brings it, for most machines`);
  return path;
}
