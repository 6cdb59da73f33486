// The store has files of its own beside the clusters: no name that a client can send is in their way.

import { expect, test } from "vitest";
import { levelPathOf } from "../../src/ingest/level-path.ts";
import { JOURNAL_DIRECTORY } from "../../src/persistence/layout.ts";
import { ensureWritable } from "../../src/persistence/writable-directory.ts";
import { MemoryFileSystem, type OperationName } from "../../src/runtime/memory.ts";

const ROOT = "/checkpoints";

function pathOf(cluster: string): ReturnType<typeof levelPathOf> {
  const line = { metric: "m", cluster, hostname: "h", value: 1, timestamp: 1 };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what else a line holds does not matter here
  return levelPathOf(line as unknown as Parameters<typeof levelPathOf>[0], "", 255);
}

test("a cluster cannot be named as the directory of the journals, where nobody would look for its hosts", () => {
  expect(pathOf(JOURNAL_DIRECTORY)).toEqual({ reason: 'cluster ".journal": the store has its own files there' });
  expect(pathOf(`${JOURNAL_DIRECTORY}2`)).toEqual({ path: [".journal2", "h"] });
});

test("a cluster cannot be named as the file that shows whether the directory can be written", async () => {
  const files = new MemoryFileSystem();
  const made: string[] = [];
  files.onOperation = ({ name, path }) => {
    if (name === ("openForAppend" satisfies OperationName)) made.push(path.slice(ROOT.length + 1));
    return "ok";
  };
  await ensureWritable(files, ROOT);
  expect(made.map(pathOf)).toEqual([{ reason: expect.stringContaining("expected a name without") }]);
  expect([...files.files().keys()]).toEqual([]);
});
