// A project that has installed the package as npm would have: what `npm pack` makes, and its dependencies for production.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface EmptyProject {
  readonly directory: string;
  /** Writes a file of the project; returns its path. */
  write(name: string, text: string): string;
  remove(): void;
}

/** No registry is asked: the dependencies are copies of those that the working copy has. */
export function createEmptyProject(): EmptyProject {
  const directory = mkdtempSync(join(tmpdir(), "pegel-project-"));
  const modules = join(directory, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", directory], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  execFileSync("tar", ["xzf", filename], { cwd: directory });
  cpSync(join(directory, "package"), join(modules, "pegel"), { recursive: true });
  for (const name of productionDependencies()) copyModule(name, modules);
  writeFileSync(
    join(directory, "package.json"),
    '{ "private": true, "type": "module", "dependencies": { "pegel": "*" } }',
  );
  return {
    directory,
    write(name, text) {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Paths below the root: all that the package needs, and what these need. */
function productionDependencies(): Set<string> {
  const needed = new Set<string>();
  const visit = (from: string): void => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, from, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) {
      const path = [join(from, "node_modules", name), join("node_modules", name)].find((each) =>
        existsSync(join(root, each)),
      );
      if (path === undefined) throw new Error(`${from} needs ${name}, which is not installed`);
      if (needed.has(path)) continue;
      needed.add(path);
      visit(path);
    }
  };
  visit("");
  return needed;
}

function copyModule(path: string, modules: string): void {
  const target = join(modules, path.slice("node_modules/".length));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(root, path), target, { recursive: true });
}
