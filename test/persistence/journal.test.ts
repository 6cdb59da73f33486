import { beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/persistence/journal.ts";
import { IO_ERROR, MemoryFileSystem, NO_SPACE, type Fault, type OperationName } from "../../src/runtime/memory.ts";
import { bytes, contentsOf } from "../runtime/power-cuts.ts";

let files: MemoryFileSystem;
beforeEach(async () => {
  files = new MemoryFileSystem();
  await files.makeDirectory("/root");
});

const newJournal = (numbers: readonly number[] = [], last = numbers.at(-1) ?? 0): Journal =>
  new Journal(files, "/root", { numbers, last });

const HEADER = "\u0002\u00a7\u001d\u00cc";

/** Number → text behind the header. */
function journals(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path, text] of contentsOf(files)) {
    expect(text.startsWith(HEADER), path).toBe(true);
    found[path.replace("/root/.journal/", "").replace(".log", "")] = text.slice(HEADER.length);
  }
  return found;
}

function failOnce(name: OperationName, fault: Fault): void {
  let isDone = false;
  files.onOperation = (operation) => {
    if (isDone || operation.name !== name) return "ok";
    isDone = true;
    return fault;
  };
}

test("one file takes all appends until it is ended; the next one has the next number", async () => {
  const journal = newJournal();
  await journal.append([bytes("a"), bytes("b")]);
  await journal.append([bytes("c")]);
  expect(await journal.rotate()).toEqual([1]);
  await journal.append([bytes("d")]);
  expect(journals()).toEqual({ 1: "abc", 2: "d" });
  expect(journal.sizeBytes).toBe(HEADER.length + 1);
});

test("numbers go on behind the largest that was found, read or not", async () => {
  const journal = newJournal([3, 4], 9);
  await journal.append([bytes("a")]);
  expect(await journal.rotate()).toEqual([3, 4, 10]);
});

test("a file with records that fails is given up and kept; the next append begins another", async () => {
  const journal = newJournal();
  await journal.append([bytes("a")]);
  failOnce("datasync", IO_ERROR);
  await expect(journal.datasync()).rejects.toThrow("input/output error");
  await journal.append([bytes("b")]);
  expect(journals()).toEqual({ 1: "a", 2: "b" });
  expect(files.openFileCount).toBe(1);
});

test.each<[OperationName, Fault]>([
  ["append", { ...NO_SPACE, writtenShare: 0.5 }],
  ["datasync", IO_ERROR],
  ["syncDirectory", IO_ERROR],
])("a file that fails in the making (%s) is closed and gone", async (name, fault) => {
  const journal = newJournal();
  failOnce(name, fault);
  await expect(journal.append([bytes("a")])).rejects.toThrow(fault.reason);
  expect([files.openFileCount, contentsOf(files).size]).toEqual([0, 0]);
  expect(await journal.rotate()).toEqual([]);
});

test("a file that fails in the making and cannot be removed goes with the others", async () => {
  const journal = newJournal();
  files.onOperation = ({ name }) => (name === "append" || name === "remove" ? IO_ERROR : "ok");
  await expect(journal.append([bytes("a")])).rejects.toThrow("input/output error");
  files.onOperation = undefined;
  const ended = await journal.rotate();
  expect(ended).toEqual([1]);
  await journal.remove(ended);
  expect(contentsOf(files).size).toBe(0);
});

test("removing stops at the first file that stays, and forgets none", async () => {
  const journal = newJournal();
  for (const text of ["a", "b", "c"]) {
    await journal.append([bytes(text)]);
    await journal.rotate();
  }
  files.onOperation = ({ name, path }) => (name === "remove" && path.endsWith("2.log") ? IO_ERROR : "ok");
  await expect(journal.remove([1, 2, 3])).rejects.toThrow("input/output error");
  files.onOperation = undefined;
  expect(journals()).toEqual({ 2: "b", 3: "c" });
  expect(await journal.rotate()).toEqual([2, 3]);
  await journal.remove([2, 3]);
  expect(await journal.removeDirectory()).toBe(true);
  expect(await files.list("/root")).toEqual([]);
});

test("the directory stays while there are journals, or files of others, in it", async () => {
  const journal = newJournal();
  await journal.append([bytes("a")]);
  expect(await journal.removeDirectory()).toBe(false);
  await journal.remove(await journal.rotate());
  files.put("/root/.journal/damaged/1.log.damaged", bytes("x"));
  expect(await journal.removeDirectory()).toBe(false);
});
