// A store with the made cluster, and loads from it.

import { MetricStore } from "../../src/core/store.ts";
import { defaultLimits, type Limits } from "../../src/library/limits.ts";
import { JobService } from "../../src/query/job-service.ts";
import { memorySource } from "../../src/query/series-source.ts";
import { clustersByName } from "../../src/topology/cluster.ts";
import { buildMetricList } from "../../src/topology/metric-list.ts";
import { testCluster } from "../topology/topologies.ts";

/** A full minute, so that it lies on the grid of the metrics. */
export const T0 = 1_700_000_040;

export interface JobFixture {
  readonly store: MetricStore;
  readonly jobs: JobService;
  /** Writes values of consecutive minutes from T0 on; null = no sample. */
  readonly write: (host: string, level: string | undefined, metric: string, values: readonly (number | null)[]) => void;
}

export function jobFixture(limits: Partial<Limits> = {}): JobFixture {
  const store = new MetricStore({ metrics: buildMetricList([testCluster]).metrics });
  const jobs = new JobService({
    clusters: clustersByName([testCluster]),
    source: memorySource(store),
    limits: { ...defaultLimits, ...limits },
    yieldToOthers: async () => {},
    monotonicMs: () => performance.now(),
  });
  const write: JobFixture["write"] = (host, level, metric, values) => {
    const known = store.metrics.get(metric);
    if (known === undefined) throw new Error(`no metric ${metric}`);
    const series = store.seriesFor(["test", host, ...(level === undefined ? [] : [level])], known);
    if (series === undefined) throw new Error("the store is full");
    for (const [minute, value] of values.entries()) {
      if (value !== null) store.writeSample(series, T0 + minute * 60, value);
    }
  };
  return { store, jobs, write };
}

/** A job of so many minutes on these hosts, which it has as a whole. */
export function jobOn(hosts: readonly string[], minutes = 3) {
  const resources = hosts.map((hostname) => ({ hostname }));
  return { cluster: "test", startTime: T0, duration: minutes * 60, resources };
}

/** The JSON answer of a route for a request. */
export async function answerOf(
  jobs: JobService,
  question: "jobData" | "jobStats" | "jobScopedStats" | "nodeData" | "nodeListData",
  request: object,
): Promise<string> {
  return new TextDecoder().decode(await jobs.answers[question](new TextEncoder().encode(JSON.stringify(request))));
}

/** NaN as null, as in JSON. */
export function plain(data: Float64Array): (number | null)[] {
  return Array.from(data, (value) => (Number.isNaN(value) ? null : value));
}
