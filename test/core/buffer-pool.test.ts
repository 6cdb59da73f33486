// The memory of buffers: slabs of 1,024, recycled, and given back.

import { describe, expect, it } from "vitest";
import { BufferPool, NO_BUFFER } from "../../src/core/buffer-pool.ts";
import { buffersOf, HOST, newStore, ramp, read, T0, write } from "./fixtures.ts";

const SLAB = 1024;
const BUFFER_BYTES = 512 * 4;

const takeMany = (pool: BufferPool, count: number): number[] =>
  Array.from({ length: count }, (_, i) => pool.take(i, NO_BUFFER));

describe("a pool of buffers", () => {
  it("takes memory by the slab and counts what is used and idle", () => {
    const pool = new BufferPool();
    expect([pool.used, pool.idle, pool.sizeBytes]).toEqual([0, 0, 0]);
    takeMany(pool, 1);
    expect([pool.used, pool.idle, pool.sizeBytes]).toEqual([1, SLAB - 1, SLAB * BUFFER_BYTES]);
    takeMany(pool, SLAB);
    expect([pool.used, pool.idle, pool.sizeBytes]).toEqual([SLAB + 1, SLAB - 1, 2 * SLAB * BUFFER_BYTES]);
  });

  it("takes memory whose growth does not call for garbage collections: ordinary array buffers do", () => {
    const pool = new BufferPool();
    takeMany(pool, 1);
    expect(pool.slabs[0].buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("gives out each buffer once, neighbours in order, with its header reset", () => {
    const pool = new BufferPool();
    const buffers = takeMany(pool, 3 * SLAB);
    expect(buffers).toEqual(Array.from({ length: 3 * SLAB }, (_, i) => i));
    pool.length[7] = 512;
    pool.release(7);
    expect(pool.take(99, 3)).toBe(7);
    expect([pool.start[7], pool.length[7], pool.previous[7]]).toEqual([99, 0, 3]);
    // Headers of the others outlive the growth of the arrays.
    expect(pool.start[SLAB - 1]).toBe(SLAB - 1);
  });

  it("recycles released buffers before it takes new memory", () => {
    const pool = new BufferPool();
    const buffers = takeMany(pool, SLAB);
    for (const buffer of buffers) pool.release(buffer);
    expect(takeMany(pool, SLAB).toSorted((a, b) => a - b)).toEqual(buffers);
    expect(pool.sizeBytes).toBe(SLAB * BUFFER_BYTES);
  });

  it("trim gives back slabs without a buffer in use, and only those", () => {
    const pool = new BufferPool();
    const buffers = takeMany(pool, 3 * SLAB);
    for (const buffer of buffers) if (buffer !== SLAB + 5) pool.release(buffer);
    expect(pool.trim()).toBe(2 * SLAB * BUFFER_BYTES);
    expect([pool.used, pool.idle, pool.sizeBytes]).toEqual([1, SLAB - 1, SLAB * BUFFER_BYTES]);
    expect(pool.slabs.map((slab) => slab.length)).toEqual([0, SLAB * 512, 0]);
    expect(pool.trim()).toBe(0);
  });

  it("takes dropped slabs again, each buffer still once", () => {
    const pool = new BufferPool();
    const [kept, ...rest] = takeMany(pool, 2 * SLAB);
    for (const buffer of rest) pool.release(buffer);
    pool.trim();
    const again = takeMany(pool, 2 * SLAB);
    expect(new Set([kept, ...again]).size).toBe(2 * SLAB + 1);
    expect(pool.slabs.map((slab) => slab.length)).toEqual([SLAB * 512, SLAB * 512, SLAB * 512]);
    expect([pool.used, pool.idle]).toEqual([2 * SLAB + 1, SLAB - 1]);
  });

  it("trim of an empty pool gives back nothing", () => {
    expect(new BufferPool().trim()).toBe(0);
  });
});

describe("a store that is filled, freed and trimmed", () => {
  const hosts = Array.from({ length: 1500 }, (_, i) => ["alex", `a${i}`]);

  it("needs no new memory for what comes after a free", () => {
    const store = newStore();
    for (const host of hosts) write(store, host, "net_bw", [[T0, 1]]);
    const { bufferSizeBytes } = store.sizes();
    store.free([], Infinity);
    for (const host of hosts) write(store, host, "net_bw", [[T0, 2]]);
    expect(store.sizes()).toMatchObject({ buffers: 1500, idleBuffers: 548, bufferSizeBytes });
  });

  it("gives its memory back and takes samples again", () => {
    const store = newStore();
    for (const host of hosts) write(store, host, "net_bw", [[T0, 1]]);
    write(store, HOST, "net_bw", ramp(T0, 10, 3));
    store.free(["alex", "a0"], Infinity);
    for (const host of hosts) store.free(host, Infinity);
    expect(store.trimPool()).toBe(SLAB * BUFFER_BYTES);
    expect(read(store, HOST, "net_bw", T0, T0 + 30).values).toEqual([0, 1, 2]);
    for (const [i, host] of hosts.entries()) write(store, host, "net_bw", ramp(T0, 10, 2, i));
    for (const [i, host] of hosts.entries()) {
      expect(read(store, host, "net_bw", T0, T0 + 99).values).toEqual([i, i + 1]);
    }
    expect(read(store, HOST, "net_bw", T0, T0 + 30).values).toEqual([0, 1, 2]);
    expect(buffersOf(store, HOST, "net_bw")).toEqual([{ start: T0 - 5, len: 3, end: T0 + 25 }]);
  });
});
