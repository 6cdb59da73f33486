// From a request for metrics of a job or of nodes to the plan of what is to be read. (spec §6)

import type { Clusters, ClusterMetric, SubCluster } from "../topology/cluster.ts";
import type { Topology } from "../topology/topology.ts";
import type { JobDataRequest, JobResource, NodeDataRequest, NodeListDataRequest } from "./job-request.ts";
import {
  clusterNamed,
  hostsNamed,
  metricsNamed,
  partOfJob,
  scopesNamed,
  subClusterGiven,
  wholeHost,
} from "./load-names.ts";
import { LoadPlanner, type LoadGroup, type LoadPlan, type PlannedHost } from "./load-plan.ts";
import type { QueryLimits } from "./query-limits.ts";
import { RequestError } from "./request-error.ts";
import type { HostPart, ScopeQuery } from "./scope-queries.ts";
import type { SeriesSource } from "./series-source.ts";

/** What plans are made with. */
export interface PlanContext {
  readonly clusters: Clusters;
  readonly limits: QueryLimits;
  readonly source: SeriesSource;
}

/** Metric → scope → hosts of the job. */
export function planJob(context: PlanContext, request: JobDataRequest): LoadPlan {
  const { clusters, limits } = context;
  const { job, resolution = 0 } = request;
  const cluster = clusterNamed(clusters, job.cluster, "job.cluster");
  const range = { from: job.startTime, to: stopOf(job), resolution };
  checkResolution(resolution);
  const planner = new LoadPlanner(limits);
  const given = subClusterGiven(cluster, job.subCluster, "job.subCluster");
  const whole = new WholeHosts();
  const hosts = job.resources.flatMap((resource, index): PlannedHost[] => {
    const host = hostnameOf(resource, index);
    const subCluster = given ?? cluster.subClusterOf(host);
    if (subCluster === undefined) planner.problems.push(inNoSubCluster(cluster.name, host));
    if (subCluster === undefined) return [];
    const isWhole = resource.hwthreads === undefined && resource.accelerators === undefined;
    const part = isWhole ? whole.withoutAccelerators(subCluster.topology) : jobPart(resource, subCluster, index);
    return [{ host, subCluster, part }];
  });
  const metrics = readable(planner, metricsNamed(cluster, request.metrics), context, resolution);
  const groups = planner.byMetric({ metrics, scopes: scopesNamed(request.scopes), hosts });
  return finishPlan(planner, cluster.name, range, groups);
}

/** Host → metric, the whole of each node as one. */
export async function planNodes(context: PlanContext, request: NodeDataRequest): Promise<LoadPlan> {
  const { clusters, limits, source } = context;
  const cluster = clusterNamed(clusters, request.cluster, "cluster");
  const { from, to } = request;
  checkRange(from, to);
  const planner = new LoadPlanner(limits);
  const hosts =
    request.nodes === undefined
      ? await source.hosts(cluster.name, from, to)
      : hostsNamed(request.nodes, limits.queriesPerRequest);
  const metrics = readable(planner, metricsNamed(cluster, request.metrics), context);
  planner.count(hosts.length * metrics.length);
  const groups = hosts.flatMap((host): LoadGroup[] => {
    const subCluster = cluster.subClusterOf(host);
    return metrics
      .filter((metric) => hasMetric(metric, subCluster))
      .map((metric) => ({
        keys: [host, metric.name],
        metric,
        scope: "node",
        hosts: [{ host, queries: [WHOLE_NODE] }],
      }));
  });
  return finishPlan(planner, cluster.name, { from, to, resolution: 0 }, groups);
}

/** Whatever of the metric there is at and below the host: this needs no topology, and no subcluster. */
const WHOLE_NODE: ScopeQuery = { scope: "node", isAggregated: true, type: "node", typeIds: [], resultIds: [] };

function hasMetric(metric: ClusterMetric, subCluster: SubCluster | undefined): boolean {
  if (subCluster === undefined) return true;
  if (metric.scope === "accelerator" && subCluster.topology.accelerators.length === 0) return false;
  return !metric.removedFrom.has(subCluster.name);
}

