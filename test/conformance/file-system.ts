// What holds for every FileSystem: the adapters of the runtimes, and the one in memory that stands in for them.

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { AppendFile, FileSystem } from "../../src/runtime/ports.ts";

/** An empty directory on the file system under test. */
export interface FileSystemUnderTest {
  readonly files: FileSystem;
  readonly directory: string;
  readonly cleanUp?: () => Promise<void>;
}

let files: FileSystem;
let root: string;

export function describeFileSystem(name: string, setUp: () => Promise<FileSystemUnderTest>): void {
  describe(`${name}:`, () => {
    beforeEach(async () => {
      const { files: filesUnderTest, directory, cleanUp } = await setUp();
      [files, root] = [filesUnderTest, directory];
      return cleanUp;
    });
    describe("appending", testAppending);
    describe("reading and truncating", testReading);
    describe("directories", testDirectories);
    describe("renaming and removing", testRenaming);
    describe("syncing", testSyncing);
    describe("locking", testLocking);
    describe("errors", testErrors);
  });
}

const LOCK_FILE = ".journal/lock";

function testLocking(): void {
  test("one store has a directory; another gets it when it is released, and nothing of the lock is left", async () => {
    await files.makeDirectory(path("checkpoints"));
    const lock = await files.lock(path("checkpoints"), LOCK_FILE);
    await expect(files.lock(path("checkpoints"), LOCK_FILE)).rejects.toMatchObject({
      code: "locked",
      path: path("checkpoints"),
      message: expect.stringContaining("this program has a store there already") as string,
    });
    await lock.release();
    const left = (await names("checkpoints")).includes(".journal") ? await names("checkpoints/.journal") : [];
    expect(left).toEqual([]);
    const again = await files.lock(path("checkpoints"), LOCK_FILE);
    await again.release();
  });

  test("of many who want it at once one gets it", async () => {
    await files.makeDirectory(path("checkpoints"));
    const tries = Array.from({ length: 8 }, () => files.lock(path("checkpoints"), LOCK_FILE));
    const got = (await Promise.allSettled(tries)).filter(({ status }) => status === "fulfilled");
    expect(got).toHaveLength(1);
    for (const result of got) if (result.status === "fulfilled") await result.value.release();
  });

  test("other directories are free", async () => {
    for (const name of ["a", "b"]) {
      await files.makeDirectory(path(name));
      const lock = await files.lock(path(name), LOCK_FILE);
      onTestFinished(() => lock.release());
    }
  });
}

