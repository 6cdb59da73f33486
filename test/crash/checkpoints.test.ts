// Checkpoints at the wrong moment, on the wrong disk, of the wrong samples.

import { beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { verify } from "../../src/persistence/verify.ts";
import { encodeHost } from "../../src/persistence/snapshot-files.ts";
import type { HostSnapshot } from "../../src/codec/host-snapshot.ts";
import { IO_ERROR, MemoryClock, MemoryFileSystem, NO_SPACE, type Outcome } from "../../src/runtime/memory.ts";
import { filesOf, samplesOf, send, settle, T0, type Sample } from "./lines.ts";
import { freeOld, idle, METRICS, RETENTION_SECONDS, ROOT, startMachine, type Machine } from "./machine.ts";

const NOW = T0 + 60;
const DAY = 86_400;

let files: MemoryFileSystem;
let clock: MemoryClock;
beforeEach(() => {
  files = new MemoryFileSystem();
  clock = new MemoryClock(NOW);
});

async function afterPowerCut(): Promise<Machine> {
  return startMachine(files.crash(seededRandom(7)), clock);
}

/** Leaves no journal behind, which would make up for whatever the snapshots lack. */
async function checkpoint(machine: Machine): Promise<void> {
  await settle(machine);
  const { failures } = await machine.persistence.checkpoint();
  expect(failures).toEqual([]);
}

/** As the reference wants them. */
async function expectOrder(): Promise<void> {
  const { failures } = await verify({ files, path: ROOT, now: NOW });
  expect(failures).toEqual([]);
}

const values = (machine: Machine, host?: string): number[] => [...samplesOf(machine, host).values()];

/** Consecutive samples with the values first, first + 1, … */
const ramp = (start: number, count: number, first: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({ time: start + i * 10, value: first + i }));

describe("a checkpoint that fails", () => {
  test.each(["openForAppend", "append", "datasync", "rename", "syncDirectory", "remove"] as const)(
    "at %s loses nothing, and the next one succeeds",
    async (failing) => {
      const machine = await startMachine(files, clock);
      await send(machine, ...ramp(T0 - 500, 5, 1));
      await checkpoint(machine);
      await send(machine, ...ramp(T0 - 480, 6, 11));
      await settle(machine);
      files.onOperation = ({ name, path }): Outcome =>
        name === failing && path.includes("/alpha/h1") && !path.endsWith(".tmp.") ? IO_ERROR : "ok";
      const { failures } = await machine.persistence.checkpoint();
      expect(failures).toHaveLength(1);
      files.onOperation = undefined;
      await send(machine, { time: T0 - 490, value: 99 });
      await settle(machine);
      expect(values(await startMachine(files.kill(), clock))).toEqual([1, 99, 11, 12, 13, 14, 15, 16]);
    },
  );

  test("while series are removed: the next one writes all that is left", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, { value: 1 }, { metric: "every1", time: NOW - RETENTION_SECONDS + 10, value: 2 });
    files.onOperation = ({ name, path }): Outcome => {
      if (name !== "datasync" || !path.endsWith(".tmp")) return "ok";
      clock.advance(60_000);
      freeOld(machine);
      return NO_SPACE;
    };
    expect((await machine.persistence.checkpoint()).failures).toHaveLength(1);
    files.onOperation = undefined;
    await settle(machine);
    await checkpoint(machine);
    expect(filesOf(machine, "alpha/h1")).not.toContain("current.wal");
    expect(values(await afterPowerCut())).toEqual([1]);
  });

  test("after a file got its name: that file is known, and never overwrites what comes later", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, { time: T0, value: 1 });
    await settle(machine);
    let isRenamed = false;
    files.onOperation = ({ name }): Outcome => {
      if (isRenamed && name === "syncDirectory") return IO_ERROR;
      isRenamed ||= name === "rename";
      return "ok";
    };
    expect((await machine.persistence.checkpoint()).failures).toHaveLength(1);
    files.onOperation = undefined;
    await send(machine, { time: T0, value: 2 }, { time: T0 - 100, value: 3 });
    await checkpoint(machine);
    expect(values(await afterPowerCut())).toEqual([3, 2]);
  });
});