/** Host → metric → scope. */
export async function planNodeList(context: PlanContext, request: NodeListDataRequest): Promise<LoadPlan> {
  const { clusters, limits, source } = context;
  const { from, to, resolution = 0 } = request;
  const cluster = clusterNamed(clusters, request.cluster, "cluster");
  checkRange(from, to);
  checkResolution(resolution);
  const planner = new LoadPlanner(limits);
  const given = subClusterGiven(cluster, request.subCluster, "subCluster");
  const names =
    request.nodes === undefined
      ? await source.hosts(cluster.name, from, to)
      : hostsNamed(request.nodes, limits.queriesPerRequest);
  const metrics = readable(planner, metricsNamed(cluster, request.metrics), context, resolution);
  const scopes = scopesNamed(request.scopes);
  const whole = new WholeHosts();
  const hosts = names.flatMap((host): PlannedHost[] => {
    const subCluster = given ?? cluster.subClusterOf(host);
    if (subCluster !== undefined) return [{ host, subCluster, part: whole.of(subCluster.topology) }];
    planner.problems.push(inNoSubCluster(cluster.name, host));
    return [];
  });
  return finishPlan(planner, cluster.name, { from, to, resolution }, planner.byHost({ metrics, scopes, hosts }));
}

/** Hosts that are asked for as a whole share one part for each topology, and with it what is planned for it. */
class WholeHosts {
  readonly #parts = new Map<Topology, HostPart>();

  of(topology: Topology): HostPart {
    const part = this.#parts.get(topology) ?? wholeHost(topology);
    this.#parts.set(topology, part);
    return part;
  }

  withoutAccelerators(topology: Topology): HostPart {
    const part = this.#parts.get(topology) ?? { ...wholeHost(topology), accelerators: [] };
    this.#parts.set(topology, part);
    return part;
  }
}

function finishPlan(
  planner: LoadPlanner,
  cluster: string,
  range: { readonly from: number; readonly to: number; readonly resolution: number },
  groups: readonly LoadGroup[],
): LoadPlan {
  const { resultCount, problems } = planner;
  return { cluster, ...range, groups: groups.filter(({ hosts }) => hosts.length > 0), resultCount, problems };
}

function hostnameOf({ hostname }: JobResource, index: number): string {
  if (hostname === "") throw new RequestError(`job.resources[${index}].hostname: expected a host name, found ""`);
  return hostname;
}

function jobPart(resource: JobResource, subCluster: SubCluster, index: number): HostPart {
  return partOfJob(resource, subCluster, `job.resources[${index}]`);
}

function inNoSubCluster(cluster: string, host: string) {
  return { host, error: `expected a host of a subcluster of ${cluster}; none lists it, and the request names none` };
}

function stopOf({ startTime, stopTime, duration }: JobDataRequest["job"]): number {
  if (stopTime === undefined && duration === undefined) {
    throw new RequestError("job.stopTime: expected a time in Unix seconds (or job.duration in seconds), found nothing");
  }
  const stop = stopTime ?? startTime + (duration ?? 0);
  if (stop >= startTime) return stop;
  const [path, found] = stopTime === undefined ? ["duration", duration] : ["stopTime", stopTime];
  const expected = stopTime === undefined ? "0 seconds or more" : `a time not before job.startTime (${startTime})`;
  throw new RequestError(`job.${path}: expected ${expected}, found ${found}`);
}

function checkRange(from: number, to: number): void {
  if (to < from) throw new RequestError(`to: expected a time not before from (${from}), found ${to}`);
}

function checkResolution(resolution: number): void {
  if (resolution < 0) throw new RequestError(`resolution: expected 0 or more seconds, found ${resolution}`);
}

/** Leaves out the metrics that cannot be had, or not in the resolution asked for, before any of them is read. */
function readable(
  planner: LoadPlanner,
  metrics: readonly ClusterMetric[],
  { source }: PlanContext,
  resolution = 0,
): ClusterMetric[] {
  return metrics.filter(({ name }) => {
    const frequency = source.frequencyOf(name);
    if (frequency === undefined) planner.problems.push({ metric: name, error: "expected a metric that is stored" });
    if (frequency === undefined || resolution <= frequency || resolution % frequency === 0)
      return frequency !== undefined;
    const error = `resolution: expected a multiple of ${frequency} s, the metric's own, found ${resolution}`;
    planner.problems.push({ metric: name, error });
    return false;
  });
}
