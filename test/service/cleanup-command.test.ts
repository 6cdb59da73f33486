// `pegel -cleanup-checkpoints` on a simulated disk.

import { describe, expect, test } from "vitest";
import { MemoryClock, MemoryFileSystem, type OperationHook } from "../../src/runtime/memory.ts";
import { run } from "../../src/service/run.ts";
import { platform } from "../support/runtime.ts";
import { InProcessWorkers } from "../upkeep/in-process-workers.ts";
import { HOUR, newWorld, RETENTION, ROOT, T0, writeMinutes, type World } from "../upkeep/support.ts";

const NOT_ALLOWED = { code: "not-allowed", reason: "permission denied" } as const;

function configOf(cleanup: object): object {
  return {
    main: { addr: "127.0.0.1:0" },
    metrics: { load: { frequency: 60, aggregation: "avg" } },
    // Without num-workers, with which the reference hangs for ever.
    "metric-store": { "retention-in-memory": "48h", "memory-cap": 0, checkpoints: { directory: ROOT }, cleanup },
  };
}

interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs the command at a time at which all that `worldWithFiles` has written is old. */
async function cleanUp(files: MemoryFileSystem, config: object, now = T0 + 3 * RETENTION): Promise<Outcome> {
  let [out, errors] = ["", ""];
  const workers = new InProcessWorkers();
  const exitCode = await run(
    ["-cleanup-checkpoints"],
    {
      ...platform,
      files,
      clock: new MemoryClock(now),
      readText: async () => JSON.stringify(config),
      startArchiveWorker: () => workers.start(),
      print: (line) => void (out += `${line}\n`),
      printError: (line) => void (errors += `${line}\n`),
    },
    { version: "0", gitHash: "", buildTime: "" },
  );
  return { exitCode, out, errors };
}

/** Two hosts with two snapshots each. */
async function worldWithFiles(): Promise<World> {
  const world = newWorld();
  const store = await world.open();
  for (const start of [T0, T0 + 24 * HOUR]) {
    world.clock.set(start + HOUR);
    for (const host of ["h1", "h2"]) await writeMinutes(store, start, start + HOUR, { host });
    await store.checkpoint();
  }
  await store.close();
  return world;
}

const paths = (world: World): string[] => [...world.files.files().keys()].toSorted();
const DELETE = configOf({ mode: "delete" });
const ARCHIVE = configOf({ mode: "archive", directory: "/var/archive" });

describe("deleting", () => {
  test("says how many files are gone, and leaves nothing behind", async () => {
    const world = await worldWithFiles();
    expect(paths(world)).toHaveLength(4);
    expect(await cleanUp(world.files, DELETE)).toEqual({
      exitCode: 0,
      out: "Cleanup done: 4 checkpoint files deleted.\n",
      errors: "",
    });
    expect(paths(world)).toEqual([]);
    expect(await world.files.list(`${ROOT}/c`)).toEqual([]);
  });

  test("is the default, and spares what ends within the retention", async () => {
    const world = await worldWithFiles();
    const now = T0 + RETENTION + 2 * HOUR;
    expect(await cleanUp(world.files, configOf({}), now)).toMatchObject({
      exitCode: 0,
      out: "Cleanup done: 2 checkpoint files deleted.\n",
    });
    expect(paths(world).map((path) => path.split("/").at(-1)?.startsWith(String(T0)))).toEqual([false, false]);
  });

  test("with nothing to do is no failure", async () => {
    const world = await worldWithFiles();
    expect(await cleanUp(world.files, DELETE, T0 + RETENTION)).toMatchObject({
      exitCode: 0,
      out: "Cleanup done: 0 checkpoint files deleted.\n",
    });
  });

  test("leaves foreign files, logs and what was damaged alone", async () => {
    const world = await worldWithFiles();
    const kept = [
      `${ROOT}/README`,
      `${ROOT}/c/README`,
      `${ROOT}/c/h1/current.wal`,
      `${ROOT}/c/h1/1.bin.damaged`,
      `${ROOT}/c/h1/notes.bin.txt`,
      `${ROOT}/c/h1/x.bin`,
    ];
    for (const path of kept) world.files.put(path, new Uint8Array(3));
    expect(await cleanUp(world.files, DELETE)).toMatchObject({ exitCode: 0, errors: "" });
    expect(paths(world)).toEqual(kept.toSorted());
  });
});

