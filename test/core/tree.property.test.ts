// A small tree against a naive one: which series a selector stands for, how they combine, what freeing leaves.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Selector, SelectorElement } from "../../src/core/level.ts";
import type { MetricStore } from "../../src/core/store.ts";
import { buffersOf, firstDifference, newStore, read, write, type Sample } from "./fixtures.ts";
import { TreeModel } from "./tree-model.ts";

const FREQUENCY = 10;
const METRICS = {
  sum: { frequency: FREQUENCY, aggregation: "sum" },
  avg: { frequency: FREQUENCY, aggregation: "avg" },
  none: { frequency: FREQUENCY, aggregation: null },
} as const;
const METRIC_NAMES = ["sum", "avg", "none"] as const;

const HOSTS = ["h0", "h1"];
const CHILDREN = ["t0", "t1", "t2"];
const PATHS = HOSTS.flatMap((host) => [["c", host], ...CHILDREN.map((child) => ["c", host, child])]);

interface Writing {
  path: string[];
  metric: keyof typeof METRICS;
  slot: number;
  count: number;
}

interface Reading {
  selector: Selector;
  metric: keyof typeof METRICS;
  slot: number;
  /** Seconds; the end of a range need not lie on the grid. Its begin does, so that all contributors share the grid. */
  length: number;
}

const metric = fc.constantFrom(...METRIC_NAMES);
const slot = fc.oneof(fc.integer({ min: -10, max: 40 }), fc.integer({ min: -700, max: 1700 }));

const writings: fc.Arbitrary<Writing[]> = fc.array(
  fc.record({ path: fc.constantFrom(...PATHS), metric, slot, count: fc.integer({ min: 1, max: 30 }) }),
  { minLength: 1, maxLength: 12 },
);

const element = (names: readonly string[]): fc.Arbitrary<SelectorElement> =>
  fc.oneof(fc.constantFrom(...names, "nobody"), fc.array(fc.constantFrom(...names, "nobody"), { maxLength: 4 }));
const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant([]),
  fc.constant(["c"]),
  element(HOSTS).map((host) => ["c", host]),
  fc.tuple(element(HOSTS), element(CHILDREN)).map(([host, child]) => ["c", host, child]),
);
const readings: fc.Arbitrary<Reading[]> = fc.array(
  fc.record({ selector, metric, slot, length: fc.oneof(fc.nat(400), fc.nat(20_000)) }),
  { minLength: 1, maxLength: 8 },
);

function writeBoth(store: MetricStore, model: TreeModel, writing: Writing, value: number): void {
  const samples = Array.from({ length: writing.count }, (_, i): Sample => [(writing.slot + i) * FREQUENCY, value + i]);
  write(store, writing.path, writing.metric, samples);
  for (const [timestamp, sample] of samples) model.series(writing.path, writing.metric).write(timestamp, sample);
}

function expectSameRead(store: MetricStore, model: TreeModel, reading: Reading): void {
  const from = reading.slot * FREQUENCY;
  const to = from + reading.length;
  const ask = () => read(store, reading.selector, reading.metric, from, to);
  const expected = model.read(reading.selector, reading.metric, METRICS[reading.metric].aggregation, from, to);
  if (typeof expected === "string") {
    expect(ask).toThrow(expected);
    return;
  }
  const actual = ask();
  expect([actual.from, actual.to]).toEqual([expected.from, expected.to]);
  expect(firstDifference(actual.values, expected.values)).toBeUndefined();
}

/** Levels are there exactly as long as anything below them has samples; the one that was freed stays in any case. */
function expectSameLevels(store: MetricStore, model: TreeModel, freed: readonly string[], wasThere: boolean): void {
  for (const path of PATHS) {
    const mustStay = wasThere && path.every((name, depth) => freed[depth] === name);
    expect(store.root.find(path) !== undefined).toBe(mustStay || model.hasSamples(path));
    for (const name of METRIC_NAMES) {
      expect(buffersOf(store, path, name).length).toBe(model.series(path, name).buffers().length);
    }
  }
}

describe("a tree of levels", () => {
  it("answers, frees and prunes as the naive tree does", () => {
    const freedPath = fc.constantFrom([], ["c"], ...PATHS);
    fc.assert(
      fc.property(writings, readings, freedPath, slot, (written, asked, freed, freeSlot) => {
        const store = newStore(METRICS);
        const model = new TreeModel([["c"], HOSTS, CHILDREN], FREQUENCY);
        for (const [i, writing] of written.entries()) writeBoth(store, model, writing, i * 100);
        for (const reading of asked) expectSameRead(store, model, reading);
        const wasThere = store.root.find(freed) !== undefined;
        expect(store.free(freed, freeSlot * FREQUENCY + 1)).toBe(model.free(freed, freeSlot * FREQUENCY + 1));
        expectSameLevels(store, model, freed, wasThere);
        for (const reading of asked) expectSameRead(store, model, reading);
      }),
      { numRuns: 250 },
    );
  });
});
