import { describe, expect, test } from "vitest";
import type { OpenOptions, Store } from "../../src/index.ts";
import { randomOf } from "../support/random.ts";
import { InProcessWorkers } from "./in-process-workers.ts";
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

const ARCHIVE = "/var/archive";

interface ArchivingWorld extends World {
  openArchiving(options?: Partial<OpenOptions>): Promise<Store>;
  /** Time passes, the cleanup with it. */
  passWithCleanup(seconds: number): Promise<void>;
}

function newArchivingWorld(): ArchivingWorld {
  const workers = new InProcessWorkers();
  const world = newWorld({ startArchiveWorker: () => workers.start() });
  return {
    ...world,
    get files() {
      return world.files;
    },
    set files(files) {
      world.files = files;
    },
    openArchiving: (options = {}) => world.open({ cleanup: { mode: "archive", directory: ARCHIVE }, ...options }),
    async passWithCleanup(seconds) {
      await world.pass(seconds);
      await workers.ended();
      await world.scheduler.advance(0);
    },
  };
}

const parquetFiles = (world: World): string[] =>
  [...world.files.files().keys()].filter((path) => path.startsWith(`${ARCHIVE}/c/`) && path.endsWith(".parquet"));
const snapshots = (world: World): string[] => [...world.files.files().keys()].filter((path) => path.endsWith(".bin"));

/** Cuts the power. */
const kill = (world: World): void => {
  const random = randomOf(1);
  world.files = world.files.crash(() => random.between(0, 999) / 1000);
};

describe("archived samples", () => {
  test("leave the directory of checkpoints, and are read with what is in memory as one series", async () => {
    const world = newArchivingWorld();
    const store = await world.openArchiving();
    await writeMinutes(store, T0 - HOUR, T0);
    await store.checkpoint();
    await world.passWithCleanup(HOUR);
    await world.passWithCleanup(RETENTION);
    await world.passWithCleanup(RETENTION);
    expect([parquetFiles(world).length, snapshots(world).length, store.children(["c"])]).toEqual([1, 0, []]);
    const now = world.clock.now();
    await writeMinutes(store, now - HOUR, now);
    const expected = new Map([...minutes(T0 - HOUR, T0), ...minutes(now - HOUR, now)]);
    expectSame(await readAll(store, "h1", 0, now), expected);
    const statistics = await store.stats(["c", "h1"], "load", T0 - HOUR, T0);
    expect(statistics).toMatchObject({ samples: 60, min: -60, max: -1 });
    expect(store.status()).toMatchObject({ cleanup: { mode: "archive", files: 1, lastRun: { problems: [] } } });
    await store.close();
  });

  test("of a damaged file are missing, which the answer says; all others are there", async () => {
    const world = newArchivingWorld();
    const store = await world.openArchiving();
    for (const start of [T0, T0 + 3 * RETENTION]) {
      world.clock.set(start + HOUR);
      await writeMinutes(store, start, start + HOUR);
      await store.checkpoint();
      world.clock.set(start + RETENTION + 2 * HOUR);
      await world.passWithCleanup(RETENTION);
    }
    const [first, second] = parquetFiles(world);
    expect(second).toBeDefined();
    world.files.put(first ?? "", new Uint8Array(100));
    const answer = await store.read(["c", "h1"], "load", T0, world.clock.now());
    expect(answer.errors).toEqual([expect.stringContaining(first ?? "?")]);
    expect(answer.from).toBe(T0 + 3 * RETENTION);
    await world.files.remove(second ?? "");
    await expect(store.read(["c", "h1"], "load", T0, world.clock.now())).rejects.toMatchObject({ code: "not-found" });
    const { results } = await store.query({
      cluster: "c",
      from: T0,
      to: world.clock.now(),
      queries: [{ metric: "load", host: "h1" }],
    });
    expect(results[0]?.[0]?.error).toContain(first);
    expect(results[0]?.[0]?.error).toContain(second);
    await store.close();
  });

  test("that are changed later have the new value: in memory, in a snapshot, and in a further file", async () => {
    const world = newArchivingWorld();
    let store = await world.openArchiving();
    await writeMinutes(store, T0 - HOUR, T0);
    await store.checkpoint();
    world.clock.set(T0 + RETENTION);
    await world.passWithCleanup(2 * HOUR);
    expect(parquetFiles(world)).toHaveLength(1);
    await store.close();
    // A longer retention lets older samples in.
    store = await world.openArchiving({ retentionMs: 3 * RETENTION * 1000 });
    await store.write(`load,cluster=c,hostname=h1 value=1000 ${T0 - 60}`);
    const expected = new Map([...minutes(T0 - HOUR, T0), [T0 - 60, 1000]]);
    expectSame(await readAll(store, "h1", 0, T0 + HOUR), expected);
    await store.close();
    store = await world.openArchiving();
    expect(store.children(["c"])).toEqual(["h1"]);
    store.free([], Infinity);
    expectSame(await readAll(store, "h1", 0, T0 + HOUR), expected);
    await world.passWithCleanup(2 * HOUR);
    expect([parquetFiles(world).length, snapshots(world).length]).toEqual([2, 0]);
    expectSame(await readAll(store, "h1", 0, T0 + HOUR), expected);
    await store.close();
    expect(world.problems).toEqual([]);
  });
});