describe("archiving", () => {
  test("says how many files are in the archive", async () => {
    const world = await worldWithFiles();
    expect(await cleanUp(world.files, ARCHIVE)).toEqual({
      exitCode: 0,
      out: "Cleanup done: 4 checkpoint files archived to parquet.\n",
      errors: "",
    });
    expect(paths(world).filter((path) => path.startsWith(ROOT))).toEqual([]);
    expect(paths(world).filter((path) => path.endsWith(".parquet")).length).toBeGreaterThan(0);
  });
});

describe("what goes wrong is told with its path, costs nothing else, and ends with exit code 1", () => {
  const fails =
    (operation: string, part: string): OperationHook =>
    ({ name, path }) =>
      name === operation && path.includes(part) ? NOT_ALLOWED : "ok";

  test.each<[string, OperationHook, string, number]>([
    ["a file that cannot be read", fails("readRange", `/c/h1/${T0}`), `${ROOT}/c/h1/${T0}.bin`, 1],
    ["a directory of a host that cannot be listed", fails("list", "/c/h1"), `${ROOT}/c/h1`, 2],
  ])("%s", async (_, hook, path, left) => {
    for (const config of [DELETE, ARCHIVE]) {
      const world = await worldWithFiles();
      world.files.onOperation = hook;
      const { exitCode, out, errors } = await cleanUp(world.files, config);
      expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: expect.stringContaining(path) });
      expect(errors).toContain("permission denied");
      expect(out).toContain(`Cleanup done: ${4 - left} checkpoint files`);
      world.files.onOperation = undefined;
      expect(paths(world).filter((name) => name.startsWith(ROOT))).toHaveLength(left);
    }
  });

  test("a directory from which nothing can be removed", async () => {
    const world = await worldWithFiles();
    world.files.onOperation = fails("remove", ".bin");
    const { exitCode, out, errors } = await cleanUp(world.files, DELETE);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "Cleanup done: 0 checkpoint files deleted.\n" });
    for (const path of paths(world)) expect(errors).toContain(`${path}: remove`);
  });

  test.each([
    ["empty", new Uint8Array(0)],
    ["cut", new Uint8Array(30).fill(1)],
    ["with an end before its beginning", new Uint8Array(1000)],
  ])("a snapshot that is %s", async (_, bytes) => {
    for (const config of [DELETE, ARCHIVE]) {
      const world = await worldWithFiles();
      world.files.put(`${ROOT}/c/h1/1000.bin`, bytes);
      const { exitCode, errors } = await cleanUp(world.files, config);
      expect({ exitCode, errors }).toEqual({
        exitCode: 1,
        errors: expect.stringContaining(`${ROOT}/c/h1/1000.bin`),
      });
      expect(paths(world).filter((path) => path.startsWith(ROOT))).toEqual([`${ROOT}/c/h1/1000.bin`]);
    }
  });

  test("no directory of checkpoints", async () => {
    const { exitCode, out, errors } = await cleanUp(new MemoryFileSystem(), DELETE);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
    expect(errors).toContain(ROOT);
  });

  test("a store that runs on the directory, which cleans up by itself", async () => {
    const world = await worldWithFiles();
    const store = await world.open();
    const before = paths(world);
    const { exitCode, out, errors } = await cleanUp(world.files, DELETE);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
    expect(errors).toContain(`the directory of checkpoints ${ROOT} cannot be used`);
    expect(errors).toContain("a store that runs cleans up by itself");
    expect(paths(world)).toEqual(before);
    await store.close();
  });

  test("a configuration with mistakes", async () => {
    const world = await worldWithFiles();
    const { exitCode, errors } = await cleanUp(world.files, configOf({ mode: "archive" }));
    expect(exitCode).toBe(1);
    expect(errors).toContain("directory is required");
    expect(paths(world)).toHaveLength(4);
  });
});