describe("the WAL", () => {
  test("goes only when a durable snapshot has every record in it", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, ...ramp(T0 - 500, 20, 1));
    await checkpoint(machine);
    await send(machine, ...ramp(T0 - 400, 20, 101), { time: T0 - DAY, value: 50 });
    await settle(machine);
    const copies: Map<number, number>[] = [];
    // Whatever is on disk at the moment of the removal, without the WAL, must be all there is.
    files.onOperation = async ({ name, path }): Promise<Outcome> => {
      if (name !== "remove" || !path.endsWith(".wal")) return "ok";
      const copy = new MemoryFileSystem();
      for (const [file, bytes] of files.files()) if (!file.endsWith(".wal")) copy.put(file, bytes);
      copies.push(samplesOf(await startMachine(copy, clock)));
      return "ok";
    };
    await checkpoint(machine);
    expect(copies).toEqual([samplesOf(machine)]);
  });

  test("beyond max-wal-size is followed by a snapshot of that host, and of no other", async () => {
    const machine = await startMachine(files, clock, { maxWalSizeBytes: 500 });
    await send(machine, ...ramp(T0 - 500, 20, 1), { host: "h2", value: 1 });
    await settle(machine);
    expect(filesOf(machine, "alpha/h1")).toEqual([`${T0 - 500}.bin`]);
    expect(filesOf(machine, "alpha/h2")).toEqual(["current.wal"]);
    expect(values(await afterPowerCut())).toHaveLength(20);
  });

  test("of one host that cannot be checkpointed does not keep the others from it", async () => {
    const machine = await startMachine(files, clock, { maxWalSizeBytes: 500 });
    files.onOperation = ({ path }): Outcome => (path.includes("/h1/") ? IO_ERROR : "ok");
    await send(machine, ...ramp(T0 - 500, 20, 1), ...ramp(T0 - 500, 20, 1).map((s) => ({ ...s, host: "h2" })));
    await settle(machine);
    expect(filesOf(machine, "alpha/h2")).toEqual([`${T0 - 500}.bin`]);
  });
});

test("samples that come while a checkpoint writes are in the log, and in the next snapshot", async () => {
  const machine = await startMachine(files, clock);
  await send(machine, { time: T0, value: 1 });
  let sent: Promise<void> | undefined;
  files.onOperation = ({ name, path }): Outcome => {
    if (name === "rename" && path.endsWith(".tmp")) {
      sent ??= send(machine, { time: T0, value: 2 }, { time: T0 + 10, value: 3 }, { host: "new", value: 4 });
    }
    return "ok";
  };
  await checkpoint(machine);
  await sent;
  expect(values(await startMachine(files.kill(), clock))).toEqual([2, 3]);
});

test("a settling that runs beside a checkpoint neither doubles nor drops records", async () => {
  const machine = await startMachine(files, clock);
  await send(machine, { time: T0, value: 1 });
  machine.scheduler.pass(5000);
  const done = machine.persistence.checkpoint();
  await send(machine, { time: T0, value: 2 });
  machine.scheduler.pass(5000);
  await done;
  await idle();
  expect(machine.problems).toEqual([]);
  expect(values(await afterPowerCut())).toEqual([2]);
});

describe("late samples", () => {
  test("go into the snapshot that they belong to; the files keep their beginnings and do not grow together", async () => {
    const machine = await startMachine(files, clock);
    for (let i = 0; i < 4; i++) {
      await send(machine, ...ramp(T0 - 4000 + i * 1000, 50, i * 100));
      await checkpoint(machine);
    }
    const before = filesOf(machine, "alpha/h1").toSorted();
    await send(machine, { time: T0 - 3800 + 300, value: 7 }, { time: T0 - 4000, value: 8 }, { time: T0, value: 9 });
    await checkpoint(machine);
    const after = filesOf(machine, "alpha/h1").toSorted();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(before.length + 1);
    expect(samplesOf(await afterPowerCut())).toEqual(samplesOf(machine));
  });

  test("before all snapshots get one of their own", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, { time: T0, value: 1 });
    await checkpoint(machine);
    await send(machine, { time: T0 - 2 * DAY, value: 2 });
    await checkpoint(machine);
    expect(filesOf(machine, "alpha/h1").toSorted()).toEqual([`${T0 - 2 * DAY}.bin`, `${T0}.bin`]);
    expect(values(await afterPowerCut())).toEqual([2, 1]);
  });

  test("of a metric that is not configured any more stay in a snapshot that is written anew", async () => {
    const first = await startMachine(files, clock);
    await send(first, { value: 1 }, { metric: "every60", value: 2 });
    await first.persistence.close();
    const { every10 } = METRICS;
    const second = await startMachine(files, clock, { metrics: { every10 } });
    await send(second, { value: 3 });
    await second.persistence.close();
    const third = await startMachine(files, clock);
    expect([values(third), [...samplesOf(third, "h1", "every60").values()]]).toEqual([[3], [2]]);
  });
});

