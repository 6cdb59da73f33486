import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore, type OpenOptions, type Store } from "../../src/index.ts";
import { IO_ERROR, MemoryClock, MemoryFileSystem, MemoryScheduler } from "../../src/runtime/memory.ts";
import { nodePlatform } from "../../src/runtime/node.ts";

const metrics = {
  load: { frequency: 10, aggregation: "avg" },
  power: { frequency: 10, aggregation: "sum" },
} as const;
const T0 = 1_700_000_000;

let directory: string;
const opened: Store[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pegel-library-"));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close().catch(() => {})));
  rmSync(directory, { recursive: true, force: true });
});

async function open(options: Partial<OpenOptions> = {}): Promise<Store> {
  const store = await openStore({ metrics, retentionMs: 1e13, ...options });
  opened.push(store);
  return store;
}

async function valuesOf(store: Store, host = "h1", metric = "load"): Promise<number[]> {
  const { values } = await store.read(["c", host], metric, T0, T0 + 30);
  return [...values];
}

describe("writing and reading", () => {
  test("lines as text, as bytes, and as bytes piece by piece", async () => {
    const store = await open();
    await store.write(`load,cluster=c,hostname=h1 value=1 ${T0}\n`);
    await store.write(new TextEncoder().encode(`load,hostname=h1 value=2 ${T0 + 10}`), "c");
    const report = await store.write(pieces("load,cluster=c,host", `name=h1 value=3 ${T0 + 20}\nload,cluster=c x\n`));
    expect(report).toMatchObject({ stored: 1, rejected: 1, rejections: [{ line: 2 }] });
    expect(await valuesOf(store)).toEqual([1, 2, 3]);
  });

  test("a source that fails in the middle keeps its complete lines and drops the cut one", async () => {
    const store = await open();
    const broken = pieces(`load,cluster=c,hostname=h1 value=1 ${T0}\nload,cluster=c,hostname=h1 val`, new Error("cut"));
    await expect(store.write(broken)).rejects.toThrow("cut");
    expect(await valuesOf(store)).toEqual([1]);
  });

  test("samples as values, on any level", async () => {
    const store = await open();
    const report = await store.writeSamples([
      { metric: "power", level: ["c", "h1", "socket0"], timestamp: T0, value: 100 },
      { metric: "power", level: ["c", "h1", "socket1"], timestamp: T0, value: 50 },
    ]);
    expect(report).toEqual({ stored: 2, ignored: 0, dropped: 0, rejected: 0, rejections: [] });
    expect([...(await store.read(["c", "h1"], "power", T0, T0 + 10)).values]).toEqual([150]);
    expect([...(await store.read(["c", "h1", ["socket1"]], "power", T0, T0 + 10)).values]).toEqual([50]);
    expect(await store.stats(["c"], "power", T0, T0 + 10)).toMatchObject({ samples: 1, avg: 150, min: 150, max: 150 });
  });

  test.each([
    [{ level: ["c"] }, "no host"],
    [{ level: [] }, "no cluster"],
    [{ level: ["c", ".."] }, 'hostname ".."'],
    [{ level: ["c", "h", ""] }, "found an empty one"],
    [{ level: ["c", "h", "t", "s", "x"] }, "at most 4 names, found 5"],
    [{ level: ["c", "x".repeat(300)] }, "name longer than 255 bytes"],
    [{ timestamp: 1.5 }, "expected whole Unix seconds, found 1.5"],
    [{ timestamp: NaN }, "expected whole Unix seconds, found NaN"],
    [{ timestamp: -1e12 }, "older than the retention"],
  ])("a sample that cannot be stored costs itself alone: %j", async (wrong, reason) => {
    const store = await open();
    const good = { metric: "load", level: ["c", "h1"], timestamp: T0, value: 1 };
    const report = await store.writeSamples([{ ...good, ...wrong }, good]);
    expect(report).toMatchObject({ stored: 1, rejected: 1, rejections: [{ line: 1 }] });
    expect(report.rejections[0]?.reason).toContain(reason);
  });

  test("metrics that are not configured are ignored, values beyond float32 dropped, both counted", async () => {
    const store = await open();
    const good = { metric: "load", level: ["c", "h1"], timestamp: T0, value: 1 };
    const report = await store.writeSamples([
      { ...good, metric: "other" },
      { ...good, value: 1e39 },
      { ...good, value: NaN },
    ]);
    expect(report).toMatchObject({ stored: 0, ignored: 1, dropped: 2, rejected: 0 });
    expect(store.status()).toMatchObject({ ingest: { linesIgnored: 1, samplesDropped: 2 } });
  });

  test("a store is full at its limit of series", async () => {
    const store = await open({ limits: { seriesCount: 1 } });
    const sample = (host: string) => ({ metric: "load", level: ["c", host], timestamp: T0, value: 1 });
    const report = await store.writeSamples([sample("h1"), sample("h2")]);
    expect(report).toMatchObject({
      stored: 1,
      rejections: [{ line: 2, reason: expect.stringContaining("series-count") }],
    });
  });

  test("the answer to a query is that of the API", async () => {
    const store = await open();
    await store.write(`load,cluster=c,hostname=h1 value=1.5 ${T0}\nload,cluster=c,hostname=h1 value=2 ${T0 + 20}`);
    const queries = [{ metric: "load", host: "h1" }];
    expect(await store.query({ cluster: "c", from: T0, to: T0 + 30, queries })).toEqual({
      results: [[{ data: [1.5, null, 2], from: T0, to: T0 + 30, resolution: 10, avg: 1.75, min: 1.5, max: 2 }]],
    });
    const wrong = { cluster: "c", from: T0, to: T0 + 30, queries: [{ metric: "load", host: 1 }] };
    await expect(store.query(wrong as never)).rejects.toThrow("json: queries[0].host: expected a string, found 1");
  });

  test("looking around, health, freeing", async () => {
    const store = await open();
    const now = Math.floor(Date.now() / 1000);
    await store.write(`load,cluster=c,hostname=h1 value=1 ${now}`);
    expect([store.children([]), store.children(["c"])]).toEqual([["c"], ["h1"]]);
    expect(store.health("c", "h1", ["load", "power"])).toEqual({
      state: "partial",
      metrics: { degraded: [], missing: ["power"] },
    });
    expect(store.free([], now + 10_000)).toBe(1);
    await expect(store.read(["c", "h1"], "load", now - 60, now + 60)).rejects.toThrow("metric or host not found");
  });
});

