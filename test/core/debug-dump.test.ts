// The dump is JSON whatever the names are; its content is the reference's. (spec §2, GET /api/debug)

import { describe, expect, it } from "vitest";
import { dump, HOST, newStore, T0, write } from "./fixtures.ts";

const ODD_NAMES = [
  'qu"ote',
  "back\\slash",
  "new\nline\ttab",
  "\u0000\u001F\u007F",
  "ümläut 温度 🌡",
  "\u2028",
  "\uD800",
  "a:b",
  "",
  "__proto__",
];

describe("the dump", () => {
  it("of an empty store is empty", () => {
    expect([...newStore().debugDump([])].join("")).toBe("");
  });

  it("is laid out as recorded from the reference, without the commas too many", () => {
    const store = newStore();
    write(store, ["alex", "a0101"], "cpu_load", [
      [T0, 1],
      [T0 + 60, 2],
      [T0 + 120, 3],
    ]);
    write(store, ["alex", "a0101", "hwthread0"], "flops_any", [
      [T0, 1],
      [T0 + 60, 2],
    ]);
    write(store, ["alex", "a0102"], "net_bw", [
      [T0, 0],
      [T0 + 6000, 600],
    ]);
    write(store, ["other", "a0101"], "cpu_load", [[T0, 1]]);
    expect([...store.debugDump([])].join("")).toBe(
      [
        '\t"alex":{',
        '\t\t"a0101":{',
        '\t\t\t"cpu_load":[{"start":1720879230,"len":3,"end":1720879410}],',
        '\t\t\t"hwthread0":{',
        '\t\t\t\t"flops_any":[{"start":1720879230,"len":2,"end":1720879350}]',
        "\t\t\t}",
        "\t\t},",
        '\t\t"a0102":{',
        '\t\t\t"net_bw":[{"start":1720879255,"len":1,"end":1720879265},{"start":1720885255,"len":1,"end":1720885265}]',
        "\t\t}",
        "\t},",
        '\t"other":{',
        '\t\t"a0101":{',
        '\t\t\t"cpu_load":[{"start":1720879230,"len":1,"end":1720879290}]',
        "\t\t}",
        "\t}",
        "",
      ].join("\n"),
    );
  });

  it("of a level has its members only", () => {
    const store = newStore();
    write(store, HOST, "clock", [[T0, 1]]);
    expect(dump(store, ["alex", "a0101"])).toEqual({ clock: [{ start: T0 - 30, len: 1, end: T0 + 30 }] });
    expect(dump(store, ["alex"])).toEqual({ a0101: dump(store, HOST) });
  });

  it.each(ODD_NAMES)("is valid with a level and a metric named %j", (name) => {
    // Object.fromEntries, since a literal would take "__proto__" for the prototype.
    const store = newStore(Object.fromEntries([[name, { frequency: 60, aggregation: null }]]));
    write(store, [name, `${name}2`], name, [[T0, 1]]);
    const buffers = [{ start: T0 - 30, len: 1, end: T0 + 30 }];
    const [[cluster, hosts]] = Object.entries(dump(store, []) as Record<string, Record<string, object>>);
    expect(cluster).toBe(name);
    expect(Object.entries(hosts)).toEqual([[`${name}2`, Object.fromEntries([[name, buffers]])]]);
  });

  it("of a selected level that was emptied is empty", () => {
    const store = newStore();
    write(store, HOST, "clock", [[T0, 1]]);
    store.free(["alex"], Infinity);
    expect(dump(store, ["alex"])).toEqual({});
    expect(dump(store, [])).toEqual({ alex: {} });
  });

  it("of an unknown level is refused in the words of the reference", () => {
    expect(() => newStore().debugDump(["c", 'h"'])).toThrow('[METRICSTORE]> not found: []string{"c", "h\\""}');
    expect(() => newStore().debugDump(["c"])).toThrow(expect.objectContaining({ code: "not-found" }));
  });

  it("shows late samples where they would be had they come in time", () => {
    const store = newStore();
    write(store, HOST, "clock", [
      [T0, 1],
      [T0 - 60 * 600, 2],
      [T0 - 60, 3],
    ]);
    const first = T0 - 36_000;
    const buffers = [
      { start: first - 30, len: 1, end: first + 30 },
      { start: T0 - 90, len: 2, end: T0 + 30 },
    ];
    expect(dump(store, HOST)).toEqual({ clock: buffers });
  });

  it("comes in pieces, so that the caller may pause", () => {
    const store = newStore();
    for (const host of ["a", "b", "c"]) write(store, ["alex", host], "clock", [[T0, 1]]);
    expect([...store.debugDump([])].length).toBeGreaterThan(6);
  });
});