describe("samples that were only in logs when the power went, for longer than the retention", () => {
  test("come into the archive all the same, and change what files hold that the start does not load", async () => {
    const world = newArchivingWorld();
    let store = await world.openArchiving();
    for (const start of [T0, T0 + 24 * HOUR]) {
      world.clock.set(start + HOUR);
      await writeMinutes(store, start, start + HOUR);
      await store.checkpoint();
    }
    // Of the first slot of the first file: a snapshot of this alone would have its name.
    await store.write(`load,cluster=c,hostname=h1 value=1000 ${T0}`);
    await store.write(`load,cluster=c,hostname=h1 value=2000 ${T0 + HOUR / 2}`);
    kill(world);
    world.clock.set(T0 + 3 * RETENTION);
    const problems: string[] = [];
    store = await world.openArchiving({ events: { problem: (what) => void problems.push(what) } });
    expect(store.recovery).toMatchObject({ tooOld: 1 });
    const expected = new Map([...minutes(T0, T0 + HOUR), ...minutes(T0 + 24 * HOUR, T0 + 25 * HOUR)]);
    expected.set(T0, 1000).set(T0 + HOUR / 2, 2000);
    expectSame(await readAll(store, "h1", 0, world.clock.now()), expected);
    await store.checkpoint();
    store.free([], Infinity);
    expectSame(await readAll(store, "h1", 0, world.clock.now()), expected);
    await world.passWithCleanup(2 * HOUR);
    expect(snapshots(world)).toEqual([]);
    expectSame(await readAll(store, "h1", 0, world.clock.now()), expected);
    await store.close();
    expect(problems).toEqual([]);
  });
});

describe("a store that is stopped while files are archived", () => {
  test("ends with the host at hand, and loses nothing", async () => {
    const world = newArchivingWorld();
    let store = await world.openArchiving();
    for (const host of ["h1", "h2", "h3"]) await writeMinutes(store, T0 - HOUR, T0, { host });
    await store.checkpoint();
    world.clock.set(T0 + RETENTION);
    await world.pass(2 * HOUR);
    await store.close();
    expect([snapshots(world).length, parquetFiles(world).length]).toEqual([3, 0]);
    store = await world.openArchiving();
    await world.passWithCleanup(2 * HOUR);
    expect([snapshots(world).length, parquetFiles(world).length]).toEqual([0, 1]);
    for (const host of ["h1", "h2", "h3"]) expectSame(await readAll(store, host, 0, T0), minutes(T0 - HOUR, T0));
    await store.close();
  });
});

test("a full disk while archiving costs nothing but the archive file", async () => {
  const world = newArchivingWorld();
  const store = await world.openArchiving();
  await writeMinutes(store, T0 - HOUR, T0);
  await store.checkpoint();
  world.clock.set(T0 + RETENTION);
  world.files.onOperation = ({ name, path }) =>
    name === "append" && path.startsWith(ARCHIVE) ? { code: "no-space", reason: "no space left on device" } : "ok";
  await world.passWithCleanup(2 * HOUR);
  world.files.onOperation = undefined;
  expect(snapshots(world)).toEqual([`${ROOT}/c/h1/${T0 - HOUR}.bin`]);
  expect(world.problems).toContainEqual(expect.stringContaining("no space left"));
  expectSame(await readAll(store, "h1", 0, T0), minutes(T0 - HOUR, T0));
  await world.passWithCleanup(2 * RETENTION);
  expect([snapshots(world).length, parquetFiles(world).length]).toEqual([0, 1]);
  expectSame(await readAll(store, "h1", 0, T0), minutes(T0 - HOUR, T0));
  await store.close();
});
