// Statistics alone of the metrics of a job. (spec §6; seed: LoadStats, LoadScopedStats, SanitizeStats)

import type { Statistics } from "../core/statistics.ts";
import type { Scope } from "../topology/scope.ts";
import type { JobStats, Loaded, MetricStatistics, ScopedJobStats, ScopedStatistics } from "./job-metric.ts";
import type { JobScopedStatsRequest, JobStatsRequest } from "./job-request.ts";
import { planJob } from "./plan-load.ts";
import { runLoad, type LoadContext } from "./run-load.ts";

/** Statistics of whole nodes. Errors as `loadData`. */
export async function loadStats(context: LoadContext, request: JobStatsRequest): Promise<Loaded<JobStats>> {
  const data = new Map<string, Map<string, MetricStatistics>>();
  const plan = planJob(context, { ...request, scopes: ["node"] });
  const problems = await runLoad(plan, "statistics", context, ({ group, host, statistics }) => {
    const hosts = data.get(group.metric.name) ?? new Map<string, MetricStatistics>();
    data.set(group.metric.name, hosts.set(host, storedStatistics(statistics)));
  });
  return { data, ...problems.finish() };
}

/** Statistics in the scopes asked for. Errors as `loadData`. */
export async function loadScopedStats(
  context: LoadContext,
  request: JobScopedStatsRequest,
): Promise<Loaded<ScopedJobStats>> {
  const data = new Map<string, Map<Scope, ScopedStatistics[]>>();
  const plan = planJob(context, request);
  const problems = await runLoad(plan, "statistics", context, ({ group, host, id, statistics }) => {
    const scopes = data.get(group.metric.name) ?? new Map<Scope, ScopedStatistics[]>();
    const list = scopes.get(group.scope) ?? [];
    list.push({ hostname: host, ...(id !== undefined && { id }), data: storedStatistics(statistics) });
    data.set(group.metric.name, scopes.set(group.scope, list));
  });
  return { data, ...problems.finish() };
}

/** If any is NaN all are 0, since the statistics of a job are stored as JSON. */
export function storedStatistics({ avg, min, max }: Statistics): MetricStatistics {
  return Number.isNaN(avg + min + max) ? { avg: 0, min: 0, max: 0 } : { avg, min, max };
}