describe("on disk", () => {
  test("what a resolved write has stored is there for the next store, without a clean stop", async () => {
    const files = new MemoryFileSystem();
    const first = await open({ directory: "/data", platform: inMemory(files) });
    await first.write(`load,cluster=c,hostname=h1 value=1 ${T0}`);
    await first.writeSamples([{ metric: "load", level: ["c", "h1"], timestamp: T0 + 10, value: 2 }]);
    const second = await open({ directory: "/data", platform: inMemory(files.crash(() => 0)) });
    expect(await valuesOf(second)).toEqual([1, 2]);
    expect(second.recovery).toMatchObject({ logRecords: 2 });
  });

  test("a checkpoint tells how many hosts were written", async () => {
    const store = await open({ directory });
    await store.write(`load,cluster=c,hostname=h1 value=1 ${T0}\nload,cluster=c,hostname=h2 value=1 ${T0}`);
    expect(await store.checkpoint()).toEqual({ written: 2, failures: [] });
    expect(await (await open()).checkpoint()).toEqual({ written: 0, failures: [] });
  });

  test("loading tells its progress and what it has found", async () => {
    const first = await open({ directory });
    await first.write(`load,cluster=c,hostname=h1 value=1 ${T0}`);
    await first.close();
    const told: string[] = [];
    await open({
      directory,
      events: {
        loading: ({ hosts }) => told.push(`loading ${hosts}`),
        loaded: ({ hosts, snapshotSamples }) => told.push(`loaded ${hosts} ${snapshotSamples}`),
      },
    });
    expect(told).toEqual(["loading 0", "loaded 1 1"]);
  });

  test("a failure in the background is told, and counted in the status", async () => {
    const files = new MemoryFileSystem();
    const clock = new MemoryClock(T0);
    const scheduler = new MemoryScheduler(clock);
    const problems: string[] = [];
    const store = await open({
      directory: "/data",
      platform: { ...nodePlatform, files, clock, scheduler },
      checkpointIntervalMs: 60_000,
      events: { problem: (what, error) => problems.push(`${what}: ${String(error)}`) },
    });
    await store.write(`load,cluster=c,hostname=h1 value=1 ${T0}`);
    files.onOperation = ({ name }) => (name === "rename" ? IO_ERROR : "ok");
    await scheduler.advance(61_000);
    expect(problems).toEqual([expect.stringMatching(/^checkpoint: /)]);
    expect(store.status()).toMatchObject({ problems: { count: 1, last: { what: "checkpoint" } } });
  });
});

