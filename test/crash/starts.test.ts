// Starts after a crash: on disks that are full or fail, again and again, with logs read twice or in part.

import { beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { IO_ERROR, MemoryClock, MemoryFileSystem, NO_SPACE, type Outcome } from "../../src/runtime/memory.ts";
import { contentsOf, type Contents } from "./contents.ts";
import { filesOf, samplesOf, send, settle, T0, type Sample } from "./lines.ts";
import { idle, ROOT, startMachine, type Machine } from "./machine.ts";

let files: MemoryFileSystem;
const clock = new MemoryClock(T0 + 60);
beforeEach(() => {
  files = new MemoryFileSystem();
});

const JOURNAL = `${ROOT}/.journal/1.log`;
const WAL = `${ROOT}/alpha/h1/current.wal`;
const EARLIER = `${ROOT}/alpha/h1/current.1.wal`;

/** Two values for some slots, three hosts, out of order. */
const samples: readonly Sample[] = Array.from({ length: 30 }, (_, i) => ({
  host: `h${1 + (i % 3)}`,
  time: T0 - ((i * 7) % 20) * 10,
  value: i + 0.5,
}));

async function crashed(): Promise<Contents> {
  const machine = await startMachine(files, clock);
  for (const sample of samples) await send(machine, sample);
  files = files.kill();
  return contentsOf(machine.store);
}

async function restarted(disk = files): Promise<Machine> {
  return startMachine(disk, clock);
}

describe("a start with a journal", () => {
  test("serves all of it before it is in WALs, and has it in WALs a second later", async () => {
    const expected = await crashed();
    const machine = await restarted();
    expect(contentsOf(machine.store)).toEqual(expected);
    expect([filesOf(machine, ".journal"), files.files().has(WAL)]).toEqual([["1.log"], false]);
    machine.scheduler.pass(1000);
    await idle();
    expect([filesOf(machine, ".journal"), files.files().has(WAL)]).toEqual([[], true]);
    expect(contentsOf((await restarted(files.kill())).store)).toEqual(expected);
  });

  test("that crashes before it is in WALs reads it again, behind it what has come since", async () => {
    let expected = await crashed();
    for (let start = 1; start <= 3; start++) {
      const machine = await restarted();
      expect(contentsOf(machine.store)).toEqual(expected);
      await send(machine, { time: T0, value: start });
      expected = contentsOf(machine.store);
      files = files.crash(seededRandom(start));
    }
    const machine = await restarted();
    await settle(machine);
    expect(filesOf(machine, ".journal")).toEqual([]);
    expect(contentsOf((await restarted(files.kill())).store)).toEqual(expected);
  });

  test("that finds the disk full serves all of it, and has it in WALs when there is room again", async () => {
    const expected = await crashed();
    files.onOperation = ({ name }): Outcome => (name === "append" || name === "openForAppend" ? NO_SPACE : "ok");
    const machine = await restarted();
    expect(contentsOf(machine.store)).toEqual(expected);
    await settle(machine);
    expect(machine.problems).toEqual([expect.stringContaining("no space left")]);
    await expect(send(machine, { value: 99 })).rejects.toThrow("no space left");
    expect(filesOf(machine, ".journal")).toEqual(["1.log"]);
    files.onOperation = undefined;
    await settle(machine);
    expect(filesOf(machine, ".journal")).toEqual([]);
    expect(contentsOf((await restarted(files.crash(seededRandom(1)))).store)).toEqual(contentsOf(machine.store));
  });

  test.each(["remove", "syncDirectory"] as const)(
    "that cannot be removed (%s fails) keeps it, and those behind it, and the next start is right",
    async (failing) => {
      await crashed();
      files.onOperation = ({ name, path }): Outcome =>
        name === failing && path.includes(".journal") ? IO_ERROR : "ok";
      const machine = await restarted();
      files.onOperation = ({ name, path }): Outcome => (name === "remove" && path === JOURNAL ? IO_ERROR : "ok");
      await send(machine, { time: T0, value: 77 });
      await settle(machine);
      files.onOperation = undefined;
      expect(machine.problems.length).toBeGreaterThan(0);
      for (let seed = 1; seed < 20; seed++) {
        const found = await restarted(files.crash(seededRandom(seed)));
        expect(samplesOf(found).get(T0)).toBe(77);
        await found.persistence.close();
        expect(filesOf(found, ".journal")).toEqual([]);
      }
    },
  );

  test("that cannot be read puts it aside, so that it never overwrites what has come since", async () => {
    await crashed();
    files.onOperation = ({ name, path }): Outcome => (name === "readRange" && path === JOURNAL ? IO_ERROR : "ok");
    const machine = await restarted();
    files.onOperation = undefined;
    expect(machine.persistence.report.damaged).toMatchObject([{ path: JOURNAL }]);
    await send(machine, { time: T0, value: 77 });
    await machine.persistence.close();
    const found = await restarted();
    expect(samplesOf(found).get(T0)).toBe(77);
    expect(filesOf(found, ".journal")).toEqual(["damaged/1.log.damaged"]);
  });
});

describe("a WAL that could not be read", () => {
  test.each(["readRange", "sizeOf"] as const)("(%s fails) is neither appended to nor removed", async (failing) => {
    const machine = await startMachine(files, clock);
    await send(machine, { time: T0, value: 1 });
    await settle(machine);
    files = files.kill();
    const bytes = files.files().get(WAL);
    files.onOperation = ({ name, path }): Outcome => (name === failing && path === WAL ? IO_ERROR : "ok");
    const second = await restarted();
    files.onOperation = undefined;
    await send(second, { time: T0, value: 2 });
    await settle(second);
    await second.persistence.close();
    expect(files.files().get(EARLIER)).toEqual(bytes);
    // It can be read now; what has come since counts all the same.
    const third = await restarted((files = files.kill()));
    expect(samplesOf(third).get(T0)).toBe(2);
    await third.persistence.close();
    expect(filesOf(third, "alpha").filter((name) => name.endsWith(".wal"))).toEqual([]);
    expect(samplesOf(await restarted((files = files.kill()))).get(T0)).toBe(2);
  });

  test.each([1, 2, 3])(
    "gives its samples when it can be read, %i lives later, as if it had been read at once",
    async (lives) => {
      const first = await startMachine(files, clock);
      // A snapshot has the first; the WAL another value for it, and more.
      await send(first, { time: T0, value: 1 });
      await first.persistence.checkpoint();
      await send(first, { time: T0, value: 2 }, { time: T0 - 10, value: 3 }, { time: T0 - 20, value: 4 });
      await settle(first);
      files = files.kill();
      const unread = [
        ["current.wal"],
        ["current.1.wal", "current.wal"],
        ["current.1.wal", "current.2.wal", "current.wal"],
      ];
      for (let life = 0; life < lives; life++) {
        files.onOperation = ({ name, path }): Outcome =>
          name === "readRange" && path.endsWith(".wal") ? IO_ERROR : "ok";
        const machine = await restarted();
        const paths = machine.persistence.report.damaged.map(({ path }) => path);
        expect(paths.map((path) => path.slice(path.indexOf("current")))).toEqual(unread[life]);
        if (life < 2) await send(machine, { time: T0 - 20, value: 5 + life }, { time: T0 - 30, value: 7 });
        if (life === 0) await machine.persistence.checkpoint();
        files = files.kill();
      }
      const found = await restarted();
      const newest = lives === 1 ? 5 : 6;
      expect(samplesOf(found)).toEqual(
        new Map([
          [T0, 2],
          [T0 - 10, 3],
          [T0 - 20, newest],
          [T0 - 30, 7],
        ]),
      );
      await found.persistence.close();
      expect(filesOf(found, "alpha").filter((name) => name.endsWith(".wal"))).toEqual([]);
    },
  );

  test("since its directory could not be listed, is not overwritten by the host's new samples", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, { time: T0, value: 1 });
    await settle(machine);
    files = files.kill();
    const bytes = files.files().get(WAL);
    files.onOperation = ({ name, path }): Outcome => (name === "list" && path.endsWith("/alpha") ? IO_ERROR : "ok");
    const second = await restarted();
    files.onOperation = undefined;
    await send(second, { time: T0, value: 2 });
    await settle(second);
    expect(second.problems).toEqual([]);
    expect(files.files().get(EARLIER)).toEqual(bytes);
    expect(samplesOf(await restarted(files.kill())).get(T0)).toBe(2);
  });
});

