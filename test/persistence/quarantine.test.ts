// What is kept of damaged files: it is on disk before anything is done to them, and nothing takes its place.

import { beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { Quarantine } from "../../src/persistence/quarantine.ts";
import { newRecoveryReport, type RecoveryReport } from "../../src/persistence/recovery-report.ts";
import { MemoryFileSystem, NO_SPACE } from "../../src/runtime/memory.ts";
import { bytes, contentsOf } from "../runtime/power-cuts.ts";

const DIRECTORY = "/root/c/h";
const LOG = `${DIRECTORY}/current.wal`;

let files: MemoryFileSystem;
let report: RecoveryReport;
let quarantine: Quarantine;
beforeEach(() => {
  files = new MemoryFileSystem();
  report = newRecoveryReport();
  quarantine = new Quarantine(files, report);
  files.put(LOG, bytes("0123456789"));
});

const keepRange = (): Promise<void> =>
  quarantine.range(DIRECTORY, "current.wal", { start: 2, end: 5, reason: "bad" }, DIRECTORY);
const copies = (): Map<string, string> =>
  new Map(
    [...contentsOf(files)]
      .filter(([path]) => path.endsWith(".damaged"))
      .map(([path, text]) => [path.slice(LOG.length), text]),
  );

describe("a copy", () => {
  test("of the same bytes is made once, however often the start finds the damage", async () => {
    await keepRange();
    await keepRange();
    expect(copies()).toEqual(new Map([[".2.damaged", "234"]]));
    expect(report.damaged.map(({ keptAs }) => keptAs)).toEqual([`${LOG}.2.damaged`, `${LOG}.2.damaged`]);
  });

  test("never takes the place of an older one of other bytes at the same offset", async () => {
    await keepRange();
    files.put(LOG, bytes("abcdefghij"));
    await keepRange();
    await quarantine.tornEnd(DIRECTORY, "current.wal", 2, 10);
    expect(copies()).toEqual(
      new Map([
        [".2.damaged", "234"],
        [".2.2.damaged", "cde"],
        [".2.3.damaged", "cdefghij"],
      ]),
    );
  });

  test("never takes the place of a directory", async () => {
    await files.makeDirectory(`${LOG}.2.damaged`);
    await keepRange();
    expect(copies()).toEqual(new Map([[".2.2.damaged", "234"]]));
  });

  test("that the disk has no room for is not left half-written", async () => {
    files.onOperation = ({ name }) => (name === "append" ? { ...NO_SPACE, writtenShare: 0.5 } : "ok");
    await keepRange();
    expect(copies()).toEqual(new Map());
    expect(report.damaged).toMatchObject([{ keptAs: undefined, reason: expect.stringContaining("no space left") }]);
  });
});

test.each<[string, () => Promise<unknown>, string]>([
  ["a range", keepRange, `${LOG}.2.damaged`],
  ["a torn end", () => quarantine.tornEnd(DIRECTORY, "current.wal", 2, 5), `${LOG}.2.damaged`],
  [
    "a range in another directory",
    () => quarantine.range(DIRECTORY, "current.wal", { start: 2, end: 5, reason: "bad" }, "/root/.journal/damaged"),
    "/root/.journal/damaged/current.wal.2.damaged",
  ],
])("%s that was kept is there after a power cut", async (_, keep, path) => {
  await keep();
  for (let seed = 1; seed < 30; seed++) {
    expect(contentsOf(files.kill().crash(seededRandom(seed))).get(path), `seed ${seed}`).toBe("234");
  }
});

test("a whole file that was put into another directory is there after a power cut", async () => {
  await quarantine.whole(DIRECTORY, "current.wal", "bad", "/root/.journal/damaged");
  for (let seed = 1; seed < 30; seed++) {
    const left = contentsOf(files.kill().crash(seededRandom(seed)));
    expect([...left], `seed ${seed}`).toEqual([["/root/.journal/damaged/current.wal.damaged", "0123456789"]]);
  }
});
