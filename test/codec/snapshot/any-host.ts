import * as fc from "fast-check";

import type { HostSnapshot, LevelSnapshot, MetricBlock } from "../../../src/codec/host-snapshot.ts";

const time = fc
  .oneof(
    fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(0, -1, 2 ** 31, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, -(2 ** 32) - 1),
  )
  .map((seconds) => seconds + 0); // no -0

/** Metric and level names: ordinary, any Unicode, over the length up to which names are read byte by byte. */
export const anyName = fc.oneof(
  fc.constantFrom("cpu_load", "hwthread0", "accelerator00000000:3F:00.0", "", "__proto__", "\ufeffbom", "a\0b", "π🦀"),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 10 }),
);

const MIN_SUBNORMAL = 2 ** -149;

const anyFloat = fc.oneof(
  fc.float({ noDefaultInfinity: true }),
  fc.float({ min: 0, max: 1000, noNaN: true }).map((value) => Math.fround(Math.round(value * 10) / 10)),
  fc.constantFrom(0, -0, Number.NaN, MIN_SUBNORMAL, -MIN_SUBNORMAL, 2 ** -127, 2 ** -126, 2 ** 24, 2 ** 127),
);

/** Values with runs of slots without samples. */
const anyValues = fc
  .array(fc.tuple(anyFloat, fc.integer({ min: 1, max: 4 })), { maxLength: 12 })
  .map((runs) => Float32Array.from(runs.flatMap(([value, length]) => Array<number>(length).fill(value))));

const anyMetric: fc.Arbitrary<MetricBlock> = fc.record({
  name: anyName,
  frequency: fc.oneof(fc.integer({ min: 1, max: 3600 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
  start: time,
  values: anyValues,
});

/** Trees of levels; empty levels and empty metrics among them. Names may repeat unless `selector` says how they differ. */
function anyLevel(uniqueNames: boolean): fc.Arbitrary<LevelSnapshot> {
  const selector = (named: { name: string }): unknown => (uniqueNames ? named.name : named);
  const { level } = fc.letrec<{ level: LevelSnapshot; child: { name: string; level: LevelSnapshot } }>((tie) => ({
    level: fc.record({
      metrics: fc.uniqueArray(anyMetric, { maxLength: 4, selector }),
      children: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constant([]),
        fc.uniqueArray(tie("child"), { maxLength: 3, selector }),
      ),
    }),
    child: fc.record({ name: anyName, level: tie("level") }),
  }));
  return level;
}

export function anyHost(options: { readonly uniqueNames: boolean }): fc.Arbitrary<HostSnapshot> {
  return fc.record({ from: time, to: time, level: anyLevel(options.uniqueNames) });
}