function testAppending(): void {
  test("what is appended is read back, after opening anew, too", async () => {
    const file = await opened("wal", "new");
    await file.append([bytes("ab"), bytes("cd")]);
    expect([file.sizeBytes, await text("wal")]).toEqual([4, "abcd"]);
    await file.append([bytes("ef")]);
    await file.close();
    const again = await opened("wal", "existing");
    expect(again.sizeBytes).toBe(6);
    await again.append([bytes("gh")]);
    expect([again.sizeBytes, await text("wal")]).toEqual([8, "abcdefgh"]);
  });

  test("a new file is empty, and stays so when nothing is appended", async () => {
    const file = await opened("empty", "new");
    await file.append([]);
    await file.append([bytes("")]);
    await file.datasync();
    expect([file.sizeBytes, await files.sizeOf(path("empty")), await text("empty")]).toEqual([0, 0, ""]);
  });

  test("large pieces and many small ones arrive in order", async () => {
    const pieces = [3_000_000, 1, 0, 700_001, ...Array.from({ length: 2000 }, (_, i) => i % 7)].map(patternOf);
    const file = await opened("large", "new");
    await file.append(pieces);
    await file.datasync();
    const whole = Buffer.concat(pieces);
    expect([file.sizeBytes, await files.sizeOf(path("large"))]).toEqual([whole.length, whole.length]);
    expect(whole.equals(await files.readRange(path("large"), 0, whole.length))).toBe(true);
  });

  test("a piece may be part of a larger buffer", async () => {
    await fileOf("a", bytes("0123456789").subarray(3, 6));
    expect(await text("a")).toBe("345");
  });

  test("the pieces are the caller's again once they are appended", async () => {
    const piece = bytes("abc");
    await fileOf("a", piece);
    piece.fill(0);
    expect(await text("a")).toBe("abc");
  });

  test("a closed file takes nothing more; closing again does no harm", async () => {
    const file = await opened("a", "new");
    await file.close();
    await file.close();
    await expect(file.append([bytes("x")])).rejects.toMatchObject({ code: "other", path: path("a") });
    await expect(file.datasync()).rejects.toMatchObject({ code: "other", path: path("a") });
    expect(await text("a")).toBe("");
  });

  test("a file that was renamed while open takes bytes under its new name", async () => {
    const file = await opened("a", "new");
    await file.append([bytes("1")]);
    await files.rename(path("a"), path("b"));
    await file.append([bytes("2")]);
    expect(await text("b")).toBe("12");
  });

  test("a file that was removed while open takes bytes that nobody sees", async () => {
    const file = await opened("a", "new");
    await files.remove(path("a"));
    await file.append([bytes("1")]);
    await file.datasync();
    await fileOf("a", bytes("2"));
    expect([file.sizeBytes, await text("a")]).toEqual([1, "2"]);
  });

  test("a file that was cut while open goes on at its new end", async () => {
    const file = await opened("a", "new");
    await file.append([bytes("0123456789")]);
    await files.truncate(path("a"), 3);
    await file.append([bytes("x")]);
    expect(await text("a")).toBe("012x");
  });
}

function testReading(): void {
  test.each([
    ["in the middle", 2, 3, "234"],
    ["at the start", 0, 1, "0"],
    ["beyond the end", 8, 5, "89"],
    ["behind the end", 20, 5, ""],
    ["at the end", 10, 5, ""],
    ["of no bytes", 3, 0, ""],
  ])("a range %s", async (_, offset, sizeBytes, expected) => {
    await fileOf("a", bytes("0123456789"));
    expect(Buffer.from(await files.readRange(path("a"), offset, sizeBytes)).toString()).toBe(expected);
    const memory = new Uint8Array(16).fill(1);
    expect(Buffer.from(await files.readRange(path("a"), offset, sizeBytes, memory)).toString()).toBe(expected);
    expect(memory.subarray(sizeBytes).every((byte) => byte === 1)).toBe(true);
  });

  test("what was read is the caller's", async () => {
    await fileOf("a", bytes("abc"));
    (await files.readRange(path("a"), 0, 3)).fill(0);
    expect(await text("a")).toBe("abc");
  });

  test.each([
    ["in the middle", 4, "0123"],
    ["to nothing", 0, ""],
    ["to its own size", 6, "012345"],
    ["to more, which are zeros", 8, "012345\0\0"],
  ])("a file is cut %s", async (_, sizeBytes, expected) => {
    await fileOf("a", bytes("012345"));
    await files.truncate(path("a"), sizeBytes);
    expect([await text("a"), await files.sizeOf(path("a"))]).toEqual([expected, sizeBytes]);
  });
}

