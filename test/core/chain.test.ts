// Writing, seen from outside: which buffers there are and what can be read.

import { describe, expect, it } from "vitest";
import { BufferPool } from "../../src/core/buffer-pool.ts";
import { chainOf, tidy, writeSample } from "../../src/core/chain.ts";
import { Level } from "../../src/core/level.ts";
import { SeriesTable } from "../../src/core/series.ts";
import { buffersOf, HOST, newStore, ramp, read, T0, write, writeBatch, type Sample, sizesOf } from "./fixtures.ts";

const readAll = (store: ReturnType<typeof newStore>, metric: string): number[] =>
  read(store, HOST, metric, T0 - 1e6, T0 + 1e6).values;

describe("the first sample of a series", () => {
  it.each([
    { frequency: 1, start: T0 },
    { frequency: 2, start: T0 - 1 },
    { frequency: 5, start: T0 - 2 },
    { frequency: 10, start: T0 - 5 },
    { frequency: 60, start: T0 - 30 },
    { frequency: 61, start: T0 - 30 },
  ])("opens a buffer floor(frequency / 2) before it, every $frequency s", ({ frequency, start }) => {
    const store = newStore({ metric: { frequency, aggregation: "sum" } });
    write(store, HOST, "metric", [[T0, 1]]);
    expect(buffersOf(store, HOST, "metric")).toEqual([{ start, len: 1, end: start + frequency }]);
    expect(read(store, HOST, "metric", T0, T0 + 1)).toEqual({ values: [1], from: T0, to: T0 + frequency });
  });

  it.each([-1_000_003, -60, 0, 1, 59])("may lie at the time %d", (time) => {
    for (const writeAll of [write, writeBatch]) {
      const store = newStore();
      writeAll(store, HOST, "cpu_load", ramp(time, 60, 2, 1));
      expect(read(store, HOST, "cpu_load", time, time + 120)).toEqual({ values: [1, 2], from: time, to: time + 120 });
    }
  });
});

describe("a sample off the grid", () => {
  it.each([
    { after: 0, values: [9] },
    { after: 29, values: [9] },
    { after: 30, values: [1, 9] },
    { after: 89, values: [1, 9] },
    { after: 90, values: [1, NaN, 9] },
    { after: -30, values: [9] },
    { after: -31, values: [9, 1] },
  ])("lands in the nearest slot of 60 s, $after s after the first", ({ after, values }) => {
    for (const writeAll of [write, writeBatch]) {
      const store = newStore();
      writeAll(store, HOST, "cpu_load", [
        [T0, 1],
        [T0 + after, 9],
      ]);
      expect(readAll(store, "cpu_load")).toEqual(values);
    }
  });
});

describe("a duplicate", () => {
  it.each([
    { where: "in the newest slot", slot: 2 },
    { where: "in an older slot", slot: 0 },
  ])("replaces the value $where", ({ slot }) => {
    const store = newStore();
    writeBatch(store, HOST, "net_bw", [...ramp(T0, 10, 3), [T0 + slot * 10, 77]]);
    expect(readAll(store, "net_bw")).toEqual([0, 1, 2].with(slot, 77));
  });

  it("replaces the value in an older buffer", () => {
    const store = newStore();
    writeBatch(store, HOST, "net_bw", [...ramp(T0, 10, 600), [T0 + 100, 77]]);
    expect(readAll(store, "net_bw")[10]).toBe(77);
    expect(store.sizes().buffers).toBe(2);
    expect(store.countAll().slots).toBe(600);
  });
});

