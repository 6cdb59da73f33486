// The lock of a directory on a real file system: what processes that were killed, and others, have left does not keep a
// store from starting.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDirectory } from "../../src/runtime/node/lock.ts";

const FILE = ".journal/lock";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pegel-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Leaves a socket on which nobody listens any more. */
function leaveSocket(path: string): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync("node", ["-e", script], { stdio: "ignore" })).toThrow();
}

const inJournal = (): string[] => readdirSync(join(directory, ".journal")).toSorted();

test("what a process that was killed has left is taken over; what it left of a try goes", async () => {
  mkdirSync(join(directory, ".journal"));
  leaveSocket(join(directory, FILE));
  leaveSocket(join(directory, `${FILE}.1234`));
  expect(inJournal()).toEqual(["lock", "lock.1234"]);
  const lock = await lockDirectory(directory, FILE);
  expect(inJournal()).toEqual(["lock"]);
  await expect(lockDirectory(directory, FILE)).rejects.toThrow(`(process ${process.pid})`);
  await lock.release();
  expect(readdirSync(directory)).toEqual([]);
});

test("of many who find the lock of a dead process one takes it over", async () => {
  mkdirSync(join(directory, ".journal"));
  leaveSocket(join(directory, FILE));
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory, FILE)));
  const got = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  expect(got).toHaveLength(1);
  await got[0].release();
});

test("a directory is the same by whatever path", async () => {
  const link = join(directory, "link");
  mkdirSync(join(directory, "real"));
  symlinkSync(join(directory, "real"), link);
  const lock = await lockDirectory(link, FILE);
  await expect(lockDirectory(join(directory, "real/../real"), FILE)).rejects.toMatchObject({ code: "locked" });
  await lock.release();
});

test("what is no lock is not replaced by one", async () => {
  mkdirSync(join(directory, ".journal"));
  writeFileSync(join(directory, FILE), "mine");
  const lock = await lockDirectory(directory, FILE);
  await lock.release();
  expect([inJournal(), readFileSync(join(directory, FILE), "utf8")]).toEqual([["lock"], "mine"]);
});

test.each<[string, () => string]>([
  ["whose path is too long for a socket", () => join(directory, "d".repeat(120))],
  [
    "in which a file stands in the place of the lock",
    () => {
      mkdirSync(join(directory, ".journal"));
      writeFileSync(join(directory, FILE), "mine");
      return directory;
    },
  ],
  [
    "in which a file stands in the place of the journals",
    () => {
      writeFileSync(join(directory, ".journal"), "mine");
      return directory;
    },
  ],
])("a directory %s is kept apart, too", async (_, make) => {
  const path = make();
  const lock = await lockDirectory(path, FILE);
  await expect(lockDirectory(path, FILE)).rejects.toMatchObject({ code: "locked", path });
  await lock.release();
  await (await lockDirectory(path, FILE)).release();
});
