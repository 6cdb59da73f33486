import { describe, expect, test } from "vitest";
import { IO_ERROR } from "../../src/runtime/memory.ts";
import {
  expectSame,
  HOUR,
  minutes,
  newWorld,
  readAll,
  RETENTION,
  ROOT,
  T0,
  writeMinutes,
  type World,
} from "./support.ts";

const CHECKPOINTS = 12 * HOUR;

/** A store into which samples come for so many hours, with all that is due in between. */
async function run(world: World, hours: number, options: Parameters<World["open"]>[0] = {}) {
  const store = await world.open({ checkpointIntervalMs: CHECKPOINTS * 1000, ...options });
  for (let hour = 0; hour < hours; hour += 2) {
    const now = world.clock.now();
    await world.pass(2 * HOUR);
    await writeMinutes(store, now, now + 2 * HOUR);
  }
  return store;
}

const snapshotsOf = (world: World, host = "h1"): string[] =>
  [...world.files.files().keys()]
    .filter((path) => path.startsWith(`${ROOT}/c/${host}/`) && path.endsWith(".bin"))
    .map((path) => path.slice(path.lastIndexOf("/") + 1));

describe("deleting old checkpoint files", () => {
  test("happens as often as the retention is long, and first an hour after the start", async () => {
    const world = newWorld();
    const runs: number[] = [];
    const store = await world.open({ events: { cleanedUp: () => void runs.push(world.clock.now() - T0) } });
    for (let passed = 0; passed < 3 * RETENTION; passed += HOUR) await world.pass(HOUR);
    expect(runs).toEqual([HOUR, HOUR + RETENTION, HOUR + 2 * RETENTION]);
    await store.close();
  });

  test("leaves every file that ends within the retention, and reads all of them as one series", async () => {
    const world = newWorld();
    const store = await run(world, 10 * 24);
    const now = world.clock.now();
    const oldest = Math.min(...snapshotsOf(world).map((name) => Number(name.slice(0, -4))));
    // The last cleanup was at most a retention ago.
    expect(oldest).toBeGreaterThan(now - 2 * RETENTION - CHECKPOINTS - HOUR);
    expect(oldest).toBeLessThan(now - RETENTION);
    const first = Math.ceil(oldest / 60) * 60;
    expectSame(await readAll(store, "h1", 0, now), minutes(first, now));
    expect(store.status()).toMatchObject({ cleanup: { mode: "delete", lastRun: { problems: [] } } });
    await store.close();
    const again = await world.open();
    expectSame(await readAll(again, "h1", 0, now), minutes(first, now));
    await again.close();
    expect(world.problems).toEqual([]);
  });

  test("removes the directory of a host that sends no more, and makes it again when it does", async () => {
    const world = newWorld();
    const store = await world.open();
    await writeMinutes(store, T0 - HOUR, T0);
    await store.checkpoint();
    expect(snapshotsOf(world)).not.toEqual([]);
    await world.pass(HOUR);
    await world.pass(2 * RETENTION);
    await expect(world.files.list(`${ROOT}/c/h1`)).rejects.toMatchObject({ code: "not-found" });
    const now = world.clock.now();
    await writeMinutes(store, now - HOUR, now);
    await store.checkpoint();
    expect(snapshotsOf(world)).toHaveLength(1);
    await store.close();
    const again = await world.open();
    expect((await readAll(again, "h1", now - HOUR, now)).size).toBe(60);
    await again.close();
  });

  test("spares the files of hosts in use by running jobs", async () => {
    const world = newWorld();
    const store = await world.open({ nodeProvider: { usedNodes: async () => ({ c: ["busy"] }) } });
    for (const host of ["busy", "idle"]) await writeMinutes(store, T0 - HOUR, T0, { host });
    await store.checkpoint();
    await world.pass(HOUR);
    await world.pass(2 * RETENTION);
    expect([snapshotsOf(world, "busy").length, snapshotsOf(world, "idle").length]).toEqual([1, 0]);
    await store.close();
    // A new start loads nothing so old; it is read from disk.
    const again = await world.open();
    expectSame(await readAll(again, "busy", T0 - HOUR, T0), minutes(T0 - HOUR, T0));
    await again.close();
  });

  test("never touches logs, what is damaged, foreign files, or a snapshot that does not tell its end", async () => {
    const world = newWorld();
    const store = await world.open();
    await writeMinutes(store, T0 - HOUR, T0);
    await store.checkpoint();
    const kept = {
      "1000.bin.damaged": new Uint8Array(5),
      "notes.txt": new Uint8Array(3),
      "1000.bin": new Uint8Array(0),
      "2000.json": new TextEncoder().encode('{"from":'),
    };
    for (const [name, bytes] of Object.entries(kept)) world.files.put(`${ROOT}/c/h1/${name}`, bytes);
    world.files.put(`${ROOT}/c/README`, new Uint8Array(1));
    await world.pass(HOUR);
    await world.pass(2 * RETENTION);
    const left = [...world.files.files().keys()].filter((path) => path.startsWith(`${ROOT}/c/`));
    expect(left.toSorted()).toEqual(
      [`${ROOT}/c/README`, ...Object.keys(kept).map((name) => `${ROOT}/c/h1/${name}`)].toSorted(),
    );
    const { lastRun } = (store.status() as { cleanup: { lastRun: { problems: string[] } } }).cleanup;
    expect(lastRun.problems).toHaveLength(2);
    expect(lastRun.problems[0]).toContain(`${ROOT}/c/h1/1000.bin: `);
    expect(lastRun.problems[1]).toContain(`${ROOT}/c/h1/2000.json: `);
    await store.close();
  });

  test("a file that cannot be removed stays, is told of, and costs no other", async () => {
    const world = newWorld();
    const store = await run(world, 48);
    const [first, ...rest] = snapshotsOf(world);
    world.files.onOperation = ({ name, path }) => (name === "remove" && path.endsWith(first ?? "") ? IO_ERROR : "ok");
    await store.checkpoint();
    await world.pass(3 * RETENTION);
    expect(snapshotsOf(world)).toEqual([first]);
    expect(rest.length).toBeGreaterThan(1);
    expect(world.problems).toContainEqual(expect.stringContaining(first ?? "?"));
    await store.close();
  });
});

describe("with reading from disk switched off", () => {
  test("a query ends where memory ends", async () => {
    const world = newWorld();
    const store = await run(world, 5 * 24, { readOldFromDisk: false });
    const found = await readAll(store, "h1", 0, world.clock.now());
    expect(Math.min(...found.keys())).toBeGreaterThan(world.clock.now() - 2 * RETENTION);
    expect(found.size).toBeLessThan(minutes(T0, world.clock.now()).size);
    await store.close();
  });
});
