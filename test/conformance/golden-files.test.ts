// Directories that the original left, sound and damaged ones: a store starts from each, and answers as the original did,
// or better where the original refused to start.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bodyBytes, complaint, type GoldenCase } from "../support/golden-case.ts";
import { startGoldenStore } from "../support/golden-store.ts";

interface FileCase extends GoldenCase {
  /** The tree of checkpoints, relative to the case. */
  readonly checkpoints: string;
}

const directory = new URL("../golden/files/cases/", import.meta.url);

const cases = readdirSync(directory)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(new URL(file, directory), "utf8")) as FileCase);

test("all recorded directories are here", () => {
  expect(cases.length).toBe(24);
});

test.each(cases.map((golden) => [golden.name, golden] as const))("%s", async (_, golden) => {
  const copy = await mkdtemp(join(tmpdir(), "pegel-files-"));
  try {
    await cp(fileURLToPath(new URL(golden.checkpoints, directory)), copy, { recursive: true });
    expect(await play(golden, copy)).toEqual([]);
    // What this store left at its clean stop must answer the same.
    expect(await play(golden, copy)).toEqual([]);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

async function play(golden: FileCase, checkpoints: string): Promise<string[]> {
  const store = await startGoldenStore(checkpoints, golden.config);
  const complaints: string[] = [];
  try {
    for (const [index, step] of golden.steps.entries()) {
      const { method, path, headers, body } = step.request;
      const text = complaint(step, await store.request(method, path, bodyBytes(body, 0), headers), 0);
      if (text !== undefined) complaints.push(`[${index}] ${method} ${path}: ${text}`);
    }
  } finally {
    await store.stop();
  }
  return complaints;
}
