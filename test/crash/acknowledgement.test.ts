// What an acknowledgement means, and what a refusal: requests that share flushes, on disks that fail.

import { beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { StorageError } from "../../src/ingest/sample-log.ts";
import { IO_ERROR, MemoryClock, MemoryFileSystem, NO_SPACE } from "../../src/runtime/memory.ts";
import type { Fault, Operation, OperationName, Outcome } from "../../src/runtime/memory.ts";
import { filesOf, line, samplesOf, send, settle, T0 } from "./lines.ts";
import { idle, startMachine, type Machine } from "./machine.ts";

let files: MemoryFileSystem;
const clock = new MemoryClock(T0 + 60);
beforeEach(() => {
  files = new MemoryFileSystem();
});

/** Lets all operations of that name fail on the files whose path ends so. */
function fail(name: OperationName, end: string, fault: Fault): void {
  files.onOperation = (operation: Operation): Outcome =>
    operation.name === name && operation.path.endsWith(end) ? fault : "ok";
}

/** What the next start finds after a power cut. */
async function afterPowerCut(seed = 1): Promise<Machine> {
  return startMachine(files.crash(seededRandom(seed)), clock);
}

test("a request whose first piece went down with another one's flush is not acknowledged without it", async () => {
  const machine = await startMachine(files, clock);
  const slow = machine.ingest.begin("");
  slow.add(line({ value: 1 }));
  fail("datasync", ".log", IO_ERROR);
  await expect(send(machine, { host: "h2", value: 2 })).rejects.toThrow(StorageError);
  files.onOperation = undefined;
  await slow.finish();
  expect(samplesOf(await afterPowerCut()).get(T0)).toBe(1);
});

test("a request that comes while another's flush is failing is told of its own fate only", async () => {
  const machine = await startMachine(files, clock);
  let failures = 1;
  files.onOperation = ({ name }) => (name === "datasync" && failures-- > 0 ? IO_ERROR : "ok");
  const first = send(machine, { value: 1 });
  await Promise.resolve();
  const second = send(machine, { host: "h2", value: 2 });
  await expect(first).rejects.toThrow("not stored durably: datasync");
  await second;
  expect(samplesOf(await afterPowerCut(), "h2").get(T0)).toBe(2);
});

describe.each<[string, OperationName, string, Fault]>([
  ["a full disk", "append", ".log", NO_SPACE],
  ["a full disk, after half of the bytes", "append", ".log", { ...NO_SPACE, writtenShare: 0.5 }],
  ["a disk with no room for another file", "openForAppend", ".log", NO_SPACE],
  ["a sync that fails", "datasync", ".log", IO_ERROR],
  ["a directory whose sync fails", "syncDirectory", ".journal", IO_ERROR],
])("%s", (_, name, end, fault) => {
  test("refuses the write, goes on reading, and takes writes again when it can", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, { time: T0, value: 1 });
    await settle(machine);
    fail(name, end, fault);
    for (let i = 0; i < 20; i++) await expect(send(machine, { time: T0 + 10, value: i })).rejects.toThrow(StorageError);
    expect(samplesOf(machine)).toEqual(
      new Map([
        [T0, 1],
        [T0 + 10, 19],
      ]),
    );
    files.onOperation = undefined;
    await send(machine, { time: T0 + 20, value: 3 });
    expect(files.openFileCount).toBe(1);
    const found = samplesOf(await afterPowerCut());
    expect([found.get(T0), found.get(T0 + 20)]).toEqual([1, 3]);
  });
});

test("twenty refused writes on a full disk do not leave twenty journals", async () => {
  const machine = await startMachine(files, clock);
  fail("append", ".log", NO_SPACE);
  for (let i = 0; i < 20; i++) await expect(send(machine, { value: i })).rejects.toThrow(StorageError);
  expect(filesOf(machine, ".journal")).toEqual([]);
});

