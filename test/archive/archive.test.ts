// What becomes of checkpoint files in the archive, and how it reads back.

import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";
import {
  ARCHIVE,
  archive,
  CHECKPOINTS,
  CLUSTER,
  DAY,
  HOUR,
  namesIn,
  newReader,
  putSnapshot,
  readAll,
  samplesOf,
  snapshotPath,
  T0,
} from "./setup.ts";

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
});

describe("archiving", () => {
  test("moves the samples of all hosts from checkpoint files into one Parquet file", async () => {
    putSnapshot(files, { host: "a01", series: [{ values: [1, 2, 3] }] });
    putSnapshot(files, { host: "a02", series: [{ path: ["socket0"], metric: "power", values: [4, null, 6] }] });
    const { summary, problems } = await archive(files, { olderThan: T0 + HOUR });
    expect(problems).toEqual([]);
    expect(summary).toMatchObject({
      cluster: CLUSTER,
      written: [`${T0 + HOUR}.parquet`],
      rows: 5,
      archivedSnapshots: 2,
    });
    expect(namesIn(files, CHECKPOINTS)).toEqual([]);
    expect(namesIn(files, ARCHIVE)).toEqual([`${CLUSTER}/${T0 + HOUR}.parquet`, `${CLUSTER}/_manifest.json`]);
    expect(samplesOf(await readAll(files, "a01"))).toEqual(
      new Map([
        [`load  ${T0}`, 1],
        [`load  ${T0 + 60}`, 2],
        [`load  ${T0 + 120}`, 3],
      ]),
    );
    expect(samplesOf(await readAll(files, "a02"))).toEqual(
      new Map([
        [`power socket0 ${T0}`, 4],
        [`power socket0 ${T0 + 120}`, 6],
      ]),
    );
  });

  test("leaves checkpoint files alone that end later, logs, and what is no checkpoint file", async () => {
    const late = putSnapshot(files, { from: T0 + HOUR, series: [{ values: [9] }] });
    putSnapshot(files, { series: [{ values: [1] }] });
    const others = ["current.wal", `${T0}.bin.damaged`, "notes.txt", "x.bin", `${T0}.bin.tmp`];
    for (const name of others) files.put(`${CHECKPOINTS}/${CLUSTER}/a01/${name}`, new Uint8Array([1]));
    const { summary } = await archive(files, { olderThan: T0 + HOUR + 10 });
    expect(summary).toMatchObject({ rows: 1, archivedSnapshots: 1, keptSnapshots: 0 });
    const left = [late, ...others.map((name) => `${CHECKPOINTS}/${CLUSTER}/a01/${name}`)];
    expect([...files.files().keys()].filter((path) => path.startsWith(CHECKPOINTS)).toSorted()).toEqual(
      left.toSorted(),
    );
  });

  test("does nothing where nothing is old enough", async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    const { summary } = await archive(files, { olderThan: T0 + HOUR - 1 });
    expect(summary).toMatchObject({ written: [], rows: 0, archivedSnapshots: 0 });
    expect(namesIn(files, ARCHIVE)).toEqual([]);
  });

  test("removes checkpoint files that hold no sample, and writes no file for them", async () => {
    putSnapshot(files, { series: [{ values: [null, null] }] });
    const { summary } = await archive(files);
    expect(summary).toMatchObject({ written: [], rows: 0, archivedSnapshots: 1 });
    expect(namesIn(files, CHECKPOINTS)).toEqual([]);
    expect(namesIn(files, ARCHIVE)).toEqual([`${CLUSTER}/_manifest.json`]);
  });

  test("reads both formats of checkpoint files; of two for the same time the binary one counts", async () => {
    putSnapshot(files, { format: "json", series: [{ values: [1, 2] }] });
    putSnapshot(files, { format: "bin", series: [{ values: [1.25, null] }] });
    await archive(files);
    expect(samplesOf(await readAll(files))).toEqual(
      new Map([
        [`load  ${T0}`, 1.25],
        [`load  ${T0 + 60}`, 2],
      ]),
    );
  });

  test("reads JSON checkpoint files of any layout, and no more of them than it needs to see that they are too young", async () => {
    const old =
      '{ "to": 1795557600, "from": 1795554000, "metrics": {"load":{"frequency":60,"start":1795554000,"data":[1]}}}';
    files.put(snapshotPath({ format: "json", series: [] }), new TextEncoder().encode(old));
    const young = putSnapshot(files, {
      format: "json",
      from: T0 + 60,
      series: [{ values: Array<number>(999).fill(1) }],
    });
    let bytesRead = 0;
    const readRange = files.readRange.bind(files);
    files.readRange = async (path, offset, sizeBytes) => {
      if (path === young) bytesRead += sizeBytes;
      return readRange(path, offset, sizeBytes);
    };
    const { summary } = await archive(files, { olderThan: T0 + HOUR });
    expect(summary).toMatchObject({ rows: 1, archivedSnapshots: 1 });
    expect(bytesRead).toBeLessThan(100);
  });

  test("of two values for the same time the later checkpoint's stays", async () => {
    putSnapshot(files, { series: [{ values: [1, 2, 3] }] });
    putSnapshot(files, { from: T0 + 60, series: [{ values: [20, null, 40] }] });
    await archive(files);
    expect([...samplesOf(await readAll(files)).values()]).toEqual([1, 20, 3, 40]);
  });

  test("keeps the times of a metric whose grid or frequency has changed", async () => {
    putSnapshot(files, { series: [{ values: [1, 2] }] });
    putSnapshot(files, { from: T0 + 90, series: [{ frequency: 10, values: [3, 4, 5, 6] }] });
    await archive(files);
    expect([...samplesOf(await readAll(files))]).toEqual(
      [0, 60, 90, 100, 110, 120].map((after, i) => [`load  ${T0 + after}`, i + 1]),
    );
  });

  test("writes a file a day, so that a long backlog needs no more memory than a short one", async () => {
    for (let day = 0; day < 3; day++) {
      putSnapshot(files, { from: T0 + day * DAY, series: [{ values: [day] }] });
    }
    const { summary } = await archive(files, { olderThan: T0 + 3 * DAY });
    expect(summary.written).toEqual([0, 1, 2].map((day) => `${T0 + day * DAY + HOUR}.parquet`));
    expect([...samplesOf(await readAll(files)).values()]).toEqual([0, 1, 2]);
  });

  test("puts a checkpoint file as a whole into one Parquet file, even over the end of a day", async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    putSnapshot(files, { from: T0 + DAY - 120, to: T0 + DAY + 120, series: [{ values: [1, 2, 3, 4] }] });
    putSnapshot(files, { from: T0 + DAY + 120, series: [{ values: [5] }] });
    const { summary } = await archive(files);
    expect(summary).toMatchObject({ rows: 6, archivedSnapshots: 3 });
    expect(summary.written).toEqual([`${T0 + DAY + 120}.parquet`, `${T0 + DAY + 120 + HOUR}.parquet`]);
    expect([...samplesOf(await readAll(files)).values()]).toEqual([1, 1, 2, 3, 4, 5]);
  });

  test("takes samples, too, that lie outside of the range which their file claims", async () => {
    putSnapshot(files, {
      series: [
        { start: T0 - 5 * DAY, values: [1] },
        { metric: "b", start: T0 + 9 * DAY, values: [2] },
      ],
    });
    const { summary } = await archive(files);
    expect(summary.rows).toBe(2);
  });

  test("late data for an archived range makes a further file, and its values count", async () => {
    putSnapshot(files, { series: [{ values: [1, 2, 3] }] });
    await archive(files, { olderThan: T0 + HOUR });
    putSnapshot(files, { series: [{ values: [null, 20] }] });
    const { summary } = await archive(files, { olderThan: T0 + HOUR });
    expect(summary.written).toEqual([`${T0 + HOUR + 1}.parquet`]);
    expect([...samplesOf(await readAll(files)).values()]).toEqual([1, 20, 3]);
  });

  test("stays silent about a file that a store has changed meanwhile, and takes it the next time", async () => {
    putSnapshot(files, { series: [{ values: [1, 2] }] });
    let reads = 0;
    const guard = {
      exclusive: <T>(_cluster: string, _host: string, task: () => Promise<T>): Promise<T> => {
        if (reads++ === 1) putSnapshot(files, { series: [{ values: [1, 2, 3] }] });
        return task();
      },
      removed: (): void => {},
    };
    const { summary, problems } = await archive(files, { guard });
    expect(summary).toMatchObject({ archivedSnapshots: 0, keptSnapshots: 1 });
    expect(problems).toEqual([]);
    expect(files.files().has(snapshotPath({ series: [] }))).toBe(true);
    await archive(files);
    expect([...samplesOf(await readAll(files)).values()]).toEqual([1, 2, 3]);
  });

  test("tells the store which files are gone", async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    const gone: unknown[] = [];
    const guard = {
      exclusive: <T>(_cluster: string, _host: string, task: () => Promise<T>): Promise<T> => task(),
      removed: (...removed: unknown[]): void => void gone.push(removed),
    };
    await archive(files, { guard });
    expect(gone).toEqual([[CLUSTER, "a01", [`${T0}.bin`]]]);
  });

  test("leaves everything as it was when it is stopped", async () => {
    putSnapshot(files, { host: "a01", series: [{ values: [1] }] });
    putSnapshot(files, { host: "a02", series: [{ values: [1] }] });
    const before = namesIn(files, CHECKPOINTS);
    const stop = new AbortController();
    files.onOperation = ({ path }) => {
      if (path.endsWith("a01/1795554000.bin")) stop.abort();
      return "ok";
    };
    const { summary } = await archive(files, { signal: stop.signal });
    expect(summary).toMatchObject({ written: [], archivedSnapshots: 0 });
    expect(namesIn(files, CHECKPOINTS)).toEqual(before);
    expect(namesIn(files, ARCHIVE).filter((name) => name.includes("parquet"))).toEqual([]);
  });
});