describe("a buffer holds 512 slots", () => {
  it.each([
    { samples: 511, lengths: [511] },
    { samples: 512, lengths: [512] },
    { samples: 513, lengths: [512, 1] },
    { samples: 1024, lengths: [512, 512] },
    { samples: 1025, lengths: [512, 512, 1] },
  ])("$samples samples fill buffers of $lengths", ({ samples, lengths }) => {
    for (const writeAll of [write, writeBatch]) {
      const store = newStore();
      writeAll(store, HOST, "net_bw", ramp(T0, 10, samples));
      expect(buffersOf(store, HOST, "net_bw").map(({ len }) => len)).toEqual(lengths);
      expect(readAll(store, "net_bw")).toEqual(ramp(T0, 10, samples).map(([, value]) => value));
    }
  });

  it.each([
    { after: 510, lengths: [511] },
    { after: 511, lengths: [512] },
    { after: 512, lengths: [1, 1] },
  ])("a sample $after slots after the first leaves buffers of $lengths", ({ after, lengths }) => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + after * 10, 2],
    ]);
    expect(buffersOf(store, HOST, "net_bw").map(({ len }) => len)).toEqual(lengths);
    expect(readAll(store, "net_bw")).toEqual([1, ...Array.from({ length: after - 1 }, () => NaN), 2]);
  });

  it("the next buffer begins on the grid of its own first sample", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + 5110, 2],
      [T0 + 5123, 3],
      [T0 + 5133, 4],
    ]);
    const starts = buffersOf(store, HOST, "net_bw").map(({ start }) => start - T0);
    expect(starts).toEqual([-5, 5118]);
    // As recorded from the reference (query-buffer-chain).
    expect(read(store, HOST, "net_bw", T0 + 5090, T0 + 5160)).toEqual({
      values: [NaN, NaN, 2, 3, 4],
      from: T0 + 5090,
      to: T0 + 5140,
    });
  });

  it("a recycled buffer shows nothing of its former samples", () => {
    const store = newStore();
    write(store, ["alex", "gone"], "net_bw", ramp(T0, 10, 512, 1000));
    store.free([], Infinity);
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + 50, 2],
    ]);
    expect(readAll(store, "net_bw")).toEqual([1, NaN, NaN, NaN, NaN, 2]);
  });
});

describe("a late sample", () => {
  it("lands in the gap of the older buffer that covers it", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + 50, 6],
      [T0 + 6000, 9],
      [T0 + 20, 3],
    ]);
    expect(read(store, HOST, "net_bw", T0, T0 + 60).values).toEqual([1, NaN, 3, NaN, NaN, 6]);
  });

  it("behind the last sample of an older buffer makes that longer", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + 6000, 9],
      [T0 + 30, 4],
    ]);
    expect(read(store, HOST, "net_bw", T0, T0 + 100).values).toEqual([1, NaN, NaN, 4]);
    expect(buffersOf(store, HOST, "net_bw").map(({ len }) => len)).toEqual([4, 1]);
  });

  it("before the oldest extends the series backwards on its grid", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 5],
      [T0 + 10, 6],
      [T0 - 30, 2],
    ]);
    expect(read(store, HOST, "net_bw", T0 - 1000, T0 + 1000)).toEqual({
      values: [2, NaN, NaN, 5, 6],
      from: T0 - 30,
      to: T0 + 20,
    });
  });

  it("before the oldest, off its grid, lands in the nearest slot before it", () => {
    const store = newStore();
    write(store, HOST, "cpu_load", [
      [T0, 5],
      [T0 - 70, 4],
    ]);
    expect(readAll(store, "cpu_load")).toEqual([4, 5]);
    expect(buffersOf(store, HOST, "cpu_load")).toEqual([{ start: T0 - 90, len: 2, end: T0 + 30 }]);
  });

  it("in the gap between two buffers lands there", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 + 20_000, 9],
      [T0 + 12_340, 4],
    ]);
    expect(read(store, HOST, "net_bw", T0 + 12_340, T0 + 12_350).values).toEqual([4]);
    expect(buffersOf(store, HOST, "net_bw").map(({ start }) => start - T0)).toEqual([-5, 12_335, 19_995]);
  });

  it("is appended to at once, as the newest is", () => {
    const store = newStore();
    write(store, HOST, "net_bw", ramp(T0 + 50_000, 10, 3));
    writeBatch(store, HOST, "net_bw", ramp(T0, 10, 700));
    writeBatch(store, HOST, "net_bw", ramp(T0 + 50_030, 10, 3, 3));
    expect(read(store, HOST, "net_bw", T0 + 50_000, T0 + 60_000).values).toEqual([0, 1, 2, 3, 4, 5]);
    expect(read(store, HOST, "net_bw", T0, T0 + 7000).values).toEqual(ramp(T0, 10, 700).map(([, value]) => value));
  });

  it("costs no other sample its slot when buffers lie off each other's grid", () => {
    const samples: Sample[] = [
      [0, 1],
      [30_640, 2],
      [60_017, 3],
      [30_700, 4],
    ];
    const store = newStore();
    write(store, HOST, "cpu_load", samples);
    const { values } = read(store, HOST, "cpu_load", 0, 100_000);
    expect(values.filter((value) => !Number.isNaN(value))).toEqual([1, 2, 4, 3]);
  });

  it("needs no memory for the empty time before it", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 - 1e9, 2],
      [T0 - 5e8, 3],
    ]);
    expect(sizesOf(store)).toMatchObject({ buffers: 3 });
    expect(read(store, HOST, "net_bw", T0 - 5e8, T0 - 5e8 + 10).values).toEqual([3]);
  });
});

