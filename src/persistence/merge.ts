// Snapshots of one host made into one set: older ones, read back from files, and newer ones.

import type { HostSnapshot, LevelSnapshot } from "../codec/host-snapshot.ts";
import type { MetricConfig } from "../core/metrics.ts";
import { MetricStore } from "../core/store.ts";
import { exportHost } from "./host-export.ts";
import { importHost } from "./host-import.ts";

const CLUSTER = "cluster";
const HOST = "host";

/**
 * Joins snapshots; where several have a value for the same slot, the last one's stays. The old ones keep their beginnings,
 * so that no file grows without end; what is newer than all of them gets one of its own. Samples only ever move to a
 * later snapshot: written from the last to the first, none is missing at any time.
 * @param metrics those that are configured; others keep what they have
 */
export function mergeSnapshots(
  old: readonly HostSnapshot[],
  newer: readonly HostSnapshot[],
  metrics: readonly (MetricConfig & { readonly name: string })[],
): HostSnapshot[] {
  const configs: Record<string, MetricConfig> = {};
  for (const { level } of old) addMetrics(configs, level);
  for (const metric of metrics) configs[metric.name] = metric;
  // A store of its own puts everything in order.
  const store = new MetricStore({ metrics: configs });
  for (const snapshot of [...old, ...newer]) importHost(store, CLUSTER, HOST, snapshot);
  const level = store.root.find([CLUSTER, HOST]);
  const end = Math.max(...old.map(({ to }) => to));
  return level === undefined ? [] : exportHost(store, level, -Infinity, [...old.map(({ from }) => from), end]);
}

function addMetrics(configs: Record<string, MetricConfig>, { metrics, children }: LevelSnapshot): void {
  for (const { name, frequency } of metrics) configs[name] = { frequency, aggregation: null };
  for (const { level } of children) addMetrics(configs, level);
}
