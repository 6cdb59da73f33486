import { beforeEach, describe, expect, test } from "vitest";
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

test("a WAL of which the start knows nothing is put aside, never appended to and never removed", async () => {
  files.put(WAL, bytes("precious"));
  files.put(`${WAL}.damaged`, bytes("older"));
  await settle("a");
  expect(contentsOf(files)).toEqual(
    new Map([
      [`${WAL}.damaged`, "older"],
      [`${WAL}.2.damaged`, "precious"],
      [WAL, `${HEADER}a`],
    ]),
  );
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
