import { beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { HostFiles } from "../../src/persistence/host-files.ts";
import { IO_ERROR, MemoryFileSystem, NO_SPACE, type Fault, type OperationName } from "../../src/runtime/memory.ts";
import { bytes, contentsOf } from "../runtime/power-cuts.ts";

const HEADER = "\u0001\u00a7\u001d\u00cc";
const WAL = "/root/c/h/current.wal";

let files: MemoryFileSystem;
let host: HostFiles;
beforeEach(() => {
  files = new MemoryFileSystem();
  host = new HostFiles(files, "/root", "c", "h");
});

const wal = (): string | undefined => contentsOf(files).get(WAL);

async function settle(...records: readonly string[]): Promise<void> {
  for (const record of records) host.addPending(bytes(record));
  await host.settle();
}

function failOnce(failing: OperationName, fault: Fault, skip = 0): void {
  let left = skip;
  files.onOperation = ({ name, path }) =>
    name === failing && path.startsWith("/root/c/h") && left-- === 0 ? fault : "ok";
}

test("records go to the WAL in order, behind its header, and once", async () => {
  await settle("a", "b");
  await settle("c");
  await settle();
  expect(wal()).toBe(`${HEADER}abc`);
  expect([host.pending.length, host.logBytes]).toEqual([0, HEADER.length + 3]);
});

describe.each<[string, OperationName, Fault, number]>([
  ["not opened", "openForAppend", NO_SPACE, 0],
  ["written in part", "append", { ...NO_SPACE, writtenShare: 0.5 }, 0],
  ["written, but not synced", "datasync", IO_ERROR, 0],
  ["synced, but not closed", "close", IO_ERROR, 0],
])("records that were %s", (_, name, fault, skip) => {
  test("stay pending and are written once when they can be, before those that came later", async () => {
    await settle("a");
    host.addPending(bytes("bcdef"));
    failOnce(name, fault, skip);
    await expect(host.settle()).rejects.toThrow(fault.reason);
    files.onOperation = undefined;
    await settle("g");
    expect(wal()).toBe(`${HEADER}abcdefg`);
    expect(host.logBytes).toBe(HEADER.length + 7);
  });
});

test.each<[string, OperationName, number]>([
  ["its header is not written", "append", 0],
  ["its header is not synced", "datasync", 0],
  ["its records are not synced", "datasync", 1],
  ["its name is not synced", "syncDirectory", 1],
])("a new WAL is begun anew if %s", async (_, name, skip) => {
  host.addPending(bytes("a"));
  failOnce(name, { ...IO_ERROR, writtenShare: 0.5 }, skip);
  await expect(host.settle()).rejects.toThrow("input/output error");
  files.onOperation = undefined;
  await settle("b");
  expect(wal()).toBe(`${HEADER}ab`);
});

test("a torn end that the start has found is cut before anything is appended", async () => {
  files.put(WAL, Buffer.from(`${HEADER}abc`, "latin1"));
  host.foundDirectory();
  host.foundWal(HEADER.length + 2, HEADER.length + 3);
  await settle("d");
  expect(wal()).toBe(`${HEADER}abd`);
});

const EARLIER = "/root/c/h/current.1.wal";

describe("a WAL that could not be read", () => {
  beforeEach(() => files.put(WAL, bytes("precious")));

  test("is never appended to: what comes goes into another", async () => {
    files.put("/root/c/h/current.3.wal", bytes("older"));
    await settle("a");
    const expected = { "3.wal": "older", "4.wal": "precious", wal: `${HEADER}a` };
    for (const [name, text] of Object.entries(expected)) {
      expect(contentsOf(files).get(`/root/c/h/current.${name}`)).toBe(text);
    }
  });

  test("is never removed, and all that comes after it is kept behind it, snapshot or not", async () => {
    host.foundDirectory();
    host.foundUnreadWal();
    host.addPending(bytes("a"));
    await host.beginCover().forget();
    await settle("b");
    host.addPending(bytes("c"));
    await host.beginCover().forget();
    expect([contentsOf(files).get(EARLIER), wal()]).toEqual(["precious", `${HEADER}abc`]);
    // Covered, so that it makes no further checkpoint due.
    expect(host.logBytes).toBe(0);
    await settle("d");
    expect(host.logBytes).toBe(1);
  });

  test("that somebody takes away is no more in the way of what comes", async () => {
    host.foundDirectory();
    host.foundUnreadWal();
    await files.remove(WAL);
    host.addPending(bytes("a"));
    await expect(host.settle()).rejects.toThrow("no such file or directory");
    await host.settle();
    expect(wal()).toBe(`${HEADER}a`);
  });

  test("stays where it is while nothing comes", async () => {
    host.foundDirectory();
    host.foundUnreadWal();
    await host.beginCover().forget();
    expect([...contentsOf(files).keys()]).toEqual([WAL]);
  });
});

describe("earlier WALs that are read", () => {
  beforeEach(() => {
    files.put(EARLIER, bytes("x"));
    files.put("/root/c/h/current.2.wal", bytes("y"));
    files.put(WAL, bytes(`${HEADER}z`));
    host.foundDirectory();
    host.foundEarlierWal(2, "read");
    host.foundEarlierWal(1, "read");
    host.foundWal(HEADER.length + 1, HEADER.length + 1);
  });

  test("go when a snapshot covers them", async () => {
    await host.beginCover().forget();
    expect([...contentsOf(files).keys()]).toEqual([]);
  });

  test("go the oldest first, each durably, so that no old record is found without those that overwrite it", async () => {
    for (let seed = 1; seed < 40; seed++) {
      const disk = files.kill();
      const again = new HostFiles(disk, "/root", "c", "h");
      again.foundDirectory();
      again.foundEarlierWal(1, "read");
      again.foundEarlierWal(2, "read");
      again.foundWal(HEADER.length + 1, HEADER.length + 1);
      const random = seededRandom(seed);
      const stopAt = Math.floor(random() * 8);
      disk.onOperation = ({ index }) => (index === stopAt ? "power-cut" : "ok");
      await again
        .beginCover()
        .forget()
        .catch(() => {});
      const left = [...contentsOf(disk.crash(random)).keys()];
      const all = [EARLIER, "/root/c/h/current.2.wal", WAL];
      expect(left.toSorted(), `seed ${seed}`).toEqual(all.slice(all.length - left.length).toSorted());
      files = files.kill();
      files.put(EARLIER, bytes("x"));
      files.put("/root/c/h/current.2.wal", bytes("y"));
      files.put(WAL, bytes(`${HEADER}z`));
    }
  });
});

test("a directory in the place of a WAL of which the start knows nothing is put aside", async () => {
  await files.makeDirectory(WAL);
  await settle("a");
  expect(wal()).toBe(`${HEADER}a`);
  expect(await files.list(`${WAL}.damaged`)).toEqual([]);
});

describe.each([
  ["the host's directory", "/root/c/h"],
  ["the directory of the cluster", "/root/c"],
])("a file where %s belongs", (_, path) => {
  test("is put aside when the host sends something, and costs nothing", async () => {
    files.put(path, bytes("mine"));
    await settle("a");
    expect(contentsOf(files)).toEqual(
      new Map([
        [`${path}.damaged`, "mine"],
        [WAL, `${HEADER}a`],
      ]),
    );
  });
});

describe("a directory that somebody has removed", () => {
  test("is made again at the second try, and takes what is pending", async () => {
    await settle("a");
    await files.remove(WAL);
    await files.remove("/root/c/h");
    host.addPending(bytes("b"));
    await expect(host.settle()).rejects.toThrow("no such file or directory");
    await settle("c");
    expect(wal()).toBe(`${HEADER}bc`);
    expect(host.logBytes).toBe(HEADER.length + 2);
  });

  test("and that is there again, as after a mount, keeps its WAL for the next start", async () => {
    await settle("a");
    await files.rename("/root/c/h", "/root/c/gone");
    host.addPending(bytes("b"));
    await expect(host.settle()).rejects.toThrow("no such file or directory");
    await files.rename("/root/c/gone", "/root/c/h");
    await host.settle();
    expect([contentsOf(files).get(EARLIER), wal()]).toEqual([`${HEADER}a`, `${HEADER}b`]);
  });

  test("is made again after a checkpoint that failed for it", async () => {
    await host.prepareDirectory();
    await files.remove("/root/c/h");
    host.beginCover().restore();
    await host.prepareDirectory();
    expect(await files.list("/root/c/h")).toEqual([]);
  });
});

test("snapshots of which the start knows nothing are noted before the first is written", async () => {
  files.put("/root/c/h/100.bin", bytes("x"));
  files.put("/root/c/h/50.json", bytes("x"));
  await host.prepareDirectory();
  expect(host.snapshots).toEqual([
    { name: "50.json", format: "json", from: 50, to: -Infinity },
    { name: "100.bin", format: "bin", from: 100, to: -Infinity },
  ]);
});

describe("a cover", () => {
  test("forgets the WAL and what was pending when it began, not what came later", async () => {
    await settle("a");
    host.addPending(bytes("b"));
    const cover = host.beginCover();
    host.addPending(bytes("c"));
    await cover.forget();
    expect(wal()).toBeUndefined();
    await host.settle();
    expect(wal()).toBe(`${HEADER}c`);
  });

  test("gives back what was pending, before what came later", async () => {
    host.addPending(bytes("a"));
    const cover = host.beginCover();
    host.addPending(bytes("b"));
    cover.restore();
    await host.settle();
    expect(wal()).toBe(`${HEADER}ab`);
  });

  test("removes a WAL that was begun and failed", async () => {
    host.addPending(bytes("a"));
    failOnce("datasync", IO_ERROR);
    await expect(host.settle()).rejects.toThrow("input/output error");
    files.onOperation = undefined;
    await host.beginCover().forget();
    expect(wal()).toBeUndefined();
  });
});
