// The operations of the simulated disk: counted, cut, failing, overtaking each other.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { failAt, IO_ERROR, MemoryFileSystem, NO_SPACE, PowerCut, shuffled } from "../../src/runtime/memory.ts";
import type { Operation, Outcome } from "../../src/runtime/memory.ts";
import type { AppendFile, FileSystem } from "../../src/runtime/ports.ts";
import { afterCuts, bytes, contentsOf, distinct, durableFile, seeds, syncedFile } from "./power-cuts.ts";

describe("operations", () => {
  test("are counted and shown, each with its path", async () => {
    const files = new MemoryFileSystem();
    const seen: Operation[] = [];
    files.onOperation = (operation) => {
      seen.push(operation);
      return "ok";
    };
    await files.makeDirectory("/d");
    await syncedFile(files, "/d/a", "x");
    await files.rename("/d/a", "/d/b");
    await Promise.allSettled([files.sizeOf("/no"), files.list("/d")]);
    expect(seen.map(({ index, name, path }) => `${index} ${name} ${path}`)).toEqual([
      "0 makeDirectory /d",
      "1 openForAppend /d/a",
      "2 append /d/a",
      "3 datasync /d/a",
      "4 close /d/a",
      "5 rename /d/a",
      "6 sizeOf /no",
      "7 list /d",
    ]);
    expect([files.operationCount, files.openFileCount]).toEqual([8, 0]);
  });

  test("at a power cut nothing happens any more, on open files neither, nor to what is under way", async () => {
    const files = new MemoryFileSystem();
    const file = await durableFile(files, "/a", "x");
    files.onOperation = failAt(files.operationCount + 1, "power-cut");
    const calls = [file.append([bytes("y")]), files.remove("/a"), files.rename("/a", "/b")];
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    const count = files.operationCount;
    for (const call of [
      () => file.close(),
      () => file.datasync(),
      () => files.list("/"),
      () => files.syncDirectory("/"),
    ]) {
      await expect(call()).rejects.toThrow(PowerCut);
    }
    expect([files.operationCount, files.openFileCount, contentsOf(files)]).toEqual([count, 1, new Map([["/a", "xy"]])]);
    expect(await files.crash(Math.random).list("/")).toEqual([{ name: "a", kind: "file" }]);
  });

  test("may overtake each other when the test wants it", async () => {
    const orders = new Set<string>();
    for (const seed of seeds.slice(0, 20)) {
      const files = new MemoryFileSystem();
      files.onOperation = shuffled(seededRandom(seed));
      const order: string[] = [];
      await Promise.all(
        ["a", "b", "c"].map(async (name) => order.push(await files.makeDirectory(name).then(() => name))),
      );
      orders.add(order.join(""));
    }
    expect(orders.size).toBeGreaterThan(3);
  });

  test("two at a time on one open file are a mistake of the program", async () => {
    const file = await new MemoryFileSystem().openForAppend("/a", "new");
    const first = file.append([bytes("x")]);
    await expect(file.datasync()).rejects.toThrow("BUG: datasync while another call on the same file is under way");
    await first;
    await file.datasync();
  });
});

/** What fails → how → the code → what is then seen. At first there is "/a" with "synced", then "+new", not synced. */
const faults: readonly (readonly [
  string,
  Outcome,
  string,
  string,
  (files: FileSystem, a: AppendFile) => Promise<unknown>,
])[] = [
  ["an append on a full disk", NO_SPACE, "no-space", "synced+new", (_, a) => a.append([bytes("more")])],
  [
    "an append that stops midway",
    { ...NO_SPACE, writtenShare: 0.5 },
    "no-space",
    "synced+newmo",
    (_, a) => a.append([bytes("mo"), bytes("re")]),
  ],
  [
    "an append that fails when all is written",
    { ...IO_ERROR, writtenShare: 1 },
    "other",
    "synced+newmore",
    (_, a) => a.append([bytes("more")]),
  ],
  ["a sync", IO_ERROR, "other", "synced+new", (_, a) => a.datasync()],
  ["a renaming", IO_ERROR, "other", "synced+new", (files) => files.rename("/a", "/b")],
  ["a removal", IO_ERROR, "other", "synced+new", (files) => files.remove("/a")],
  ["a new file on a full disk", NO_SPACE, "no-space", "synced+new", (files) => files.openForAppend("/b", "new")],
  ["a new directory on a full disk", NO_SPACE, "no-space", "synced+new", (files) => files.makeDirectory("/b")],
  ["reading", IO_ERROR, "other", "synced+new", (files) => files.readRange("/a", 0, 1)],
  ["syncing names", IO_ERROR, "other", "synced+new", (files) => files.syncDirectory("/")],
];

describe("faults", () => {
  test.each(faults)("%s: an error, and the machine goes on", async (_, fault, code, seen, act) => {
    const files = new MemoryFileSystem();
    const a = await durableFile(files, "/a", "synced");
    await a.append([bytes("+new")]);
    files.onOperation = failAt(files.operationCount, fault);
    await expect(act(files, a)).rejects.toMatchObject({ name: "FileSystemError", code });
    expect(contentsOf(files)).toEqual(new Map([["/a", seen]]));
    expect(a.sizeBytes).toBe(seen.length);
    await a.append([bytes("!")]);
    await a.datasync();
    expect(contentsOf(files)).toEqual(new Map([["/a", `${seen}!`]]));
  });

  test("after a failed sync the next one succeeds and proves nothing: reads show the bytes, the next start may not", async () => {
    const found = await afterCuts(async (files) => {
      const file = await durableFile(files, "/a", "synced");
      await file.append([bytes("+lost")]);
      files.onOperation = failAt(files.operationCount, IO_ERROR);
      await expect(file.datasync()).rejects.toThrow("input/output error");
      await file.append([bytes("+later")]);
      await file.datasync();
      expect(contentsOf(files).get("/a")).toBe("synced+lost+later");
    });
    const texts = distinct(found, "/a");
    expect(texts).toContain("synced+lost+later");
    expect(texts).toContain("synced\0\0\0\0\0+later");
    for (const text of texts) expect(text).toMatch(/^synced.{5}\+later$/s);
  });

  test("cutting the file back and writing it again heals a failed sync", async () => {
    const found = await afterCuts(async (files) => {
      const file = await durableFile(files, "/a", "synced");
      await file.append([bytes("+lost")]);
      files.onOperation = failAt(files.operationCount, IO_ERROR);
      await expect(file.datasync()).rejects.toThrow("input/output error");
      await files.truncate("/a", 6);
      await file.append([bytes("+again")]);
      await file.datasync();
    });
    expect(distinct(found, "/a")).toEqual(["synced+again"]);
  });
});

describe("the back door of the tests", () => {
  test("puts files there that survive, and shows all files", () => {
    const files = new MemoryFileSystem();
    files.put("/d/e/a", bytes("first, longer"));
    files.put("/d/e/a", bytes("x"));
    files.put("/b", bytes(""));
    const expected = new Map([
      ["/b", ""],
      ["/d/e/a", "x"],
    ]);
    expect([contentsOf(files), files.operationCount]).toEqual([expected, 0]);
    expect(contentsOf(files.crash(Math.random))).toEqual(expected);
  });
});
