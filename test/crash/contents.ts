// What is in a store, as plain maps.

import { Level, visitLevels } from "../../src/core/level.ts";
import type { MetricStore } from "../../src/core/store.ts";

/** Time of a slot (Unix seconds) → its value. */
export type Slots = Map<number, number>;
/** Series, as `keyOf` names them → their samples. */
export type Contents = Map<string, Slots>;

export const keyOf = (path: readonly string[], metric: string): string => `${path.join("/")} ${metric}`;

export function contentsOf(store: MetricStore): Contents {
  const contents: Contents = new Map();
  visitLevels(store.root, (level) => {
    for (const [metricIndex, series] of level.series) {
      const { name, frequency } = store.metrics.byIndex[metricIndex];
      contents.set(keyOf(level.path(), name), slotsOf(store, metricIndex, series, frequency));
    }
  });
  return contents;
}

function slotsOf(store: MetricStore, metricIndex: number, series: number, frequency: number): Slots {
  // A level of this series alone: the store tells the ranges of levels.
  const level = new Level("", undefined);
  level.setSeries(metricIndex, series);
  const slots: Slots = new Map();
  const ranges = store.rangesOf(level, () => -Infinity);
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const block = store.readBlock(series, from, to);
    block?.values.forEach((value, i) => {
      if (!Number.isNaN(value)) slots.set(block.start + i * frequency, value);
    });
  }
  return slots;
}
