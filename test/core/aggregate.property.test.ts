// Many series read as one, against the same series read one by one and added up by hand; with every adder there is.

import fc from "fast-check";
import { expect, it } from "vitest";
import { PlainAdder } from "../../src/core/adder.ts";
import { MetricStore, type ReadResult } from "../../src/core/store.ts";
import { SimdAdder } from "../../src/wasm/simd-adder.ts";
import { firstDifference, METRICS, ramp, seriesOf, T0, write, type Sample } from "./fixtures.ts";

const HOST = ["alex", "a0101"] as const;
const STEP = METRICS["flops_any"].frequency;

/** Most march in step; some began later, ended earlier, or miss a sample. */
const shape = fc.record({
  begin: fc.constantFrom(0, 0, 0, 0, 0, 1, 300, 512, 700),
  count: fc.constantFrom(1400, 1400, 1400, 1400, 30, 600),
  hole: fc.option(fc.nat(1000), { freq: 6 }),
  seed: fc.nat(1000),
});

const samplesOf = ({ begin, count, hole, seed }: { begin: number; count: number; hole: number | null; seed: number }) =>
  ramp(T0 + begin * STEP, STEP, count)
    .filter((_, i) => i !== hole)
    .map(([time, i]): Sample => [time, Math.sin(i + seed) * 10 ** (seed % 9)]);

const threadName = (id: number): string => `hwthread${id}`;

function combined(parts: readonly ReadResult[]): { values: Float64Array; from: number } {
  const withData = parts.filter(({ values }) => values.length > 0);
  const from = Math.min(...(withData.length > 0 ? withData : parts).map((part) => part.from));
  const slotsOf = (part: ReadResult): number => (part.from - from) / STEP;
  const values = new Float64Array(Math.max(0, ...withData.map((part) => slotsOf(part) + part.values.length)));
  for (let slot = 0; slot < values.length; slot++) {
    for (const part of parts) values[slot] += part.values[slot - slotsOf(part)] ?? NaN;
  }
  return { values, from };
}

it.each([
  { what: "the plain adder", newAdder: () => new PlainAdder() },
  { what: "the SIMD adder", newAdder: () => new SimdAdder() },
])("a group of series on one grid is the sum of its members, in their order: $what", ({ newAdder }) => {
  const shapes = fc.array(shape, { minLength: 2, maxLength: 20, size: "max" });
  const range = fc.record({
    from: fc.oneof(fc.constant(-1), fc.integer({ min: -10, max: 1500 })),
    slots: fc.oneof(fc.constant(3000), fc.integer({ min: 1, max: 1500 })),
  });
  // Buffers that are taken already, so that the series' lie at the end of a slab and the beginning of the next.
  const buffersBefore = fc.constantFrom(0, 1015, 1020);
  fc.assert(
    fc.property(shapes, range, buffersBefore, (series, { from, slots }, before) => {
      const store = new MetricStore({ metrics: METRICS, adder: newAdder() });
      for (let i = 0; i < before; i++) store.writeSample(seriesOf(store, ["x", `h${i}`], "cpu_load"), T0, 1);
      for (const [id, one] of series.entries()) write(store, [...HOST, threadName(id)], "flops_any", samplesOf(one));
      const read = (selected: string | string[]): ReadResult =>
        store.read([...HOST, selected], "flops_any", T0 + from * STEP, T0 + (from + slots) * STEP);
      const expected = combined(series.map((_, id) => read(threadName(id))));
      const found = read(series.map((_, id) => threadName(id)));
      expect([found.from, found.to]).toEqual([expected.from, expected.from + expected.values.length * STEP]);
      expect(firstDifference(found.values, expected.values)).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});
