// What a small tree of levels must answer, the slow and plain way: series in a Map by path and metric.

import type { Selector } from "../../src/core/level.ts";
import type { Aggregation } from "../../src/core/metrics.ts";
import { SeriesModel, type ModelRead } from "./model.ts";

/** A tree of the given names: one list for each depth. All metrics have the same frequency and grid. */
export class TreeModel {
  readonly #series = new Map<string, SeriesModel>();
  readonly #namesByDepth: readonly (readonly string[])[];
  readonly #frequency: number;

  constructor(namesByDepth: readonly (readonly string[])[], frequency: number) {
    this.#namesByDepth = namesByDepth;
    this.#frequency = frequency;
  }

  series(path: readonly string[], metric: string): SeriesModel {
    const key = [...path, metric].join("/");
    const known = this.#series.get(key) ?? new SeriesModel(this.#frequency);
    this.#series.set(key, known);
    return known;
  }

  /** @returns the answer, or the words of the error that is due */
  read(selector: Selector, metric: string, aggregation: Aggregation, from: number, to: number): ModelRead | string {
    const parts = spellOut(selector)
      .flatMap((path) => this.#contributors(path, metric))
      .map((series) => series.read(from, to));
    if (parts.length === 0) return "metric or host not found";
    if (parts.length === 1) return parts[0];
    return aggregation === null ? "invalid aggregation" : this.#combine(parts, aggregation);
  }

  free(path: readonly string[], time: number): number {
    return this.#below(path).reduce((freed, series) => freed + series.free(time), 0);
  }

  hasSamples(path: readonly string[]): boolean {
    return this.#below(path).some(({ samples }) => samples.size > 0);
  }

  #below(path: readonly string[]): SeriesModel[] {
    const prefix = path.map((name) => `${name}/`).join("");
    return [...this.#series].filter(([key]) => key.startsWith(prefix)).map(([, series]) => series);
  }

  /** The level's own series, or, where it has no samples, those of its children. */
  #contributors(path: readonly string[], metric: string): SeriesModel[] {
    const own = this.series(path, metric);
    if (own.samples.size > 0) return [own];
    const names = this.#namesByDepth[path.length] ?? [];
    return names.flatMap((name) => this.#contributors([...path, name], metric));
  }

  /** Over the union of the ranges; a slot without a value of each part is NaN. */
  #combine(parts: readonly ModelRead[], aggregation: "sum" | "avg"): ModelRead {
    const filled = parts.filter(({ values }) => values.length > 0);
    const from = Math.min(...(filled.length > 0 ? filled : parts).map((part) => part.from));
    const to = Math.max(from, ...filled.map((part) => part.to));
    const values: number[] = [];
    for (let time = from; time < to; time += this.#frequency) {
      const sum = parts.reduce((total, part) => total + (part.values[(time - part.from) / this.#frequency] ?? NaN), 0);
      values.push(aggregation === "avg" ? sum * (1 / parts.length) : sum);
    }
    return { values, from, to };
  }
}

/** Every path that a selector names, a name given twice giving two. */
function spellOut(selector: Selector): string[][] {
  let paths: string[][] = [[]];
  for (const step of selector) {
    const names = typeof step === "string" ? [step] : step;
    paths = paths.flatMap((path) => names.map((name) => [...path, name]));
  }
  return paths;
}