describe("events of the background", () => {
  test("what was not stored in the last ten seconds, and what the retention has freed", async () => {
    const clock = new MemoryClock(T0);
    const scheduler = new MemoryScheduler(clock);
    const told: unknown[] = [];
    const store = await open({
      platform: { ...nodePlatform, clock, scheduler },
      retentionMs: 60_000,
      events: { rejected: (losses) => told.push(losses), freed: ({ buffers }) => told.push(buffers) },
    });
    await store.write(
      `load,cluster=c,hostname=h1 value=1 ${T0}\nload,cluster=c x\nload,cluster=c,hostname=h1 value=1e39 ${T0}`,
    );
    await scheduler.advance(10_000);
    expect(told).toEqual([{ outOfFloat32Range: 1, syntax: 1 }]);
    await scheduler.advance(6_000_000);
    expect(told).toContain(1);
    expect(store.children([])).toEqual([]);
  });
});

describe("opening and closing", () => {
  test.each([
    [{ retentionMs: 0 }, "retentionMs: expected a number above 0, found 0"],
    [{ workers: -1 }, "workers: expected a number above 0, found -1"],
    [{ checkpointIntervalMs: NaN }, "checkpointIntervalMs: expected a number above 0, found NaN"],
    [{ limits: { seriesCount: 0 } }, "limits: series-count: expected a whole number from 1"],
    [{ metrics: { load: { frequency: 0, aggregation: null } } }, "metric load: frequency must be a positive number"],
  ])("options that make no sense are refused: %j", async (options, message) => {
    await expect(openStore({ metrics, ...options })).rejects.toThrow(message);
  });

  test("a directory that cannot be used is named", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    await expect(openStore({ metrics, directory: `${file}/x` })).rejects.toThrow(
      `the directory of checkpoints cannot be written: mkdir ${file}/x`,
    );
  });

  test("closing finishes what is being written, but does not wait for a source that never ends", async () => {
    const files = new MemoryFileSystem();
    const store = await open({ directory: "/data", platform: inMemory(files) });
    const many = Array.from({ length: 100_000 }, (_, i) => `load,cluster=c,hostname=h1 value=1 ${T0 + 10 * i}`).join(
      "\n",
    );
    const endless = store.write(endlessLines());
    const writing = store.write(many);
    const [closed, report, broken] = await Promise.allSettled([store.close(), writing, endless]);
    expect(closed.status).toBe("fulfilled");
    expect(report).toMatchObject({ value: { stored: 100_000 } });
    expect(broken).toMatchObject({ reason: new Error("the store is closed") });
    const { snapshotSamples } = (await open({ directory: "/data", platform: inMemory(files) })).recovery ?? {};
    expect(snapshotSamples).toBeGreaterThanOrEqual(100_000);
  });

  test("closing twice is closing once; what comes after it is refused", async () => {
    const store = await open({ directory });
    await Promise.all([store.close(), store.close()]);
    await expect(store.write("x")).rejects.toThrow("the store is closed");
    await expect(store.read(["c"], "load", 0, 1)).rejects.toThrow("the store is closed");
    expect(() => store.free([], 0)).toThrow("the store is closed");
  });
});

async function* endlessLines(): AsyncGenerator<Uint8Array> {
  for (let i = 0; ; i++) {
    await nodePlatform.scheduler.yieldToOthers();
    yield new TextEncoder().encode(`load,cluster=c,hostname=h2 value=1 ${T0 + 10 * i}\n`);
  }
}

function inMemory(files: MemoryFileSystem) {
  return { ...nodePlatform, files };
}

async function* pieces(...parts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield new TextEncoder().encode(part);
  }
}
