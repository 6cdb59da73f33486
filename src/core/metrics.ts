// The metrics a store knows: fixed when the store is made, each with a small index that hot arrays use.

/** How values of finer levels combine into one of a coarser level; `null` = they must not be combined. */
export type Aggregation = "sum" | "avg" | null;

/** The configuration of one metric. */
export interface MetricConfig {
  /** Seconds between two samples; a positive integer. */
  readonly frequency: number;
  readonly aggregation: Aggregation;
}

/** A configured metric with its index (0 … count−1). */
export interface Metric extends MetricConfig {
  readonly name: string;
  readonly index: number;
}

/** More metrics than this do not fit the 16 bits in which a series keeps its metric. */
export const MAX_METRICS = 65_535;

/** All metrics of a store, by name and by index. */
export class MetricTable {
  readonly byIndex: readonly Metric[];
  readonly #byName: ReadonlyMap<string, Metric>;

  constructor(configs: Readonly<Record<string, MetricConfig>>) {
    const names = Object.keys(configs);
    if (names.length > MAX_METRICS) throw new RangeError(`at most ${MAX_METRICS} metrics, found ${names.length}`);
    this.byIndex = names.map((name, index) => toMetric(name, index, configs[name]));
    this.#byName = new Map(this.byIndex.map((metric) => [metric.name, metric]));
  }

  get(name: string): Metric | undefined {
    return this.#byName.get(name);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }
}

function toMetric(name: string, index: number, config: MetricConfig | undefined): Metric {
  if (config === undefined) throw new Error(`BUG: no configuration of metric ${name}`);
  const { frequency, aggregation } = config;
  if (!Number.isSafeInteger(frequency) || frequency < 1) {
    throw new RangeError(`metric ${name}: frequency must be a positive number of seconds, found ${frequency}`);
  }
  return { name, index, frequency, aggregation };
}