test("snapshots that overlap, since a series lags behind, are merged without a moment in which samples are nowhere", async () => {
  for (let stopAt = 0, isOver = false; !isOver; stopAt++) {
    files = new MemoryFileSystem();
    const machine = await startMachine(files, clock);
    await send(machine, { metric: "every600", time: T0 - 3600, value: 1 }, ...ramp(T0 - 3600, 300, 1));
    await checkpoint(machine);
    await send(machine, { metric: "every600", time: T0 - 3000, value: 2 }, ...ramp(T0 - 600, 30, 301));
    await checkpoint(machine);
    await send(machine, { time: T0 - 3600, value: 99 });
    const stopBefore = files.operationCount + stopAt;
    files.onOperation = ({ index }): Outcome => (index === stopBefore ? "power-cut" : "ok");
    const { failures } = await machine.persistence.checkpoint();
    isOver = failures.length === 0;
    const found = await afterPowerCut();
    expect(samplesOf(found), `stopped at ${stopAt}`).toEqual(samplesOf(machine));
  }
});

test("a snapshot in another format takes the place of the old one without a moment in which the old one counts", async () => {
  for (let stopAt = 0, isOver = false; !isOver; stopAt++) {
    files = new MemoryFileSystem();
    const first = await startMachine(files, clock, { format: "bin" });
    await send(first, { value: 1 });
    await first.persistence.close();
    const machine = await startMachine(files, clock, { format: "json" });
    await send(machine, { value: 2 });
    await settle(machine);
    const stopBefore = files.operationCount + stopAt;
    files.onOperation = ({ index }): Outcome => (index === stopBefore ? "power-cut" : "ok");
    isOver = (await machine.persistence.checkpoint()).failures.length === 0;
    for (let seed = 1; seed <= 20; seed++) {
      const found = await startMachine(files.crash(seededRandom(seed * 7919)), clock);
      expect(values(found), `stopped at ${stopAt}`).toEqual([2]);
    }
  }
});

describe("the reference finds blocks in order", () => {
  test("when new samples reach into a snapshot that reaches near others, with one between them that is kept", async () => {
    const base = T0 - 199_800;
    const machine = await startMachine(files, clock);
    await send(machine, { metric: "every10", time: base - 1000, value: 1 });
    await checkpoint(machine);
    await send(
      machine,
      { metric: "every600", time: base, value: 2 },
      { metric: "every600", time: base + 79_800, value: 3 },
    );
    await checkpoint(machine);
    await send(machine, { metric: "every1", time: base + 79_900, value: 4 });
    await checkpoint(machine);
    // More than a day from each other; the second snapshot bridges that.
    await send(
      machine,
      { metric: "every10", time: base + 10, value: 5 },
      { metric: "every1", time: base + 97_000, value: 6 },
    );
    await checkpoint(machine);
    await expectOrder();
    const found = await afterPowerCut();
    for (const metric of ["every1", "every10", "every600"] as const) {
      expect(samplesOf(found, "h1", metric)).toEqual(samplesOf(machine, "h1", metric));
    }
  });

  test("when a series was freed and comes back with samples older than those that a snapshot has", async () => {
    const machine = await startMachine(files, clock);
    await send(machine, { metric: "every60", time: T0 - 3000, value: 1 }, { time: T0 - 500, value: 2 });
    await checkpoint(machine);
    machine.store.freeAll();
    await send(machine, { time: T0 - 800, value: 3 });
    await checkpoint(machine);
    await expectOrder();
    expect(values(await afterPowerCut())).toEqual([3, 2]);
  });
});

test("a hole of more than a day begins another file; a file covers a day at most", async () => {
  const machine = await startMachine(files, clock);
  const hourly = Array.from({ length: 40 }, (_, i): Sample => ({
    metric: "every600",
    time: T0 - 2 * DAY + i * 3600,
    value: i,
  }));
  await send(machine, ...hourly, { metric: "every1", time: T0 + 2 * DAY, value: 99 });
  await checkpoint(machine);
  const names = [T0 - 2 * DAY, T0 - DAY, T0 + 2 * DAY].map((from) => `${from}.bin`);
  expect(filesOf(machine, "alpha/h1").toSorted()).toEqual(names);
  expect(samplesOf(await afterPowerCut(), "h1", "every600").size).toBe(40);
});

