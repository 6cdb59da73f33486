// What a program that is bundled takes on with the library.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runtimeCommand } from "../../scripts/runtimes.mjs";
import { root } from "./empty-project.ts";

/** A little above what it is: 259 kB; and 115 kB to read Parquet, which are loaded when they are needed. */
const MAX_ENTRY_BYTES = 280_000;
const MAX_HTTP_BYTES = 80_000;
const MAX_SUM_BYTES = 500_000;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "pegel-bundle-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Bundles both entry points into a directory of their own. */
function bundle(name: string, ...options: string[]): string {
  const output = join(directory, name);
  const [bun] = runtimeCommand("bun");
  // What is there for browsers and bundlers is smaller: it can be cut to what is used.
  const common = ["--target=browser", "--splitting", "--external=node:*", "--external=parquet-wasm/*"];
  execFileSync(bun, ["build", ...common, ...options, `--outdir=${output}`, "src/index.ts", "src/http.ts"], {
    cwd: root,
  });
  return output;
}

test("the library without parquet-wasm is small", () => {
  const output = bundle("small", "--minify");
  const sizes = new Map(readdirSync(output).map((name) => [name, statSync(join(output, name)).size]));
  expect(sizes.get("index.js")).toBeLessThan(MAX_ENTRY_BYTES);
  expect(sizes.get("http.js")).toBeLessThan(MAX_HTTP_BYTES);
  expect([...sizes.values()].reduce((sum, size) => sum + size)).toBeLessThan(MAX_SUM_BYTES);
});

test("only what a store needs is in it: no NATS, no server", () => {
  const output = bundle("plain");
  const code = readdirSync(output).map((name) => readFileSync(join(output, name), "utf8"));
  const packages = code.join("\n").matchAll(/^\/\/ .*?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm);
  expect([...new Set(Array.from(packages, ([, name]) => name))].toSorted()).toEqual([
    "@valibot/to-json-schema",
    "fzstd",
    "hash-wasm",
    "hono",
    "hyparquet",
    "hyparquet-compressors",
    "hysnappy",
    "jose",
    "valibot",
  ]);
});