test("a snapshot in a directory that could not be listed is merged, not overwritten, by one of the same time", async () => {
  const machine = await startMachine(files, clock);
  await send(machine, { time: T0, value: 1 }, { time: T0 + 10, value: 2 });
  await machine.persistence.close();
  files.onOperation = ({ name, path }): Outcome => (name === "list" && path.endsWith("/alpha") ? IO_ERROR : "ok");
  const second = await restarted();
  files.onOperation = undefined;
  await send(second, { time: T0, value: 3 });
  expect((await second.persistence.checkpoint()).failures).toEqual([]);
  expect([...samplesOf(await restarted(files.kill())).values()]).toEqual([3, 2]);
});

describe("reading logs again", () => {
  test("twice gives the same store", async () => {
    const expected = await crashed();
    const bytes = files.files().get(JOURNAL);
    if (bytes === undefined) throw new Error("no journal");
    files.put(`${ROOT}/.journal/2.log`, bytes);
    expect(contentsOf((await restarted()).store)).toEqual(expected);
  });

  test("in WAL and journal, or in snapshot and WAL, gives the same store", async () => {
    const expected = await crashed();
    const journal = files.files().get(JOURNAL);
    if (journal === undefined) throw new Error("no journal");
    await settle(await restarted());
    const wal = files.files().get(WAL);
    if (wal === undefined) throw new Error("no WAL");
    files.put(JOURNAL, journal);
    expect(contentsOf((await restarted((files = files.kill()))).store), "WAL and journal").toEqual(expected);
    const again = await restarted((files = files.kill()));
    await again.persistence.close();
    files.put(WAL, wal);
    const both = await restarted();
    expect(contentsOf(both.store), "snapshot and WAL").toEqual(expected);
    await both.persistence.checkpoint();
    expect(contentsOf((await restarted(files.kill())).store), "after another checkpoint").toEqual(expected);
  });
});

test("a start that is killed before anything is synced again and again loses nothing", async () => {
  const expected = await crashed();
  for (let stopAt = 0; ; stopAt++) {
    let cut = false;
    files.onOperation = ({ index }): Outcome => {
      cut ||= index === stopAt;
      return cut ? "power-cut" : "ok";
    };
    const machine = await restarted().catch(() => undefined);
    await idle();
    const next = stopAt % 2 === 0 ? files.kill() : files.crash(seededRandom(stopAt));
    files = next;
    if (!cut) {
      if (machine === undefined) throw new Error("it did not start");
      expect(contentsOf(machine.store)).toEqual(expected);
      return;
    }
  }
});
