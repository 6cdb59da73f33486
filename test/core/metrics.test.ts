import { describe, expect, it } from "vitest";
import { MAX_METRICS, MetricTable, type MetricConfig } from "../../src/core/metrics.ts";

describe("the metrics of a store", () => {
  it("are found by name and by index", () => {
    const table = new MetricTable({ a: { frequency: 60, aggregation: "avg" }, b: { frequency: 1, aggregation: null } });
    expect(table.byIndex).toEqual([
      { name: "a", index: 0, frequency: 60, aggregation: "avg" },
      { name: "b", index: 1, frequency: 1, aggregation: null },
    ]);
    expect(table.get("b")).toBe(table.byIndex[1]);
    expect([table.has("a"), table.has("c"), table.has("constructor")]).toEqual([true, false, false]);
    expect(table.get("constructor")).toBeUndefined();
  });

  it.each([0, -60, 1.5, NaN, Infinity, 2 ** 53])("a frequency of %d is refused with the metric's name", (frequency) => {
    const configs = { good: { frequency: 1, aggregation: null }, bad: { frequency, aggregation: null } };
    expect(() => new MetricTable(configs)).toThrow(
      new RangeError(`metric bad: frequency must be a positive number of seconds, found ${frequency}`),
    );
  });

  it("as many as fit the series table, and no more", () => {
    const many = (count: number): Record<string, MetricConfig> =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, { frequency: 1, aggregation: null }]));
    expect(new MetricTable(many(MAX_METRICS)).byIndex.length).toBe(MAX_METRICS);
    expect(() => new MetricTable(many(MAX_METRICS + 1))).toThrow(new RangeError("at most 65535 metrics, found 65536"));
  });
});
