// Reading into room that the caller gives: the same values as in room of their own, whatever the room held before.

import { describe, expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";
import { SimdAdder } from "../../src/wasm/simd-adder.ts";

const T0 = 1_700_000_040;

describe.each([
  ["the plain adder", undefined],
  ["the kernel", new SimdAdder()],
])("with %s", (_, adder) => {
  const store = new MetricStore({
    metrics: { power: { frequency: 60, aggregation: "sum" } },
    ...(adder !== undefined && { adder }),
  });
  for (const [socket, minutes] of [
    [0, 700],
    [1, 650],
  ]) {
    const metric = store.metrics.get("power");
    const series = metric && store.seriesFor(["c", "h", `socket${socket}`], metric);
    if (series === undefined) throw new Error("the store is full");
    for (let i = 0; i < minutes; i++) if (i % 100 !== 7) store.writeSample(series, T0 + i * 60, i);
  }

  test.each([
    ["one series with gaps", ["c", "h", "socket0"]],
    ["two series, one of them shorter", ["c", "h"]],
  ])("%s", (_name, selector) => {
    const room = new Float64Array(1000).fill(123);
    const read = store.read(selector, "power", T0, T0 + 42_000, 0, undefined, (length) => room.subarray(0, length));
    expect(read).toEqual(store.read(selector, "power", T0, T0 + 42_000));
    expect(read.values).toHaveLength(700);
  });
});
