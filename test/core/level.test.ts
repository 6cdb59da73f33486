// The tree and its selectors: which series a selector stands for.

import { describe, expect, it } from "vitest";
import type { Selector } from "../../src/core/level.ts";
import { newStore, read, T0, write } from "./fixtures.ts";

/** Each series has one sample whose value names it: powers of two, so that a sum tells what is in it, and how often. */
function tree(): ReturnType<typeof newStore> {
  const store = newStore();
  const values: [string[], number][] = [
    [["alex", "a0101", "hwthread0"], 1],
    [["alex", "a0101", "hwthread1"], 8],
    [["alex", "a0102", "socket0", "memctrl0"], 64],
    [["alex", "a0102", "socket0", "memctrl1"], 512],
    [["alex", "a0103"], 4096],
    [["alex", "a0103", "hwthread0"], 32_768],
    [["fritz", "f0101"], 262_144],
  ];
  for (const [path, value] of values) write(store, path, "flops_any", [[T0, value]]);
  return store;
}

describe("a selector", () => {
  const cases: { what: string; selector: Selector; sum: number }[] = [
    { what: "an exact element", selector: ["alex", "a0101", "hwthread1"], sum: 8 },
    { what: "a group", selector: ["alex", "a0101", ["hwthread1", "hwthread0"]], sum: 9 },
    { what: "a group of one", selector: ["alex", "a0101", ["hwthread1"]], sum: 8 },
    {
      what: "an id given twice counts twice",
      selector: ["alex", "a0101", ["hwthread0", "hwthread1", "hwthread1"]],
      sum: 17,
    },
    { what: "unknown ids are left out", selector: ["alex", "a0101", ["hwthread7", "hwthread0"]], sum: 1 },
    { what: "a level without the metric stands for its subtree", selector: ["alex", "a0102"], sum: 576 },
    { what: "a group of levels with subtrees", selector: ["alex", ["a0101", "a0102"]], sum: 585 },
    { what: "a group above an exact element", selector: ["alex", ["a0101", "a0103"], "hwthread0"], sum: 32_769 },
    { what: "a group below a group", selector: ["alex", ["a0101", "a0103"], ["hwthread0", "hwthread1"]], sum: 32_777 },
    { what: "the metric of the level itself wins over its subtree", selector: ["alex", "a0103"], sum: 4096 },
    { what: "also from further up", selector: ["alex"], sum: 4681 },
    { what: "everything", selector: [], sum: 266_825 },
  ];
  it.each(cases)("$what", ({ selector, sum }) => {
    expect(read(tree(), selector, "flops_any", T0, T0 + 60).values).toEqual([sum]);
  });

  it.each<{ what: string; selector: Selector }>([
    { what: "of unknown ids only", selector: ["alex", "a0101", ["hwthread7"]] },
    { what: "with an empty group", selector: ["alex", []] },
    { what: "with an empty name", selector: ["alex", ""] },
    { what: "below a leaf", selector: ["alex", "a0101", "hwthread0", "x"] },
  ])("$what finds nothing", ({ selector }) => {
    expect(() => tree().read(selector, "flops_any", T0, T0 + 60)).toThrow("metric or host not found");
  });

  it("passes over a level's own series while that has no samples", () => {
    const store = tree();
    write(store, ["alex", "a0102"], "flops_any", []);
    expect(read(store, ["alex", "a0102"], "flops_any", T0, T0 + 60).values).toEqual([576]);
  });

  it("finds levels with names of object members", () => {
    const store = newStore();
    for (const name of ["constructor", "__proto__", "toString"]) write(store, ["alex", name], "flops_any", [[T0, 1]]);
    expect(read(store, ["alex", "__proto__"], "flops_any", T0, T0 + 60).values).toEqual([1]);
    expect(() => store.read(["alex", "hasOwnProperty"], "flops_any", T0, T0 + 60)).toThrow("not found");
  });
});

describe("looking around", () => {
  it("children are listed in the order of their creation", () => {
    const store = tree();
    expect(store.listChildren([])).toEqual(["alex", "fritz"]);
    expect(store.listChildren(["alex"])).toEqual(["a0101", "a0102", "a0103"]);
    expect(store.listChildren(["fritz", "f0101"])).toEqual([]);
    expect(store.listChildren(["nocluster"])).toEqual([]);
  });

  it.each([
    { depth: 0, paths: [[]] },
    { depth: 1, paths: [["alex"], ["fritz"]] },
    {
      depth: 2,
      paths: [
        ["alex", "a0101"],
        ["alex", "a0102"],
        ["alex", "a0103"],
        ["fritz", "f0101"],
      ],
    },
    {
      depth: 4,
      paths: [
        ["alex", "a0102", "socket0", "memctrl0"],
        ["alex", "a0102", "socket0", "memctrl1"],
      ],
    },
    { depth: 5, paths: [] },
  ])("paths of depth $depth", ({ depth, paths }) => {
    expect(tree().paths(depth)).toEqual(paths);
  });

  it("looking at a path that is not there makes no level", () => {
    const store = tree();
    store.listChildren(["new"]);
    store.free(["new"], Infinity);
    store.hostHealth("new", "host", [], T0);
    expect(() => store.debugDump(["new"])).toThrow('[METRICSTORE]> not found: []string{"new"}');
    expect(store.listChildren([])).toEqual(["alex", "fritz"]);
  });
});
