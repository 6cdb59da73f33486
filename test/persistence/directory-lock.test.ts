// Two stores on one directory of checkpoints.

import { expect, test } from "vitest";
import { IO_ERROR, MemoryFileSystem, type Outcome } from "../../src/runtime/memory.ts";
import { FileSystemError } from "../../src/runtime/ports.ts";
import { contentsOf } from "../runtime/power-cuts.ts";
import { allBut, ROOT, soundDisk, start } from "./damaged-disk.ts";

test("the second does not start, says why, and touches nothing", async () => {
  const disk = soundDisk();
  const first = await start(disk);
  const before = contentsOf(disk);
  await expect(start(disk)).rejects.toThrow(
    `the directory of checkpoints ${ROOT} cannot be used: this program has a store there already`,
  );
  expect(contentsOf(disk)).toEqual(before);
  expect((await first.persistence.checkpoint()).failures).toEqual([]);
});

test("the second starts when the first has stopped, or was killed", async () => {
  const disk = soundDisk();
  await (await start(disk)).persistence.close();
  expect((await start(disk)).samples).toEqual(allBut());
  expect((await start(disk.kill())).samples).toEqual(allBut());
});

test("a start that fails leaves the directory free, and so does a stop that fails", async () => {
  const disk = soundDisk();
  disk.onOperation = ({ name, path }): Outcome => (name === "list" && path === ROOT ? IO_ERROR : "ok");
  await expect(start(disk)).rejects.toThrow("input/output error");
  disk.onOperation = undefined;
  const { persistence } = await start(disk);
  disk.onOperation = ({ name }): Outcome => (name === "append" || name === "remove" ? IO_ERROR : "ok");
  await expect(persistence.close()).rejects.toThrow("input/output error");
  disk.onOperation = undefined;
  expect((await start(disk)).samples).toEqual(allBut());
});

test("a system that cannot lock does not keep the store from starting; that is a problem to tell of", async () => {
  const disk = soundDisk();
  disk.lock = () => Promise.reject(new FileSystemError("other", "lock", ROOT, new Error("not supported")));
  const { samples, problems, persistence } = await start(disk);
  expect(samples).toEqual(allBut());
  expect(problems).toEqual([expect.stringMatching(/^locking \/checkpoints against a second store: .*not supported/)]);
  await persistence.close();
  expect([...contentsOf(disk).keys()].filter((path) => path.includes(".journal"))).toEqual([]);
});

test("the lock of one directory is none of another", async () => {
  const disk = new MemoryFileSystem();
  const lock = await disk.lock("/a");
  await expect(disk.lock("/b")).resolves.toBeDefined();
  await lock.release();
});
