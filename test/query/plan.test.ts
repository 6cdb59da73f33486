// Which levels the queries of a request stand for.

import { describe, expect, it } from "vitest";
import type { Selector } from "../../src/core/level.ts";
import { resultCount, SelectorPlanner } from "../../src/query/plan.ts";
import type { Query } from "../../src/query/request.ts";

const query = (fields: Partial<Query> = {}): Query => ({
  metric: "flops_any",
  host: "a0101",
  resolution: 0,
  aggreg: false,
  ...fields,
});
const selectorsOf = (fields: Partial<Query>): Selector[] => new SelectorPlanner("alex").selectorsOf(query(fields));

describe("a query stands for", () => {
  const threads = { type: "hwthread", "type-ids": ["0", "1"] };
  const subtypes = { subtype: "slot", "subtype-ids": ["a", "b"] };
  const cases: { what: string; fields: Partial<Query>; selectors: Selector[] }[] = [
    { what: "the host, without a type", fields: {}, selectors: [["alex", "a0101"]] },
    {
      what: "the host, whatever the ids are",
      fields: { "type-ids": ["0"], ...subtypes },
      selectors: [["alex", "a0101"]],
    },
    {
      what: "each level of its ids",
      fields: threads,
      selectors: [
        ["alex", "a0101", "hwthread0"],
        ["alex", "a0101", "hwthread1"],
      ],
    },
    { what: "nothing, without ids", fields: { type: "hwthread" }, selectors: [] },
    {
      what: "each level of its subtypes' ids, within those of its ids",
      fields: { ...threads, ...subtypes },
      selectors: [
        ["alex", "a0101", "hwthread0", "slota"],
        ["alex", "a0101", "hwthread0", "slotb"],
        ["alex", "a0101", "hwthread1", "slota"],
        ["alex", "a0101", "hwthread1", "slotb"],
      ],
    },
    { what: "nothing, with a subtype but none of its ids", fields: { ...threads, subtype: "slot" }, selectors: [] },
    {
      what: "a group, aggregated",
      fields: { ...threads, aggreg: true },
      selectors: [["alex", "a0101", ["hwthread0", "hwthread1"]]],
    },
    {
      what: "one level, aggregated over one id",
      fields: { ...threads, "type-ids": ["7"], aggreg: true },
      selectors: [["alex", "a0101", "hwthread7"]],
    },
    {
      what: "a group of none, aggregated without ids",
      fields: { type: "hwthread", aggreg: true },
      selectors: [["alex", "a0101", []]],
    },
    {
      what: "a group within a group, aggregated with subtypes",
      fields: { ...threads, ...subtypes, aggreg: true },
      selectors: [["alex", "a0101", ["hwthread0", "hwthread1"], ["slota", "slotb"]]],
    },
  ];
  it.each(cases)("$what", ({ fields, selectors }) => {
    expect(selectorsOf(fields)).toEqual(selectors);
    expect(resultCount(query(fields))).toBe(selectors.length);
  });
});

describe("the queries of one request", () => {
  it("do not inherit levels from each other, however alike they are", () => {
    const planner = new SelectorPlanner("alex");
    const lists = [["0", "1"], ["0", "1"], ["0", "2"], ["0"], ["0", "1", "2"], ["0", "1"]];
    for (const type of ["hwthread", "core"]) {
      for (const [i, ids] of lists.entries()) {
        const below = { subtype: "slot", "subtype-ids": ids.toReversed() };
        const fields = { host: `h${i}`, type, "type-ids": [...ids], aggreg: true, ...below };
        expect(planner.selectorsOf(query(fields))).toEqual([
          ["alex", `h${i}`, group(type, ids), group("slot", below["subtype-ids"])],
        ]);
      }
    }
  });
});

const group = (type: string, ids: readonly string[]): string | string[] =>
  ids.length === 1 ? `${type}${ids[0]}` : ids.map((id) => type + id);
