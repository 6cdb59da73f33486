import { describe, expect, test } from "vitest";
import { IO_ERROR } from "../../src/runtime/memory.ts";
import type { OverCapReport } from "../../src/upkeep/memory-cap.ts";
import type { Store } from "../../src/index.ts";
import {
  expectSame,
  HOUR,
  minutes,
  newWorld,
  readAll,
  RETENTION,
  sizesOf,
  T0,
  writeMinutes,
  type World,
} from "./support.ts";

const CAP = 1000;
const MINUTE = 60;

/** A store with 48 hours of samples that came as they were measured; the process is below its cap so far. */
async function filled(world: World, reports: OverCapReport[]): Promise<Store> {
  const store = await world.open({
    memoryCapBytes: CAP,
    nodeProvider: { usedNodes: async () => ({ c: ["busy"] }) },
    events: { overMemoryCap: (report) => void reports.push(report) },
  });
  world.clock.set(T0 + RETENTION);
  for (const host of ["h1", "busy"]) await writeMinutes(store, T0, T0 + RETENTION, { host });
  return store;
}

/** The process shrinks below its cap once so many buffers are left in memory. */
function shrinkAt(world: World, store: Store, buffers: number): void {
  world.memory.onCollect = () => {
    if (sizesOf(store).buffers <= buffers) world.memory.rssBytes = CAP;
  };
}

describe("a process over its cap", () => {
  test.each([
    // 2 hosts × 2880 samples = 2 × 6 buffers of 512 minutes; those of 75 % of the retention end after 36 h = 2160 min.
    ["75 %", 10, "75 % of the retention", 0.75],
    ["50 %", 8, "50 % of the retention", 0.5],
    ["25 %", 4, "25 % of the retention", 0.25],
  ])("frees down to %s of the retention when that is enough", async (_, buffers, step, share) => {
    const world = newWorld();
    const reports: OverCapReport[] = [];
    const store = await filled(world, reports);
    world.memory.rssBytes = CAP + 1;
    shrinkAt(world, store, buffers);
    await world.pass(300);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ step, beforeBytes: CAP + 1, afterBytes: CAP, unsavedBuffers: 0 });
    expect(reports[0]?.olderThan).toBe(world.clock.now() - RETENTION * share);
    expect(store.status()).toMatchObject({
      memory: {
        state: "near",
        timesOver: 1,
        capBytes: CAP,
        buffersFreedEarly: 12 - sizesOf(store).buffers,
      },
    });
    await store.close();
  });

  test("loses nothing: what left memory is read from disk, with what is in memory as one", async () => {
    const world = newWorld();
    const store = await filled(world, []);
    world.memory.rssBytes = CAP + 1;
    await world.pass(300);
    expectSame(await readAll(store, "h1", T0, T0 + RETENTION), minutes(T0, T0 + RETENTION));
    const summed = await store.read(["c", ["h1", "busy"]], "load", T0, T0 + RETENTION);
    expect([...summed.values]).toEqual([...minutes(T0, T0 + RETENTION).values()]);
    await store.close();
  });

  test("frees nothing that cannot be written to disk, and says that it is still over", async () => {
    const world = newWorld();
    const reports: OverCapReport[] = [];
    const store = await filled(world, reports);
    world.files.onOperation = ({ path }) => (path.endsWith(".bin.tmp") ? IO_ERROR : "ok");
    world.memory.rssBytes = CAP + 1;
    await world.pass(300);
    expect(reports.at(-1)).toMatchObject({ buffers: 0, afterBytes: CAP + 1 });
    expect(reports.at(-1)?.unsavedBuffers).toBeGreaterThan(0);
    expect(store.status()).toMatchObject({ memory: { state: "over" }, store: { buffers: 12 } });
    expect(world.problems).toContainEqual(expect.stringContaining("memory cap: checkpoint before freeing"));
    world.files.onOperation = undefined;
    await store.close();
  });

  test("frees hosts in use only after all others are freed by the retention", async () => {
    const world = newWorld();
    const reports: OverCapReport[] = [];
    const store = await filled(world, reports);
    world.clock.set(T0 + RETENTION + 10 * HOUR);
    world.memory.rssBytes = CAP + 1;
    shrinkAt(world, store, 11);
    await world.pass(300);
    expect(reports[0]?.step).toBe("retention");
    world.memory.rssBytes = CAP + 1;
    shrinkAt(world, store, 10);
    await world.pass(30);
    expect(reports[1]?.step).toBe("hosts in use");
    await store.close();
  });

  test("gives idle memory back before it frees any", async () => {
    const world = newWorld();
    const reports: OverCapReport[] = [];
    const store = await filled(world, reports);
    world.memory.rssBytes = CAP + 1;
    world.memory.onCollect = () => (world.memory.rssBytes = CAP - 1);
    await world.pass(300);
    expect(reports).toEqual([expect.objectContaining({ step: undefined, buffers: 0, olderThan: undefined })]);
    expect(store.status()).toMatchObject({ store: { buffers: 12 } });
    await store.close();
  });

  test("takes what was dropped for gone where the runtime cannot collect on demand", async () => {
    const world = newWorld();
    const reports: OverCapReport[] = [];
    const store = await filled(world, reports);
    world.memory.collects = false;
    world.memory.rssBytes = CAP + 1;
    await world.pass(300);
    // A slab of 2 MiB is given back only when none of its buffers is in use, which is not so here.
    expect(reports[0]).toMatchObject({ step: "25 % of the retention", afterBytes: CAP + 1 });
    await store.close();
  });
});

describe("how often it is looked", () => {
  test.each([
    ["every 5 minutes while there is room", 0.8 * CAP, 3, 15 * MINUTE],
    ["every 30 seconds above 80 %", 0.8 * CAP + 1, 21, 15 * MINUTE],
  ])("%s", async (_, rssBytes, expected, seconds) => {
    const world = newWorld();
    const store = await world.open({ memoryCapBytes: CAP });
    world.memory.rssBytes = rssBytes;
    const looked = new Set<number>();
    world.memory.usage = () => {
      looked.add(world.clock.now());
      return { rssBytes, heapBytes: 1 };
    };
    for (let passed = 0; passed < seconds; passed += 10) await world.pass(10);
    expect(looked.size).toBe(expected);
    await store.close();
  });

  test("never without a cap", async () => {
    const world = newWorld();
    const store = await world.open();
    world.memory.rssBytes = 1e15;
    world.memory.onCollect = () => expect.unreachable();
    await world.pass(600);
    expect(store.status()).toMatchObject({ memory: { state: "off", capBytes: null, rssBytes: 1e15 } });
    await store.close();
  });
});