test("a frequency that was changed keeps the samples it has slots for, over further restarts, too", async () => {
  const first = await startMachine(files, clock);
  await send(first, ...ramp(T0 - 600, 13, 1));
  await first.persistence.close();
  const metrics = { every10: { frequency: 60, aggregation: "sum" } } as const;
  const second = await startMachine(files, clock, { metrics });
  const kept = values(second);
  expect(kept).toHaveLength(3);
  await send(second, { time: T0, value: 50 });
  await second.persistence.close();
  const third = await startMachine(files, clock, { metrics });
  expect(values(third)).toEqual([...kept, 50]);
});

const snapshot = (from: number, to: number, data: readonly number[]): HostSnapshot => ({
  from,
  to,
  level: {
    metrics: [{ name: "every10", frequency: 10, start: from, values: Float32Array.from(data) }],
    children: [],
  },
});

function put(host: HostSnapshot): void {
  files.put(`${ROOT}/alpha/h1/${host.from}.bin`, encodeHost(host, "bin"));
}

test("a block without a value in a snapshot does not keep its series from the next one", async () => {
  put(snapshot(T0 - 100, T0, [NaN, NaN]));
  const machine = await startMachine(files, clock);
  await send(machine, { value: 1 });
  await checkpoint(machine);
  expect(values(await afterPowerCut())).toEqual([1]);
});

test("snapshots that are out of order are in order after a clean stop", async () => {
  put({ ...snapshot(T0 - 200, T0 - 100, [1]), from: T0 - 100, to: T0 });
  put({ ...snapshot(T0 - 100, T0, [2]), from: T0 - 200, to: T0 - 100 });
  const machine = await startMachine(files, clock);
  await machine.persistence.close();
  const again = await startMachine(files, clock);
  expect(values(again)).toEqual([1, 2]);
  await expectOrder();
});

describe("snapshots older than the retention", () => {
  const oldest = NOW - RETENTION_SECONDS;

  test("are neither loaded nor touched, except the last one", async () => {
    put(snapshot(oldest - 3000, oldest - 2900, [1]));
    put(snapshot(oldest - 2000, oldest - 1900, [2]));
    put(snapshot(oldest - 50, oldest + 50, [3, 4]));
    const machine = await startMachine(files, clock);
    expect(values(machine)).toEqual([3, 4]);
    expect(machine.persistence.report.tooOld).toBe(2);
    await send(machine, { time: T0, value: 5 });
    await machine.persistence.close();
    expect(filesOf(machine, "alpha/h1")).toHaveLength(4);
  });

  test("are loaded if they reach into it, though another one begins before it", async () => {
    put(snapshot(oldest - 3000, oldest + 500, [...Array.from({ length: 340 }, () => NaN), 1]));
    put(snapshot(oldest - 2000, oldest - 1900, [2]));
    const machine = await startMachine(files, clock);
    expect([...samplesOf(machine)]).toContainEqual([oldest + 400, 1]);
  });

  test("are merged, not overwritten, when the clock goes back and a sample for one comes", async () => {
    put(snapshot(oldest - 3000, oldest - 2900, [1, 2]));
    put(snapshot(oldest - 2000, oldest - 1900, [3]));
    const machine = await startMachine(files, clock);
    clock.set(NOW - 86_400);
    await send(machine, { time: oldest - 3000, value: 9 });
    await checkpoint(machine);
    const found = await startMachine(files.kill(), new MemoryClock(NOW - 86_400));
    expect(values(found)).toEqual([9, 2, 3]);
  });
});

test("a snapshot that cannot be read any more when it must be merged is put aside, and said so", async () => {
  const machine = await startMachine(files, clock);
  await send(machine, { time: T0 - 100, value: 1 }, { time: T0 - 90, value: 2 });
  await checkpoint(machine);
  files.put(`${ROOT}/alpha/h1/${T0 - 100}.bin`, Buffer.from("nonsense"));
  await send(machine, { time: T0 - 100, value: 3 });
  const { failures } = await machine.persistence.checkpoint();
  expect(failures).toHaveLength(1);
  await checkpoint(machine);
  expect(filesOf(machine, "alpha/h1").toSorted()).toEqual([`${T0 - 100}.bin`, `${T0 - 100}.bin.damaged`]);
  expect(values(await afterPowerCut())).toEqual([3, 2]);
});
