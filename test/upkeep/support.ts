// A store on a simulated disk, in time that passes when the test says so, in a process as large as the test wants it.

import * as v from "valibot";
import { expect } from "vitest";
import { openStore, type OpenOptions, type Store, type StorePlatform } from "../../src/index.ts";
import { MemoryClock, MemoryFileSystem, MemoryScheduler } from "../../src/runtime/memory.ts";
import { nodeGzip } from "../../src/runtime/node.ts";
import type { Memory } from "../../src/runtime/ports.ts";

export const ROOT = "/var/checkpoints";
export const HOUR = 3600;
export const RETENTION = 48 * HOUR;
/** On the grid of all metrics, and far enough from 0. */
export const T0 = 1_699_999_200;

export const METRICS = {
  load: { frequency: 60, aggregation: "avg" },
  flops: { frequency: 60, aggregation: "sum" },
} as const;

/** A process of a size that the test gives. */
export class FakeMemory implements Memory {
  rssBytes = 0;
  /** Called at each collection. */
  onCollect: () => void = () => {};
  collects = true;

  usage(): { rssBytes: number; heapBytes: number } {
    return { rssBytes: this.rssBytes, heapBytes: 1 };
  }

  collect(): boolean {
    this.onCollect();
    return this.collects;
  }
}

export interface World {
  readonly clock: MemoryClock;
  readonly scheduler: MemoryScheduler;
  readonly memory: FakeMemory;
  readonly problems: string[];
  files: MemoryFileSystem;
  open(options?: Partial<OpenOptions>): Promise<Store>;
  /** Time passes at once, then what is due is done. */
  pass(seconds: number): Promise<void>;
}

/** @param more of the platform */
export function newWorld(more: Partial<StorePlatform> = {}): World {
  const clock = new MemoryClock(T0);
  const scheduler = new MemoryScheduler(clock);
  const memory = new FakeMemory();
  const problems: string[] = [];
  const world: World = {
    clock,
    scheduler,
    memory,
    problems,
    files: new MemoryFileSystem(),
    open: (options = {}) =>
      openStore({
        metrics: METRICS,
        directory: ROOT,
        retentionMs: RETENTION * 1000,
        platform: { clock, scheduler, memory, files: world.files, cores: 2, gzip: nodeGzip, ...more },
        ...options,
        events: {
          problem: (what, error) => void problems.push(`${what}: ${error instanceof Error ? error.message : ""}`),
          ...options.events,
        },
      }),
    async pass(seconds) {
      clock.advance((seconds - 1) * 1000);
      await scheduler.advance(1000);
    },
  };
  return world;
}

/** Writes one sample a minute in [from, to), with the minute as its value. */
export async function writeMinutes(
  store: Store,
  from: number,
  to: number,
  { host = "h1", metric = "load", tags = "" } = {},
): Promise<void> {
  const lines: string[] = [];
  for (let time = Math.ceil(from / 60) * 60; time < to; time += 60) {
    lines.push(`${metric},cluster=c,hostname=${host}${tags} value=${minuteOf(time)} ${time}`);
  }
  const report = await store.write(lines.join("\n"));
  if (report.stored !== lines.length) throw new Error(`stored ${report.stored} of ${lines.length}`);
}

/** What a status tells of memory in use. */
export function sizesOf(store: Store): { samples: number; buffers: number } {
  const { samples, buffers } = v.parse(sizesSchema, store.status()["store"]);
  return { samples, buffers };
}

const sizesSchema = v.object({ samples: v.number(), buffers: v.number() });

/** Small enough for a float32. */
export const minuteOf = (time: number): number => (time - T0) / 60;

/** What a read gives, as time → value, without what is NaN. */
export async function readAll(
  store: Store,
  host: string,
  from: number,
  to: number,
  metric = "load",
): Promise<Map<number, number>> {
  const { values, from: first } = await store.read(["c", host], metric, from, to);
  const found = new Map<number, number>();
  for (const [i, value] of values.entries()) if (!Number.isNaN(value)) found.set(first + i * 60, value);
  return found;
}

/** As if all minutes in [from, to) were there. */
export function minutes(from: number, to: number): Map<number, number> {
  const all = new Map<number, number>();
  for (let time = from; time < to; time += 60) all.set(time, minuteOf(time));
  return all;
}

/** As `toEqual`, but what it prints is short. */
export function expectSame(found: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>): void {
  const missing = [...expected].filter(([time, value]) => found.get(time) !== value);
  const added = [...found].filter(([time]) => !expected.has(time));
  expect({ missing: missing.length, added: added.length, first: [missing[0], added[0]] }).toEqual({
    missing: 0,
    added: 0,
    first: [undefined, undefined],
  });
}
