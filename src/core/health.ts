// Health of hosts: which of the expected metrics arrive, which have gone stale, which never came. (seed: healthcheck.go)

import { NO_BUFFER } from "./buffer-pool.ts";
import { visitLevels, type Level } from "./level.ts";
import type { MetricTable } from "./metrics.ts";
import type { SeriesTable } from "./series.ts";

/** A series is stale when its newest value is older than this many intervals. */
export const MAX_MISSING_DATA_POINTS = 5;

export type MonitoringState = "full" | "partial" | "failed";

/** Both lists in the order in which the metrics were expected. */
export interface HealthMetrics {
  /** At least one series of the metric at or below the level is stale. */
  readonly degraded: readonly string[];
  /** No samples of the metric at or below the level, or no such metric. */
  readonly missing: readonly string[];
}

/**
 * Sorts the expected metrics of a level into missing, degraded and (neither) healthy.
 * @param now Unix seconds
 */
export function healthOfLevel(
  table: SeriesTable,
  metrics: MetricTable,
  level: Level,
  expected: readonly string[],
  now: number,
): HealthMetrics {
  const seen = new Set<number>();
  const stale = new Set<number>();
  visitLevels(level, ({ series }) => {
    for (const [metricIndex, number] of series) {
      if (table.head[number] === NO_BUFFER) continue;
      seen.add(metricIndex);
      if (now - table.nextSlot[number] > MAX_MISSING_DATA_POINTS * table.frequency[number]) stale.add(metricIndex);
    }
  });
  const indexOf = (name: string): number => metrics.get(name)?.index ?? -1;
  return {
    degraded: expected.filter((name) => stale.has(indexOf(name))),
    missing: expected.filter((name) => !seen.has(indexOf(name))),
  };
}

/** full = all expected metrics are healthy; failed = none of them; partial = some. */
export function stateOf(health: HealthMetrics, expected: readonly string[]): MonitoringState {
  const unhealthy = health.degraded.length + health.missing.length;
  if (unhealthy === 0) return "full";
  return unhealthy === expected.length ? "failed" : "partial";
}