describe("reading", () => {
  beforeEach(async () => {
    putSnapshot(files, {
      host: "a01",
      series: [
        { metric: "load", values: [1, 2, 3] },
        { metric: "power", path: ["socket0"], values: [10, 20, 30] },
        { metric: "power", path: ["socket0", "memctrl/1"], values: [11] },
        { metric: "power", path: ["socket1"], values: [40, 50, 60] },
      ],
    });
    putSnapshot(files, { host: "a02", series: [{ metric: "load", values: [7] }] });
    await archive(files);
  });

  test.each([
    ["all of a host", {}, ["load", "power socket0", "power socket0 memctrl/1", "power socket1"]],
    ["one metric", { metrics: ["load"] }, ["load"]],
    ["a metric that is not there", { metrics: ["nothing"] }, []],
    [
      "levels below one",
      { accepts: ([first]: readonly string[]) => first === "socket0" },
      ["power socket0", "power socket0 memctrl/1"],
    ],
    ["a range", { from: T0 + 60, to: T0 + 61 }, ["load", "power socket0", "power socket1"]],
    ["a range before", { from: 0, to: T0 }, []],
  ])("gives %s, and nothing else", async (_, selection, expected) => {
    const answer = await newReader(files).read({ cluster: CLUSTER, host: "a01", from: 0, to: 2 ** 40, ...selection });
    expect(answer.errors).toEqual([]);
    expect(answer.series.map(({ metric, path }) => [metric, ...path].join(" "))).toEqual(expected);
  });

  test("gives exactly the samples of a range, with their frequency", async () => {
    const { series } = await newReader(files).read({
      cluster: CLUSTER,
      host: "a01",
      metrics: ["power"],
      accepts: (path) => path[0] === "socket1",
      from: T0 + 60,
      to: T0 + 120,
    });
    expect(series).toEqual([
      {
        metric: "power",
        path: ["socket1"],
        frequency: 60,
        timestamps: Float64Array.of(T0 + 60),
        values: Float32Array.of(50),
      },
    ]);
  });

  test("lists clusters, hosts and the time covered", async () => {
    const reader = newReader(files);
    expect(await reader.clusters()).toEqual([CLUSTER]);
    expect(await reader.hosts(CLUSTER)).toEqual({ hosts: ["a01", "a02"], errors: [] });
    expect(await reader.hosts(CLUSTER, { from: T0 + HOUR, to: T0 + DAY })).toEqual({ hosts: [], errors: [] });
    expect(await reader.covers(CLUSTER)).toEqual({ from: T0, to: T0 + 121 });
    expect(await reader.covers("beta")).toBeUndefined();
    expect(await reader.hosts("beta")).toEqual({ hosts: [], errors: [] });
  });

  test("sees at once what a later run has added", async () => {
    const reader = newReader(files);
    expect((await reader.read({ cluster: CLUSTER, host: "a03", from: 0, to: 2 ** 40 })).series).toEqual([]);
    putSnapshot(files, { host: "a03", series: [{ values: [5] }] });
    await archive(files);
    expect((await reader.read({ cluster: CLUSTER, host: "a03", from: 0, to: 2 ** 40 })).series).toHaveLength(1);
  });

  test("at any moment of a run gives all samples that are not in checkpoint files any more, and no error", async () => {
    putSnapshot(files, { host: "b", series: [{ values: [1, 2] }] });
    putSnapshot(files, { host: "b", from: T0 + DAY, series: [{ values: [3] }] });
    const reader = newReader(files);
    const read = async (): Promise<{ count: number; errors: readonly string[] }> => {
      const answer = await reader.read({ cluster: CLUSTER, host: "b", from: 0, to: 2 ** 40 });
      return { count: samplesOf(answer).size, errors: answer.errors };
    };
    const seen = new Set<number>();
    let isReading = false;
    // Every operation of the run waits for a read of its own; reads take turns with the run's operations.
    files.onOperation = async ({ name, path }): Promise<"ok"> => {
      if (isReading) return "ok";
      isReading = true;
      const hadFiles = namesIn(files, `${CHECKPOINTS}/${CLUSTER}/b`).length;
      const { count, errors } = await read();
      isReading = false;
      expect(errors, `${name} ${path}`).toEqual([]);
      if (hadFiles < 2) expect(count, `${name} ${path}`).toBe(3);
      seen.add(count);
      return "ok";
    };
    await archive(files);
    files.onOperation = undefined;
    expect([...seen]).toEqual([0, 3]);
  });

  test("takes no file for missing that a run adds while the read is under way", async () => {
    const all = { cluster: CLUSTER, host: "b", from: 0, to: 2 ** 40 };
    for (let pause = 0; pause < 8; pause++) {
      putSnapshot(files, { host: "b", series: [{ values: [pause] }] });
      let begun = 0;
      const reader = newReader(files);
      files.onOperation = async (): Promise<"ok"> => {
        // The operations of the run come by here as well.
        if (begun++ === pause) await archive(files);
        return "ok";
      };
      const { errors } = await reader.read(all);
      files.onOperation = undefined;
      expect(errors, `the run comes after ${pause} operations`).toEqual([]);
      expect([...samplesOf(await reader.read(all)).values()]).toEqual([pause]);
    }
  });

  test("gives any range of series of many pages, whatever lies before and behind them in the file", async () => {
    const values = (seed: number): (number | null)[] =>
      Array.from({ length: 20_000 }, (_, i) => ((i + seed) % 11 === 0 ? null : Math.fround(seed * 1e5 + i / 3)));
    const series = ["a", "b", "c"].flatMap((metric, m) =>
      [["hwthread0"], ["hwthread1"]].map((path, p) => ({ metric, path, frequency: 1, values: values(2 * m + p) })),
    );
    putSnapshot(files, { host: "long", to: T0 + 20_000, series });
    await archive(files);
    const reader = newReader(files);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...series),
        fc.integer({ min: -10, max: 20_010 }),
        fc.integer({ min: 1, max: 20_010 }),
        async ({ metric, path: [thread], values: given }, first, count) => {
          const [from, to] = [T0 + first, T0 + first + count];
          const accepts = ([name]: readonly string[]): boolean => name === thread;
          const answer = await reader.read({ cluster: CLUSTER, host: "long", metrics: [metric], accepts, from, to });
          expect(answer.errors).toEqual([]);
          const expected = given.flatMap((value, i): [number, number][] =>
            value === null || T0 + i < from || T0 + i >= to ? [] : [[T0 + i, value]],
          );
          const [found] = answer.series;
          const pairs = Array.from(found?.timestamps ?? [], (time, i) => [time, found?.values[i]]);
          expect(pairs.length).toBe(expected.length);
          expect(pairs.flat().join()).toBe(expected.flat().join());
        },
      ),
      { numRuns: 60 },
    );
    const whole = await reader.read({ cluster: CLUSTER, host: "long", from: 0, to: 2 ** 40 });
    expect(whole.series.map(({ values: found }) => found.length)).toEqual(
      series.map(({ values: given }) => given.filter((value) => value !== null).length),
    );
  });

  test("asks the disk for a few pages only, and the second time for even less", async () => {
    const reader = newReader(files);
    const readsOf = async (): Promise<number> => {
      let reads = 0;
      files.onOperation = ({ name }) => {
        if (name === "readRange") reads++;
        return "ok";
      };
      await reader.read({ cluster: CLUSTER, host: "a02", metrics: ["load"], from: 0, to: 2 ** 40 });
      return reads;
    };
    const cold = await readsOf();
    const warm = await readsOf();
    expect(cold).toBeLessThanOrEqual(12);
    expect(warm).toBeLessThanOrEqual(cold - 4);
  });
});
