// How long does a query take in the store, without HTTP? The five queries of the design's table, and the aggregation alone.

import type { MetricStore } from "../src/core/store.ts";
import { medianOf, timeEach, type Checks, type Figure, type Question, type RunOptions } from "./harness.ts";
import {
  expectedSums,
  makeQuerySuite,
  QUERY_CLUSTER,
  threadsOf,
  timeOf,
  valueOf,
  type Block,
  type Dataset,
} from "./query-cases.ts";
import { BEGIN, MINUTE_SECONDS, newQueryService, newStore } from "./stores.ts";

const REPEATS = { full: 300, smoke: 5 };
const END = BEGIN;

export const query: Question = {
  name: "query",
  title: "queries, in process, one thread",
  cases: [
    { name: "aggregation", run: measureAggregation },
    { name: "requests", run: measureRequests },
  ],
};

async function measureAggregation({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { dataset, wide } = makeQuerySuite(scale);
  const store = newStore();
  fill(store, dataset);
  const [metric] = wide.metrics;
  const selector = [QUERY_CLUSTER, wide.host, threadsOf(wide).map((thread) => `hwthread${thread}`)];
  const from = END - wide.minutes * MINUTE_SECONDS;
  const { values } = store.read(selector, metric, from, END);
  checks.equalNumbers("aggregated values", values, expectedSums(wide, metric, wide.minutes));
  const timesMs = await timeEach(REPEATS[scale], REPEATS[scale], () => store.read(selector, metric, from, END));
  return [
    {
      what: `aggregate ${wide.threads} × ${wide.minutes} to one series (float64 sums)`,
      unit: "ms",
      value: medianOf(timesMs),
      target: { kind: "value", must: 0.4, stretch: 0.16 },
    },
  ];
}

async function measureRequests({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { dataset, cases } = makeQuerySuite(scale);
  const store = newStore();
  fill(store, dataset);
  const service = newQueryService(store);
  const figures: Figure[] = [];
  for (const queryCase of cases) {
    const body = new TextEncoder().encode(queryCase.body(END));
    queryCase.check(checks, new TextDecoder().decode(await service.run(body)), END);
    const timesMs = await timeEach(REPEATS[scale], Math.ceil(REPEATS[scale] / 3), () => service.run(body));
    figures.push({ what: queryCase.what, unit: "ms", value: medianOf(timesMs) });
  }
  return figures;
}

/** Minute by minute, as it comes in life: buffers of series that are read together lie apart as they do there. */
function fill(store: MetricStore, dataset: Dataset): void {
  const series = dataset.blocks.flatMap((block) => seriesOf(store, block));
  for (let minute = 0; minute < dataset.minutes; minute++) {
    const minutesBeforeEnd = dataset.minutes - minute;
    const time = timeOf(dataset, minute, END);
    for (const { number, block, metric, thread } of series) {
      if (minutesBeforeEnd > block.minutes) continue;
      store.writeSample(number, time, valueOf(block.host, metric, thread, minutesBeforeEnd));
    }
  }
}

interface BlockSeries {
  readonly number: number;
  readonly block: Block;
  readonly metric: string;
  readonly thread: number | undefined;
}

function seriesOf(store: MetricStore, block: Block): BlockSeries[] {
  return block.metrics.flatMap((metric) =>
    threadsOf(block).map((thread) => {
      const path = [QUERY_CLUSTER, block.host, ...(thread === undefined ? [] : [`hwthread${thread}`])];
      const number = store.seriesFor(path, metricNamed(store, metric));
      if (number === undefined) throw new Error("BUG: the store has no limit of series");
      return { number, block, metric, thread };
    }),
  );
}

function metricNamed(store: MetricStore, name: string) {
  const metric = store.metrics.get(name);
  if (metric === undefined) throw new Error(`BUG: the store does not know ${name}`);
  return metric;
}
