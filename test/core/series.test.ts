// The table of series: what a number means, and until when.

import { describe, expect, it } from "vitest";
import { NO_BUFFER } from "../../src/core/buffer-pool.ts";
import { Level } from "../../src/core/level.ts";
import { SeriesTable } from "../../src/core/series.ts";

const METRIC = { name: "m", index: 3, frequency: 60, aggregation: null } as const;

describe("the series table", () => {
  it("knows the level, metric and frequency of each of many series", () => {
    const table = new SeriesTable();
    const levels = Array.from({ length: 1000 }, (_, i) => new Level(`h${i}`, undefined));
    for (const [i, level] of levels.entries())
      expect(table.add(level, { ...METRIC, index: i, frequency: i + 1 })).toBe(i);
    expect(levels.every((level, i) => table.levelOf(i) === level)).toBe(true);
    expect([...table.frequency.subarray(0, 3), table.frequency[999]]).toEqual([1, 2, 3, 1000]);
    expect([...table.metric.subarray(0, 3), table.metric[999]]).toEqual([0, 1, 2, 999]);
    expect([table.count, table.end]).toEqual([1000, 1000]);
  });

  it("a new series has no samples", () => {
    const table = new SeriesTable();
    const series = table.add(new Level("h", undefined), METRIC);
    expect(table.head[series]).toBe(NO_BUFFER);
    expect(table.nextSlot[series]).toBeNaN();
    expect([table.headLength[series], table.untidy[series]]).toEqual([0, 0]);
  });

  it("a removed series has no level, and its number is given again", () => {
    const table = new SeriesTable();
    const [first, second] = [new Level("a", undefined), new Level("b", undefined)];
    table.add(first, METRIC);
    table.add(second, METRIC);
    table.remove(0);
    expect([table.levelOf(0), table.levelOf(1), table.count, table.end, table.removals]).toEqual([
      undefined,
      second,
      1,
      2,
      1,
    ]);
    expect(table.add(first, METRIC)).toBe(0);
    expect([table.levelOf(0), table.count, table.end]).toEqual([first, 2, 2]);
  });

  it("a series that still has buffers must not be removed", () => {
    const table = new SeriesTable();
    const series = table.add(new Level("a", undefined), METRIC);
    table.head[series] = 7;
    expect(() => table.remove(series)).toThrow("BUG: series 0 is removed with its buffers");
  });
});