test("a broken-off request is in the WAL after the next settling, though nobody asked for it", async () => {
  const machine = await startMachine(files, clock);
  const batch = machine.ingest.begin("");
  batch.add(line({ value: 1 }));
  batch.abort();
  await settle(machine);
  expect(samplesOf(await afterPowerCut()).get(T0)).toBe(1);
});

test("of two journals the older one is never found without the newer", async () => {
  const machine = await startMachine(files, clock);
  await send(machine, { value: 1 });
  // The settling fails once, so that there are two journals, with two values for one slot.
  fail("append", ".wal", NO_SPACE);
  await settle(machine);
  files.onOperation = undefined;
  await send(machine, { value: 2 });
  const removed: string[] = [];
  files.onOperation = ({ name, path }): Outcome => {
    if (name === "syncDirectory" && path.endsWith(".journal")) removed.length = 0;
    if (name === "remove" && path.endsWith(".log")) removed.push(path);
    return removed.length > 1 ? "power-cut" : "ok";
  };
  await settle(machine);
  expect(removed.length).toBeLessThan(2);
  for (let seed = 1; seed < 50; seed++) expect(samplesOf(await afterPowerCut(seed)).get(T0)).toBe(2);
});

test("a host whose WAL cannot be written holds back a dozen journals, no more, and loses nothing", async () => {
  const machine = await startMachine(files, clock);
  fail("openForAppend", "h1/current.wal", { code: "not-allowed", reason: "permission denied" });
  let mostJournals = 0;
  for (let i = 0; i < 40; i++) {
    await send(machine, { time: T0 + (i % 3) * 10, value: i }, { host: "h2", value: i });
    await settle(machine);
    mostJournals = Math.max(mostJournals, filesOf(machine, ".journal").length);
  }
  expect(mostJournals).toBeLessThan(14);
  expect(machine.problems.length).toBe(40);
  const found = await afterPowerCut();
  expect([...samplesOf(found).values()]).toEqual([39, 37, 38]);
  expect(samplesOf(found, "h2").get(T0)).toBe(39);
});

test("with checkpoints.sync, what a failed flush has lost is in the WALs instead", async () => {
  const machine = await startMachine(files, clock, { sync: { everyMs: 1000 } });
  await send(machine, { value: 1 });
  fail("datasync", ".log", IO_ERROR);
  machine.scheduler.pass(1000);
  await idle();
  expect(machine.problems).toEqual([]);
  expect(samplesOf(await afterPowerCut()).get(T0)).toBe(1);
});

test("with checkpoints.sync, a settling that fails does not take the samples out of reach of the next flush", async () => {
  const machine = await startMachine(files, clock, { sync: { everyMs: 60_000 } });
  await send(machine, { value: 1 });
  fail("append", ".wal", NO_SPACE);
  await settle(machine);
  expect(machine.problems).toHaveLength(1);
  machine.scheduler.pass(60_000);
  await idle();
  for (let seed = 1; seed < 20; seed++) expect(samplesOf(await afterPowerCut(seed)).get(T0)).toBe(1);
});

test("close() answers commits that are under way", async () => {
  const machine = await startMachine(files, clock);
  const sent = Array.from({ length: 5 }, (_, i) => send(machine, { time: T0 + i * 10, value: i }));
  const closed = machine.persistence.close();
  sent.push(send(machine, { time: T0 + 50, value: 5 }));
  await Promise.all(sent);
  await closed;
  expect([...samplesOf(await afterPowerCut()).values()]).toEqual([0, 1, 2, 3, 4, 5]);
});

test("close() writes snapshots even if the journal takes nothing", async () => {
  const machine = await startMachine(files, clock);
  fail("openForAppend", ".log", IO_ERROR);
  await expect(send(machine, { value: 1 })).rejects.toThrow(StorageError);
  await machine.persistence.close();
  files.onOperation = undefined;
  expect(samplesOf(await afterPowerCut()).get(T0)).toBe(1);
});
