// The metrics of jobs and nodes as values, for programs. (spec §6; seed: LoadData, LoadNodeData, LoadNodeListData)

import type { Scope } from "../topology/scope.ts";
import type { JobData, JobMetric, JobSeries, Loaded, NodeData, NodeListData } from "./job-metric.ts";
import type { JobDataRequest, NodeDataRequest, NodeListDataRequest } from "./job-request.ts";
import type { LoadPlan } from "./load-plan.ts";
import { storedStatistics } from "./load-stats.ts";
import { planJob, planNodeList, planNodes } from "./plan-load.ts";
import { runLoad, type LoadContext, type LoadedSeries } from "./run-load.ts";

/**
 * All metrics of a job in the scopes asked for.
 * Rejects with RequestError when the request names what is not described, or asks for more than the limits allow.
 */
export async function loadData(context: LoadContext, request: JobDataRequest): Promise<Loaded<JobData>> {
  const data: GrowingData = new Map();
  return load(context, planJob(context, request), data, ({ group }) => innerMap(data, group.metric.name));
}

/** Metrics of nodes, each as a whole. Errors as `loadData`. */
export async function loadNodeData(context: LoadContext, request: NodeDataRequest): Promise<Loaded<NodeData>> {
  const ofNodes = new Map<string, GrowingData>();
  const plan = await planNodes(context, request);
  const loaded = await load(context, plan, ofNodes, ({ host, group }) =>
    innerMap(innerMap(ofNodes, host), group.metric.name),
  );
  const data = new Map([...ofNodes].map(([host, metrics]) => [host, withoutScopes(metrics)]));
  return { ...loaded, data };
}

function withoutScopes(metrics: GrowingData): ReadonlyMap<string, readonly JobMetric[]> {
  return new Map([...metrics].map(([metric, scopes]) => [metric, [...scopes.values()]]));
}

/** Metrics of nodes in the scopes asked for. Errors as `loadData`. */
export async function loadNodeListData(
  context: LoadContext,
  request: NodeListDataRequest,
): Promise<Loaded<NodeListData>> {
  const data = new Map<string, GrowingData>();
  return load(context, await planNodeList(context, request), data, ({ host, group }) =>
    innerMap(innerMap(data, host), group.metric.name),
  );
}

type GrowingMetric = JobMetric & { readonly series: JobSeries[] };
type GrowingData = Map<string, Map<Scope, GrowingMetric>>;

/** Runs a plan; each series goes to where its metric's scopes are. */
async function load<Data>(
  context: LoadContext,
  plan: LoadPlan,
  data: Data,
  scopesOf: (series: LoadedSeries) => Map<Scope, GrowingMetric>,
): Promise<Loaded<Data>> {
  const problems = await runLoad(plan, "kept values", context, (loaded) => {
    const { unit } = loaded.group.metric;
    const scopes = scopesOf(loaded);
    const metric = scopes.get(loaded.group.scope) ?? { unit, timestep: loaded.resolution, series: [] };
    scopes.set(loaded.group.scope, metric);
    metric.series.push(seriesOf(loaded, metric.timestep));
  });
  return { data, ...problems.finish() };
}

function seriesOf({ host, id, values, statistics, resolution }: LoadedSeries, timestep: number): JobSeries {
  return {
    hostname: host,
    ...(id !== undefined && { id }),
    statistics: storedStatistics(statistics),
    ...(resolution !== timestep && { timestep: resolution }),
    data: values,
  };
}

function innerMap<Key, Inner extends Map<unknown, unknown>>(outer: Map<Key, Inner>, key: Key): Inner {
  const known = outer.get(key);
  if (known !== undefined) return known;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an empty map is a map of anything
  const made = new Map() as Inner;
  outer.set(key, made);
  return made;
}