function testDirectories(): void {
  test("a directory is made with those above it, and once more without harm", async () => {
    await files.makeDirectory(path("a/b/c"));
    await fileOf("a/b/c/file", bytes("x"));
    await files.makeDirectory(path("a/b/c"));
    expect([await names("a"), await names("a/b"), await names("a/b/c")]).toEqual([["b"], ["c"], ["file"]]);
  });

  test("files and directories are listed by name, capitals first", async () => {
    for (const name of ["b", "a10", "B", "a2", "é"]) await fileOf(name, bytes(""));
    await files.makeDirectory(path("c"));
    await fileOf("c/inside", bytes(""));
    expect(await files.list(path("."))).toEqual([
      { name: "B", kind: "file" },
      { name: "a10", kind: "file" },
      { name: "a2", kind: "file" },
      { name: "b", kind: "file" },
      { name: "c", kind: "directory" },
      { name: "é", kind: "file" },
    ]);
  });

  test("an empty directory lists nothing", async () => {
    expect(await files.list(root)).toEqual([]);
  });

  test.each([
    ["with spaces", " a  b "],
    ["with letters of all the world", "Ärger-データ-🌊"],
    ["that is not normalised", "e\u0301"],
    ["that looks like a path of Windows", "C:\\x"],
    ["with a line break and quotes", "a\n\"'"],
    ["of dots", "..."],
    ["that starts with a dot", ".hidden"],
    ["of 255 bytes", "ä".repeat(127) + "x"],
  ])("a name %s", async (_, name) => {
    await files.makeDirectory(path(name));
    await fileOf(`${name}/${name}`, bytes("x"));
    expect([await names("."), await names(name), await text(`${name}/${name}`)]).toEqual([[name], [name], "x"]);
    await files.remove(path(`${name}/${name}`));
    expect(await names(name)).toEqual([]);
  });

  test("a path may have slashes and dots too many", async () => {
    await files.makeDirectory(path("a//b/"));
    await fileOf("./a/./b/../b//file", bytes("x"));
    expect(await text("a/b/file")).toBe("x");
  });
}

function testRenaming(): void {
  test("a file gets another name", async () => {
    await fileOf("a", bytes("x"));
    await files.rename(path("a"), path("b"));
    expect([await names("."), await text("b")]).toEqual([["b"], "x"]);
  });

  test("a file of the new name is replaced, in another directory, too", async () => {
    await files.makeDirectory(path("d"));
    await fileOf("a", bytes("new"));
    await fileOf("d/b", bytes("old, and longer"));
    await files.rename(path("a"), path("d/b"));
    expect([await names("."), await names("d"), await text("d/b")]).toEqual([["d"], ["b"], "new"]);
  });

  test("its own name changes nothing", async () => {
    await files.makeDirectory(path("d"));
    await fileOf("d/a", bytes("x"));
    for (const name of ["d", "d/a"]) await files.rename(path(name), path(name));
    expect([await names("."), await text("d/a")]).toEqual([["d"], "x"]);
  });

  test("a directory takes along what is in it, and may replace an empty one", async () => {
    await files.makeDirectory(path("a/b"));
    await files.makeDirectory(path("empty"));
    await fileOf("a/b/file", bytes("x"));
    await files.rename(path("a"), path("empty"));
    expect([await names("."), await text("empty/b/file")]).toEqual([["empty"], "x"]);
  });

  test("what is removed is gone, and its name free again", async () => {
    await files.makeDirectory(path("d"));
    await fileOf("d/a", bytes("old"));
    await files.remove(path("d/a"));
    await fileOf("d/a", bytes("new"));
    expect(await text("d/a")).toBe("new");
    await files.remove(path("d/a"));
    await files.remove(path("d"));
    expect(await names(".")).toEqual([]);
  });
}

function testSyncing(): void {
  test("files and directories can be synced at any time, as often as one likes", async () => {
    await files.makeDirectory(path("d"));
    const file = await opened("d/a", "new");
    await file.datasync();
    await file.append([bytes("x")]);
    await file.datasync();
    await file.datasync();
    for (const directory of ["d", ".", "d"]) await files.syncDirectory(path(directory));
    await files.rename(path("d/a"), path("d/b"));
    await files.syncDirectory(path("d"));
    expect([await names("d"), await text("d/b")]).toEqual([["b"], "x"]);
  });

  test("operations begun together all happen", async () => {
    await Promise.all(["a", "b", "c"].map((name) => fileOf(name, bytes(name))));
    await Promise.all([files.rename(path("a"), path("d")), files.remove(path("b")), files.syncDirectory(root)]);
    expect([await names("."), await text("c"), await text("d")]).toEqual([["c", "d"], "c", "a"]);
  });
}

