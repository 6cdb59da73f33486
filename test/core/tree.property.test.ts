// A small tree against a naive one: which series a selector stands for, how they combine, what freeing leaves.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Selector, SelectorElement } from "../../src/core/level.ts";
import { buffersOf, firstDifference, newStore, read, write } from "./fixtures.ts";
import { SeriesModel, type ModelRead } from "./model.ts";

const FREQUENCY = 10;
const METRICS = {
  sum: { frequency: FREQUENCY, aggregation: "sum" },
  avg: { frequency: FREQUENCY, aggregation: "avg" },
  none: { frequency: FREQUENCY, aggregation: null },
} as const;
type MetricName = keyof typeof METRICS;

const HOSTS = ["h0", "h1"];
const CHILDREN = ["t0", "t1", "t2"];
const PATHS: readonly string[][] = HOSTS.flatMap((host) => [
  ["c", host],
  ...CHILDREN.map((child) => ["c", host, child]),
]);

const metricName = fc.constantFrom<MetricName>("sum", "avg", "none");
const seconds = fc.oneof(fc.integer({ min: -300, max: 900 }), fc.integer({ min: -12_000, max: 30_000 }));

/** Runs of samples at one level; `phase` puts them off the grid of the others. */
const writes = fc.record({
  path: fc.constantFrom(...PATHS),
  metric: metricName,
  slot: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: -600, max: 1500 })),
  count: fc.integer({ min: 1, max: 30 }),
});

const element = (names: readonly string[]): fc.Arbitrary<SelectorElement> =>
  fc.oneof(fc.constantFrom(...names, "nobody"), fc.array(fc.constantFrom(...names, "nobody"), { maxLength: 4 }));
const selectors: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant([]),
  fc.constant(["c"]),
  element(HOSTS).map((host) => ["c", host]),
  fc.tuple(element(HOSTS), element(CHILDREN)).map(([host, child]) => ["c", host, child]),
);

/** Series by path and metric in the order of creation, as the store's tree has its children. */
class TreeModel {
  readonly #series = new Map<string, SeriesModel>();

  /** Phases differ between levels only when the case asks for it. */
  series(path: readonly string[], metric: MetricName): SeriesModel {
    const key = [...path, metric].join("/");
    const known = this.#series.get(key) ?? new SeriesModel(FREQUENCY);
    this.#series.set(key, known);
    return known;
  }

  #isThere(path: readonly string[], metric: MetricName): SeriesModel | undefined {
    const known = this.#series.get([...path, metric].join("/"));
    return known !== undefined && known.samples.size > 0 ? known : undefined;
  }

  /** The paths below which anything lives, each part of the selector spelt out. */
  contributors(selector: Selector, metric: MetricName): SeriesModel[] {
    let paths: string[][] = [[]];
    for (const step of selector) {
      const names = typeof step === "string" ? [step] : step;
      paths = paths.flatMap((path) => names.map((name) => [...path, name]));
    }
    return paths.flatMap((path) => this.#below(path, metric));
  }

  #below(path: readonly string[], metric: MetricName): SeriesModel[] {
    const own = this.#isThere(path, metric);
    if (own !== undefined) return [own];
    const names = [["c"], HOSTS, CHILDREN][path.length] ?? [];
    return names.flatMap((name) => this.#below([...path, name], metric));
  }

  free(path: readonly string[], time: number): number {
    const prefix = [...path, ""].join("/");
    let freed = 0;
    for (const [key, series] of this.#series) if (key.startsWith(prefix)) freed += series.free(time);
    return freed;
  }

  hasSamples(path: readonly string[]): boolean {
    const prefix = [...path, ""].join("/");
    return [...this.#series].some(([key, series]) => key.startsWith(prefix) && series.samples.size > 0);
  }
}

/** Element by element over the union of the ranges; a slot without a value of each contributor is NaN. */
function combine(parts: readonly ModelRead[], aggregation: "sum" | "avg"): ModelRead {
  const filled = parts.filter(({ values }) => values.length > 0);
  const bounds = filled.length > 0 ? filled : parts;
  const from = Math.min(...bounds.map((part) => part.from));
  const to = filled.length > 0 ? Math.max(...bounds.map((part) => part.to)) : from;
  const values: number[] = [];
  for (let time = from; time < to; time += FREQUENCY) {
    const sum = parts.reduce((total, part) => total + (part.values[(time - part.from) / FREQUENCY] ?? NaN), 0);
    values.push(aggregation === "avg" ? sum * (1 / parts.length) : sum);
  }
  return { values, from, to };
}

describe("a tree of levels", () => {
  it("answers, frees and prunes as the naive tree does", () => {
    const steps = fc.record({ selector: selectors, metric: metricName, from: seconds, length: fc.nat(12_000) });
    fc.assert(
      fc.property(
        fc.array(writes, { minLength: 1, maxLength: 12 }),
        fc.array(steps, { minLength: 1, maxLength: 6 }),
        fc.constantFrom([], ["c"], ...PATHS),
        seconds,
        (written, reads, freedPath, time) => {
          const store = newStore(METRICS);
          const model = new TreeModel();
          for (const [i, { path, metric, slot, count }] of written.entries()) {
            const samples = Array.from({ length: count }, (_, k) => [(slot + k) * FREQUENCY, i * 100 + k] as const);
            write(store, path, metric, samples);
            for (const [timestamp, value] of samples) model.series(path, metric).write(timestamp, value);
          }
          const readAll = (): void => {
            for (const { selector, metric, from, length } of reads) {
              // On the grid, so that all contributors share it; off-grid ones have tables of their own.
              const start = Math.floor(from / FREQUENCY) * FREQUENCY;
              const end = start + length;
              const parts = model.contributors(selector, metric).map((series) => series.read(start, end));
              const ask = () => read(store, selector, metric, start, end);
              const { aggregation } = METRICS[metric];
              if (parts.length === 0) expect(ask).toThrow("metric or host not found");
              else if (parts.length > 1 && aggregation === null) expect(ask).toThrow("invalid aggregation");
              else {
                const expected = parts.length === 1 || aggregation === null ? parts[0] : combine(parts, aggregation);
                const actual = ask();
                expect([actual.from, actual.to]).toEqual([expected.from, expected.to]);
                expect(firstDifference(actual.values, expected.values)).toBeUndefined();
              }
            }
          };
          readAll();
          const isThere = store.root.find(freedPath) !== undefined;
          expect(store.free(freedPath, time)).toBe(model.free(freedPath, time));
          for (const path of PATHS) {
            const isSelected = isThere && path.join("/") === freedPath.join("/");
            const isAbove = isThere && freedPath.join("/").startsWith(`${path.join("/")}/`);
            if (!isSelected && !isAbove) expect(store.root.find(path) !== undefined).toBe(model.hasSamples(path));
            for (const metric of ["sum", "avg", "none"] as const) {
              expect(buffersOf(store, path, metric).length).toBe(model.series(path, metric).buffers().length);
            }
          }
          if (isThere) expect(store.root.find(freedPath)).toBeDefined();
          readAll();
        },
      ),
      { numRuns: 200 },
    );
  });
});
