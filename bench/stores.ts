// Stores to be measured, made as the service makes them.

import { MetricStore } from "../src/core/store.ts";
import { Ingest } from "../src/ingest/ingest.ts";
import { QueryService } from "../src/query/query-service.ts";
import { defaultLimits } from "../src/library/limits.ts";
import { SimdAdder } from "../src/wasm/simd-adder.ts";
import { metricConfigs } from "./cluster.ts";
import type { Checks } from "./harness.ts";
import { levelPathOf, type Workload } from "./workload.ts";

/** When the synthetic samples begin, Unix seconds; on a minute. */
export const BEGIN = 1_725_827_460;
export const MINUTE_SECONDS = 60;
const RETENTION_SECONDS = 48 * 3600;

export function newStore(): MetricStore {
  return new MetricStore({ metrics: metricConfigs(), adder: new SimdAdder() });
}

/** An ingest whose clock stands at BEGIN: all samples are younger than the retention. */
export function newIngest(store: MetricStore): Ingest {
  return new Ingest({ store, limits: defaultLimits, retentionSeconds: RETENTION_SECONDS, now: () => BEGIN });
}

export function newQueryService(store: MetricStore): QueryService {
  return new QueryService({
    store,
    limits: defaultLimits,
    yieldToOthers: () => new Promise((resolve) => setImmediate(resolve)),
    monotonicMs: () => performance.now(),
  });
}

/** Checks that every `step`th series of the workload reads back as it was sent, `minutes` times its value. */
export function checkReadBack(
  checks: Checks,
  store: MetricStore,
  workload: Workload,
  minutes: number,
  step = 97,
): void {
  for (let i = 0; i < workload.series.length; i += step) {
    const { name, value } = workload.series[i];
    const { values, from } = store.read(levelPathOf(name), name.metric, BEGIN, BEGIN + minutes * MINUTE_SECONDS);
    const what = [...levelPathOf(name), name.metric].join(" ");
    checks.equal(`${what}, from`, from, BEGIN);
    checks.equalNumbers(what, values, new Float64Array(minutes).fill(Math.fround(value)));
  }
}
