// The metrics of a store, from the descriptions of its clusters. (seed: BuildMetricList; spec §6)

import type { MetricConfig } from "../core/metrics.ts";
import type { Cluster, ClusterMetric } from "./cluster.ts";

export interface MetricList {
  readonly metrics: Readonly<Record<string, MetricConfig>>;
  /** Where the clusters do not agree; one line each. */
  readonly warnings: readonly string[];
}

/**
 * All metrics of the clusters. One that several have is stored at the coarsest of their frequencies, so that its samples
 * can be compared; how it is aggregated, the first of them says.
 */
export function buildMetricList(clusters: Iterable<Cluster>): MetricList {
  const metrics = new Map<string, MetricConfig>();
  const warnings: string[] = [];
  for (const cluster of clusters) {
    for (const metric of cluster.metrics.values()) {
      const known = metrics.get(metric.name);
      if (known !== undefined) warnings.push(...disagreements(cluster, metric, known));
      const frequency = Math.max(metric.timestep, known?.frequency ?? 0);
      metrics.set(metric.name, {
        frequency,
        aggregation: known === undefined ? metric.aggregation : known.aggregation,
      });
    }
  }
  return { metrics: Object.fromEntries(metrics), warnings };
}

function disagreements(cluster: Cluster, metric: ClusterMetric, known: MetricConfig): string[] {
  const warnings: string[] = [];
  const who = `metric ${metric.name}: cluster ${cluster.name}`;
  if (metric.timestep !== known.frequency) {
    const coarsest = Math.max(metric.timestep, known.frequency);
    warnings.push(
      `${who} has the timestep ${metric.timestep}, another ${known.frequency}; all are stored with ${coarsest}`,
    );
  }
  if (metric.aggregation !== known.aggregation) {
    const [own, others] = [metric.aggregation, known.aggregation].map((each) => each ?? "no");
    warnings.push(`${who} has ${own} aggregation, another ${others}; all are stored with ${others}`);
  }
  return warnings;
}