/** What is done → the error's code → the doing, where "file" is a file and "full" a directory with "full/file" in it. */
const failures: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  ["opening a file that is not there", "not-found", () => files.openForAppend(path("no"), "existing")],
  ["making a file where no directory is", "not-found", () => files.openForAppend(path("no/a"), "new")],
  ["the size of a file that is not there", "not-found", () => files.sizeOf(path("no"))],
  ["reading a file that is not there", "not-found", () => files.readRange(path("no"), 0, 1)],
  ["cutting a file that is not there", "not-found", () => files.truncate(path("no"), 0)],
  ["renaming a file that is not there", "not-found", () => files.rename(path("no"), path("b"))],
  ["renaming into a directory that is not there", "not-found", () => files.rename(path("file"), path("no/b"))],
  ["removing a file that is not there", "not-found", () => files.remove(path("no"))],
  ["listing a directory that is not there", "not-found", () => files.list(path("no"))],
  ["syncing a directory that is not there", "not-found", () => files.syncDirectory(path("no"))],
  ["making a file that exists", "exists", () => files.openForAppend(path("file"), "new")],
  ["making a file that exists as a directory", "exists", () => files.openForAppend(path("full"), "new")],
  ["making a directory that exists as a file", "exists", () => files.makeDirectory(path("file"))],
  ["removing a directory that is not empty", "not-empty", () => files.remove(path("full"))],
  ["replacing a directory that is not empty", "not-empty", () => files.rename(path("empty"), path("full"))],
  ["replacing a directory with a file", "other", () => files.rename(path("file"), path("empty"))],
  ["replacing a file with a directory", "other", () => files.rename(path("full"), path("file"))],
  ["moving a directory into itself", "other", () => files.rename(path("full"), path("full/a"))],
  ["opening a directory as a file", "other", () => files.openForAppend(path("full"), "existing")],
  ["reading a directory as a file", "other", () => files.readRange(path("full"), 0, 1)],
  ["cutting a directory", "other", () => files.truncate(path("full"), 0)],
  ["listing a file", "other", () => files.list(path("file"))],
  ["syncing a file as a directory", "other", () => files.syncDirectory(path("file"))],
  ["looking for a file in a file", "other", () => files.sizeOf(path("file/a"))],
  ["making a directory in a file", "other", () => files.makeDirectory(path("file/a"))],
  ["a name of 256 bytes", "other", () => files.openForAppend(path("ä".repeat(128)), "new")],
];

function testErrors(): void {
  test.each(failures)("%s fails (%s), says where, and changes nothing", async (_, code, act) => {
    await fileOf("file", bytes("x"));
    for (const name of ["full", "empty"]) await files.makeDirectory(path(name));
    await fileOf("full/file", bytes("y"));
    await expect(act()).rejects.toMatchObject({
      name: "FileSystemError",
      code,
      path: expect.stringContaining(root) as string,
      message: expect.stringContaining(root) as string,
    });
    expect([await names("."), await names("full"), await names("empty")]).toEqual([
      ["empty", "file", "full"],
      ["file"],
      [],
    ]);
    expect([await text("file"), await text("full/file")]).toEqual(["x", "y"]);
  });
}

function path(name: string): string {
  return `${root}/${name}`;
}

function bytes(content: string): Uint8Array {
  return new Uint8Array(Buffer.from(content));
}

/** Bytes that are the same nowhere near. */
function patternOf(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => i ^ (i >>> 8) ^ (i >>> 16));
}

async function opened(name: string, which: "new" | "existing"): Promise<AppendFile> {
  const file = await files.openForAppend(path(name), which);
  onTestFinished(() => file.close());
  return file;
}

async function fileOf(name: string, content: Uint8Array): Promise<void> {
  const file = await files.openForAppend(path(name), "new");
  await file.append([content]);
  await file.close();
}

async function text(name: string): Promise<string> {
  return Buffer.from(await files.readRange(path(name), 0, 1000)).toString();
}

async function names(name: string): Promise<string[]> {
  return (await files.list(path(name))).map((entry) => entry.name);
}
