// Freeing: which buffers go, what becomes of levels, series numbers and memory.

import { describe, expect, it } from "vitest";
import { MetricStore } from "../../src/core/store.ts";
import { buffersOf, HOST, newStore, ramp, read, seriesOf, T0, write, writeBatch, sizesOf } from "./fixtures.ts";

/**
 * Three buffers of two samples each: end at T0 + 20, + 6020, + 12020. Written as batches, of which the length of the
 * newest buffer is not in its header yet.
 */
function threeBuffers(path: readonly string[] = HOST, store = newStore()): MetricStore {
  for (const begin of [0, 6000, 12_000]) writeBatch(store, path, "net_bw", ramp(T0 + begin, 10, 2, begin));
  return store;
}

const startsOf = (store: MetricStore): number[] => buffersOf(store, HOST, "net_bw").map(({ start }) => start - T0 + 5);

describe("free", () => {
  it.each([
    { time: -1, freed: 0, left: [0, 6000, 12_000] },
    { time: 0, freed: 0, left: [0, 6000, 12_000] },
    { time: 20, freed: 0, left: [0, 6000, 12_000] },
    { time: 21, freed: 1, left: [6000, 12_000] },
    { time: 6020, freed: 1, left: [6000, 12_000] },
    { time: 6021, freed: 2, left: [12_000] },
    { time: 12_020, freed: 2, left: [12_000] },
  ])("to $time s after the first sample frees $freed buffers that end before", ({ time, freed, left }) => {
    const store = threeBuffers();
    expect(store.free(HOST, T0 + time)).toBe(freed);
    expect(startsOf(store)).toEqual(left);
    const { from, to } = read(store, HOST, "net_bw", T0, T0 + 99_999);
    expect({ from: from - T0, to: to - T0 }).toEqual({ from: left[0], to: 12_020 });
  });

  it("behind everything leaves nothing of the series", () => {
    const store = threeBuffers();
    expect(store.free(HOST, T0 + 12_021)).toBe(3);
    expect(() => store.read(HOST, "net_bw", T0, T0 + 1)).toThrow("not found");
    expect(sizesOf(store)).toMatchObject({ series: 0, buffers: 0, slots: 0 });
  });

  it("counts a late sample's buffer as if it had come in time", () => {
    const store = threeBuffers();
    write(store, HOST, "net_bw", [[T0 - 30, 1]]);
    expect(store.free(HOST, T0 + 21)).toBe(1);
    expect(startsOf(store)).toEqual([6000, 12_000]);
  });

  it("the end of a buffer with an odd frequency counts from its first sample", () => {
    const store = newStore({ metric: { frequency: 61, aggregation: null } });
    write(store, HOST, "metric", [[T0, 1]]);
    expect([store.free([], T0 + 61), store.free([], T0 + 62)]).toEqual([0, 1]);
  });

  it("what is left can be written to on both sides", () => {
    const store = threeBuffers();
    store.free(HOST, T0 + 6021);
    write(store, HOST, "net_bw", [
      [T0 + 12_020, 2],
      [T0 + 11_990, 1],
    ]);
    expect(read(store, HOST, "net_bw", T0, T0 + 99_999)).toEqual({
      values: [1, 12_000, 12_001, 2],
      from: T0 + 11_990,
      to: T0 + 12_030,
    });
  });

  it("of one host leaves the others alone", () => {
    const store = threeBuffers(["alex", "other"], threeBuffers());
    expect(store.free(["alex", "other"], Infinity)).toBe(3);
    expect(startsOf(store)).toEqual([0, 6000, 12_000]);
  });

  it("of an unknown level frees nothing and makes no level", () => {
    const store = threeBuffers();
    expect(store.free(["alex", "nobody"], Infinity)).toBe(0);
    expect(store.listChildren(["alex"])).toEqual(["a0101"]);
  });
});

describe("emptied levels", () => {
  it.each([
    { freed: ["alex", "a0101", "hwthread0"], clusters: ["alex"], hosts: ["a0101"], threads: ["hwthread0"] },
    { freed: ["alex", "a0101"], clusters: ["alex"], hosts: ["a0101"], threads: [] },
    { freed: ["alex"], clusters: ["alex"], hosts: [], threads: [] },
    { freed: [], clusters: [], hosts: [], threads: [] },
  ])("below $freed go, the level itself stays", ({ freed, clusters, hosts, threads }) => {
    const store = newStore();
    write(store, ["alex", "a0101", "hwthread0"], "net_bw", [[T0, 1]]);
    expect(store.free(freed, Infinity)).toBe(1);
    expect(store.listChildren([])).toEqual(clusters);
    expect(store.listChildren(["alex"])).toEqual(hosts);
    expect(store.listChildren(HOST)).toEqual(threads);
  });

  it("stay while a level below or another metric has samples", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [[T0, 1]]);
    write(store, [...HOST, "hwthread0"], "net_bw", [[T0 + 1000, 1]]);
    write(store, ["alex", "a0102"], "net_bw", [[T0, 1]]);
    write(store, ["alex", "a0102"], "cpu_load", [[T0 + 1000, 1]]);
    expect(store.free([], T0 + 500)).toBe(2);
    expect(store.listChildren(["alex"])).toEqual(["a0101", "a0102"]);
    expect(sizesOf(store)).toMatchObject({ levels: 4, series: 2, buffers: 2 });
  });

  it("a series that never had a sample goes with the next free, and its level", () => {
    const store = newStore();
    write(store, HOST, "net_bw", []);
    expect(store.free([], 0)).toBe(0);
    expect(sizesOf(store)).toMatchObject({ levels: 0, series: 0 });
  });
});

