// The bench runs here in its smoke size, as it is built and started by `npm run bench`, so that it cannot rot.
// Nothing asserts a time.

import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withoutNatsServer } from "../support/nats-server.ts";
import type { QuestionReport } from "../../bench/report.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Below the root, where the compiled files find their packages; not where `npm run bench` may be running. */
const BUILD = join(ROOT, "build/smoke");
const TIMEOUT_MS = 240_000;

interface Exit {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function run(program: string, ...args: string[]): Promise<Exit> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: ROOT, maxBuffer: 2 ** 26 }, (error, output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}

function bench(...args: string[]): Promise<Exit> {
  return run(process.execPath, "--expose-gc", join(BUILD, "bench/main.js"), "--smoke", ...args);
}

/** The reference is not here: pegel itself stands in, behind a script of one line, as any binary would. */
async function fakeReference(directory: string): Promise<string> {
  const path = join(directory, "reference");
  await writeFile(path, `#!/bin/sh\nexec "${process.execPath}" "${join(BUILD, "bench/pegel-server.js")}" "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pegel-bench-test-"));
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  // Type errors are the business of `npm run types`; the files are written in spite of them.
  await run(process.execPath, join(typescript, "bin/tsc"), "-p", "tsconfig.tools.json", "--outDir", BUILD);
}, TIMEOUT_MS);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("the bench in its smoke size", () => {
  let exit: Exit = { code: -1, output: "", errors: "" };
  let reports: QuestionReport[] = [];
  const reportOf = (name: string): QuestionReport | undefined => reports.find((report) => report.name === name);

  beforeAll(async () => {
    exit = await bench("--json", "--reference", await fakeReference(directory));
    const document: { questions: QuestionReport[] } = JSON.parse(exit.output);
    reports = document.questions;
  }, TIMEOUT_MS);

  test("ends well and reports no failure", () => {
    expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
    expect(exit).toMatchObject({ code: 0, errors: "" });
  });

  test.each([
    ["ingest", 12],
    ["query", 6],
    ["job", 4],
    ["json", 3],
    ["memory", 1],
    ["http", 11],
    ["wal", 18],
    ["snapshot", 22],
    ["restart", 8],
    ["start", 6],
    ["checkpoint", 6],
    ["archive", 9],
    ["commit", 15],
    ["runtimes", 42],
    ...(withoutNatsServer ? [] : [["nats", 6] as const]),
  ] as const)("%s gives %d figures, of results that were checked", (name, count) => {
    const report = reportOf(name);
    expect(report?.rows).toHaveLength(count);
    for (const row of report?.rows ?? []) {
      expect(row.median, row.what).toBeGreaterThan(0);
      expect(row.median, row.what).toBeLessThan(Infinity);
    }
    expect(report?.checks).toBeGreaterThan(0);
  });

  test.each([
    ["http", 8],
    ["restart", 3],
    ["checkpoint", 5],
  ])("%s measures the reference beside pegel, and the ratio", (name, count) => {
    const compared = (reportOf(name)?.rows ?? []).filter(({ reference }) => reference !== undefined);
    expect(compared).toHaveLength(count);
    for (const row of compared) {
      expect(row.reference, row.what).toBeGreaterThan(0);
      expect(row.timesReference, row.what).toBeGreaterThan(0);
    }
  });
});

describe("the bench's exit code", () => {
  test(
    "is 1 when a question has no answer, and the report says why",
    async () => {
      const exit = await bench("http", "--reference", join(directory, "nothing-here"));
      expect(exit.code).toBe(1);
      expect(exit.output).toContain("FAILED: ingest: Error:");
      expect(exit.output).toContain("ENOENT");
    },
    TIMEOUT_MS,
  );

  test.each([
    ["an unknown question", ["speed"], 'no question "speed"; there are ingest, query, '],
    ["an unknown option", ["--fast"], "--fast"],
    ["rounds that are no number", ["--rounds", "many"], "--rounds: expected a number from 1, found many"],
  ])("is 2 for %s, and the message says what is wrong", async (_, args, message) => {
    const exit = await bench(...args);
    expect(exit.code).toBe(2);
    expect(exit.errors).toContain(message);
  });
});

const QUESTIONS = [
  "ingest",
  "query",
  "json",
  "memory",
  "http",
  "wal",
  "snapshot",
  "restart",
  "start",
  "checkpoint",
  "commit",
];

test("the README names every question", async () => {
  const readme = await readFile(join(ROOT, "bench/README.md"), "utf8");
  for (const name of QUESTIONS) expect(readme).toContain(`| \`${name}\``);
});
