import { describe, expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";

const FREQUENCY = 10;
const BUFFER_SECONDS = 512 * FREQUENCY;
const START = 100_000;

function setUp() {
  const store = new MetricStore({ metrics: { m: { frequency: FREQUENCY, aggregation: "sum" } } });
  const metric = store.metrics.get("m");
  const series = metric && store.seriesFor(["c", "h"], metric);
  if (series === undefined) throw new Error("no series");
  const write = (from: number, count: number): void => {
    for (let i = 0; i < count; i++) store.writeSample(series, from + i * FREQUENCY, i);
  };
  return { store, series, write };
}

describe("freeing what is in snapshots alone", () => {
  test("leaves everything while nothing is, and tells how much that is", () => {
    const { store, write } = setUp();
    write(START, 1100);
    expect(store.freeSaved(["c", "h"], Infinity)).toEqual({ freed: 0, unsaved: 3 });
    expect(store.freeSaved(["c", "h"], START + BUFFER_SECONDS + 100)).toEqual({ freed: 0, unsaved: 1 });
  });

  test("takes what was written before the snapshot, and leaves the buffer that goes on behind it", () => {
    const { store, series, write } = setUp();
    write(START, 600);
    store.markSaved(series);
    write(START + 600 * FREQUENCY, 1);
    expect(store.freeSaved(["c", "h"], Infinity)).toEqual({ freed: 1, unsaved: 1 });
    store.markSaved(series);
    expect(store.freeSaved(["c", "h"], Infinity)).toEqual({ freed: 1, unsaved: 0 });
    expect(store.seriesCount).toBe(0);
  });

  test("leaves a buffer in which something was changed since, and all behind it", () => {
    const { store, series, write } = setUp();
    write(START, 3 * 512);
    store.markSaved(series);
    store.writeSample(series, START + BUFFER_SECONDS + 50, 1000);
    expect(store.freeSaved(["c", "h"], Infinity)).toEqual({ freed: 1, unsaved: 2 });
  });

  test("does not take a value that is written again for a change", () => {
    const { store, series, write } = setUp();
    write(START, 600);
    store.markSaved(series);
    write(START, 10);
    expect(store.freeSaved(["c", "h"], Infinity)).toEqual({ freed: 2, unsaved: 0 });
  });

  test("of a level that is not there is nothing", () => {
    expect(setUp().store.freeSaved(["x"], Infinity)).toEqual({ freed: 0, unsaved: 0 });
  });
});

test("samples are counted with those that wait on the stage, without those freed", () => {
  const { store, series, write } = setUp();
  for (const count of [1, 15, 16, 17, 512, 513, 1100]) {
    write(START, count);
    expect(store.countSamples()).toBe(store.countAll().slots);
  }
  store.markSaved(series);
  store.free(["c", "h"], START + BUFFER_SECONDS + 100);
  expect(store.countSamples()).toBe(1100 - 512);
  store.freeAll();
  expect(store.countSamples()).toBe(0);
});

test("blocks buffer by buffer keep the times of buffers on other grids", () => {
  const { store, series } = setUp();
  store.writeSample(series, START, 1);
  // Behind the first buffer's end, and three seconds off its grid.
  store.writeSample(series, START + 2 * BUFFER_SECONDS + 3, 2);
  const blocks = store.readBlocks(series, 0, Infinity);
  expect(blocks.map(({ start, values }) => [start, ...values])).toEqual([
    [START, 1],
    [START + 2 * BUFFER_SECONDS + 3, 2],
  ]);
  expect(store.readBlocks(series, START + 1, START + BUFFER_SECONDS)).toEqual([]);
});