describe("pruneEmpty", () => {
  it("removes what holds nothing, the level that free was asked for too", () => {
    const store = threeBuffers(["fritz", "f0101"]);
    write(store, ["alex", "a0101", "core0"], "net_bw", [[T0, 1]]);
    store.free(["alex", "a0101"], Infinity);
    expect(store.paths(2)).toEqual([
      ["fritz", "f0101"],
      ["alex", "a0101"],
    ]);
    store.pruneEmpty();
    expect(sizesOf(store)).toMatchObject({ levels: 2, series: 1, buffers: 3 });
    expect(store.listChildren([])).toEqual(["fritz"]);
  });

  it("leaves a level with a series that has no samples yet", () => {
    const store = newStore();
    write(store, HOST, "net_bw", []);
    store.pruneEmpty();
    expect(store.listChildren(["alex"])).toEqual(["a0101"]);
  });
});

describe("forceFree", () => {
  it("frees the oldest buffer of every series, whatever its age", () => {
    const store = threeBuffers([...HOST, "core0"], threeBuffers());
    write(store, HOST, "cpu_load", [[T0 + 1e6, 1]]);
    expect(store.forceFree()).toBe(3);
    expect(startsOf(store)).toEqual([6000, 12_000]);
    expect(() => store.read(HOST, "cpu_load", T0, T0 + 1)).toThrow("not found");
    expect([store.forceFree(), store.forceFree(), store.forceFree()]).toEqual([2, 2, 0]);
    expect(sizesOf(store)).toMatchObject({ levels: 0, series: 0, buffers: 0 });
  });

  it("takes a late sample's buffer first", () => {
    const store = threeBuffers();
    write(store, HOST, "net_bw", [[T0 - 90_000, 1]]);
    expect(store.forceFree()).toBe(1);
    expect(startsOf(store)).toEqual([0, 6000, 12_000]);
  });
});

describe("freeAll", () => {
  it("leaves an empty store that can be filled again", () => {
    const store = threeBuffers(["fritz", "f0101"], threeBuffers());
    expect(store.freeAll()).toBe(6);
    expect(sizesOf(store)).toMatchObject({ levels: 0, series: 0, buffers: 0, slots: 0 });
    threeBuffers(HOST, store);
    expect(startsOf(store)).toEqual([0, 6000, 12_000]);
  });
});

describe("series numbers", () => {
  it("of removed series are given again, to series without a past", () => {
    const store = newStore();
    const old = seriesOf(store, HOST, "net_bw");
    writeBatch(store, HOST, "net_bw", ramp(T0, 10, 600));
    store.freeAll();
    expect(seriesOf(store, ["alex", "new"], "cpu_load")).toBe(old);
    write(store, ["alex", "new"], "cpu_load", [
      [T0, 1],
      [T0 + 60, 2],
    ]);
    expect(read(store, ["alex", "new"], "cpu_load", 0, 2 * T0).values).toEqual([1, 2]);
  });

  it("of a series that was out of order when it was removed carry no disorder over", () => {
    const store = newStore();
    write(store, HOST, "net_bw", [
      [T0, 1],
      [T0 - 90_000, 2],
    ]);
    store.freeAll();
    write(store, HOST, "net_bw", [[T0, 3]]);
    expect(buffersOf(store, HOST, "net_bw")).toEqual([{ start: T0 - 5, len: 1, end: T0 + 5 }]);
  });

  it.each<{ what: string; act: (store: MetricStore) => unknown; forgets: boolean }>([
    { what: "writing", act: (store) => write(store, ["alex", "new"], "net_bw", [[T0, 1]]), forgets: false },
    { what: "freeing nothing", act: (store) => store.free([], T0), forgets: false },
    { what: "freeing some buffers of a series", act: (store) => store.free([], T0 + 21), forgets: false },
    { what: "freeing a series", act: (store) => store.free(HOST, Infinity), forgets: true },
    {
      what: "freeing by force to the last buffer",
      act: (store) => [store.forceFree(), store.forceFree(), store.forceFree()],
      forgets: true,
    },
    { what: "freeing everything", act: (store) => store.freeAll(), forgets: true },
  ])("$what: must those who keep them forget them? $forgets", ({ act, forgets }) => {
    const store = threeBuffers();
    const before = store.releases;
    act(store);
    expect(store.releases > before).toBe(forgets);
  });

  it("must be forgotten when a series without samples went, though no buffer was freed", () => {
    const store = newStore();
    write(store, HOST, "net_bw", []);
    const before = store.releases;
    store.free([], 0);
    expect(store.releases).toBeGreaterThan(before);
  });
});

describe("a store with a limit of series", () => {
  it("refuses one too many without making its level, and takes it once another has gone", () => {
    const limited = new MetricStore({ metrics: { m: { frequency: 10, aggregation: null } }, maxSeries: 2 });
    const metric = limited.metrics.byIndex[0];
    expect([limited.seriesFor(["c", "h0"], metric), limited.seriesFor(["c", "h1"], metric)]).toEqual([0, 1]);
    expect(limited.seriesFor(["c", "h2"], metric)).toBeUndefined();
    expect(limited.listChildren(["c"])).toEqual(["h0", "h1"]);
    expect(limited.seriesFor(["c", "h1"], metric)).toBe(1);
    expect(limited.seriesCount).toBe(2);
    limited.free(["c", "h0"], Infinity);
    expect(limited.seriesFor(["c", "h2"], metric)).toBe(0);
  });
});
