import { describe, expect, test } from "vitest";
import { IO_ERROR } from "../../src/runtime/memory.ts";
import type { UsedNodes } from "../../src/index.ts";
import { expectSame, HOUR, minutes, newWorld, readAll, RETENTION, sizesOf, T0, writeMinutes } from "./support.ts";

describe("what is older than the retention", () => {
  test("leaves memory at half the retention, empty levels with it, and is still read from disk", async () => {
    const world = newWorld();
    const store = await world.open({ cleanup: { mode: "delete" } });
    await writeMinutes(store, T0 - HOUR, T0, { host: "gone" });
    await writeMinutes(store, T0 - HOUR, T0);
    for (let hour = 0; hour < 60; hour += 12) {
      await world.pass(12 * HOUR);
      await writeMinutes(store, T0 + hour * HOUR, T0 + (hour + 12) * HOUR);
    }
    await world.pass(12 * HOUR);
    expect(store.children(["c"])).toEqual(["h1"]);
    // 61 hours have come; in memory is the retention, and what shares a buffer of 512 minutes with it.
    expect(sizesOf(store).samples).toBeLessThanOrEqual((RETENTION + 12 * HOUR) / 60 + 512);
    expect(sizesOf(store).samples).toBeGreaterThanOrEqual((RETENTION - 12 * HOUR) / 60);
    // The cleanup has deleted what ended 48 hours ago.
    const kept = T0 + 12 * HOUR;
    expectSame(await readAll(store, "h1", kept, T0 + 60 * HOUR), minutes(kept, T0 + 60 * HOUR));
    expect(world.problems).toEqual([]);
    await store.close();
  });

  test("stays in memory as long as it cannot be written to disk, and goes when it can", async () => {
    const world = newWorld();
    const freed: number[] = [];
    const store = await world.open({
      checkpointIntervalMs: 1e12,
      events: { freed: ({ unsavedBuffers }) => void freed.push(unsavedBuffers) },
    });
    await writeMinutes(store, T0 - HOUR, T0);
    world.files.onOperation = ({ path }) => (path.endsWith(".bin.tmp") ? IO_ERROR : "ok");
    await world.pass(RETENTION / 2);
    await world.pass(RETENTION / 2 + 2 * HOUR);
    expect(store.children(["c"])).toEqual(["h1"]);
    expect(freed.at(-1)).toBe(1);
    expect(world.problems.some((text) => text.startsWith("retention: checkpoint before freeing"))).toBe(true);
    world.files.onOperation = undefined;
    await world.pass(RETENTION / 2);
    expect(store.children(["c"])).toEqual([]);
    expect(freed.at(-1)).toBe(0);
    // It was written first: the disk has it all.
    expectSame(await readAll(store, "h1", T0 - HOUR, T0), minutes(T0 - HOUR, T0));
    await store.close();
  });
});

describe("hosts in use by running jobs", () => {
  const withProvider = (answer: () => UsedNodes) => ({ nodeProvider: { usedNodes: async () => answer() } });

  test("keep their samples in memory until the job has ended", async () => {
    const world = newWorld();
    let used: UsedNodes = { c: ["busy"] };
    const store = await world.open(withProvider(() => used));
    await writeMinutes(store, T0 - HOUR, T0, { host: "busy" });
    await writeMinutes(store, T0 - HOUR, T0, { host: "idle" });
    await world.pass(RETENTION + 2 * HOUR);
    expect(store.children(["c"])).toEqual(["busy"]);
    expect(store.status()).toMatchObject({ retention: { nodeProvider: { state: "up", hostsInUse: 1 } } });
    used = {};
    await world.pass(RETENTION / 2);
    expect(store.children(["c"])).toEqual([]);
    await store.close();
  });

  test("are kept by their age alone while the provider is down, which is said once, and once when it is back", async () => {
    const world = newWorld();
    const states: string[] = [];
    let isDown = true;
    const store = await world.open({
      nodeProvider: {
        usedNodes: async () => {
          if (isDown) throw new Error("down");
          return { c: ["busy"] };
        },
      },
      events: { nodeProvider: ({ state }) => void states.push(state) },
    });
    await writeMinutes(store, T0 - HOUR, T0, { host: "busy" });
    await world.pass(RETENTION / 2);
    await world.pass(RETENTION / 2 + 2 * HOUR);
    expect(store.children(["c"])).toEqual([]);
    expect(states).toEqual(["down"]);
    isDown = false;
    await world.pass(RETENTION / 2);
    expect(states).toEqual(["down", "up"]);
    await store.close();
  });

  test("are asked for by the time before which their jobs started: that of the oldest sample kept", async () => {
    const world = newWorld();
    const asked: number[] = [];
    const store = await world.open({
      nodeProvider: {
        usedNodes: async (time) => {
          asked.push(time);
          return {};
        },
      },
    });
    await world.pass(RETENTION / 2);
    expect(asked.at(-1)).toBe(T0 + RETENTION / 2 - RETENTION);
    await store.close();
  });
});