describe("a chain that late samples left in disorder", () => {
  it("is rebuilt by the first look at it only", () => {
    const table = new SeriesTable();
    const pool = new BufferPool();
    const metric = { name: "m", index: 0, frequency: 10, aggregation: null } as const;
    const series = table.add(new Level("h", undefined), metric);
    writeSample(table, pool, series, T0, 1);
    tidy(table, pool, series);
    expect(chainOf(table, pool, series)).toEqual([0]);
    writeSample(table, pool, series, T0 - 90, 2);
    expect(table.untidy[series]).toBe(1);
    tidy(table, pool, series);
    expect(table.untidy[series]).toBe(0);
    const rebuilt = chainOf(table, pool, series);
    tidy(table, pool, series);
    expect(chainOf(table, pool, series)).toEqual(rebuilt);
    expect(pool.used).toBe(1);
  });
});

describe("a sample from the far future", () => {
  it("does not keep the following normal ones from being stored", () => {
    const store = newStore();
    const future = T0 + 1e9;
    write(store, HOST, "net_bw", [
      [T0, 0],
      [future, 99],
    ]);
    writeBatch(store, HOST, "net_bw", ramp(T0 + 10, 10, 1200, 1));
    expect(read(store, HOST, "net_bw", T0, T0 + 12_010).values).toEqual(ramp(T0, 10, 1201).map(([, value]) => value));
    expect(read(store, HOST, "net_bw", future, future + 10).values).toEqual([99]);
  });
});

describe("samples of several series in one batch", () => {
  it("find their own series, in order, late and new", () => {
    const store = newStore();
    const hosts = ["h0", "h1", "h2"].map((host) => ["alex", host]);
    const numbers = hosts.map((path) => {
      const metric = store.metrics.get("net_bw");
      return metric === undefined ? undefined : store.seriesFor(path, metric);
    });
    expect(numbers).toEqual([0, 1, 2]);
    const columns = {
      series: Uint32Array.of(0, 1, 0, 2, 1, 0, 1, 99),
      timestamps: Float64Array.of(T0, T0, T0 + 10, T0, T0 - 10, T0 + 20, T0 + 10, T0),
      values: Float32Array.of(1, 10, 2, 100, 9, 3, 11, 99),
    };
    // The last row lies behind the count and must not be looked at.
    store.writeColumns(columns, 7);
    expect(hosts.map((host) => read(store, host, "net_bw", T0 - 100, T0 + 100).values)).toEqual([
      [1, 2, 3],
      [9, 10, 11],
      [100],
    ]);
  });

  it("an empty batch changes nothing", () => {
    const store = newStore();
    writeBatch(store, HOST, "net_bw", []);
    expect(sizesOf(store)).toMatchObject({ series: 1, buffers: 0 });
  });
});
