// The names in a request for metrics of jobs and nodes: each must be one that is described. Errors say where the name
// stands in the request, and what there is.

import { HostListError, parseHostList } from "../topology/host-list.ts";
import type { Cluster, Clusters, ClusterMetric, SubCluster } from "../topology/cluster.ts";
import { scopeNamed, SCOPES, type Scope } from "../topology/scope.ts";
import type { Topology } from "../topology/topology.ts";
import type { JobResource } from "./job-request.ts";
import { RequestError } from "./request-error.ts";
import type { HostPart } from "./scope-queries.ts";

/** An error lists no more names than that. */
const MAX_NAMES_SHOWN = 40;

function notFound(path: string, what: string, known: Iterable<string>, found: string): RequestError {
  const names = [...known];
  const shown = names.length === 0 ? "there are none" : names.slice(0, MAX_NAMES_SHOWN).join(", ");
  const more = names.length > MAX_NAMES_SHOWN ? ` and ${names.length - MAX_NAMES_SHOWN} more` : "";
  return new RequestError(`${path}: expected ${what} (${shown}${more}), found ${JSON.stringify(found)}`);
}

export function clusterNamed(clusters: Clusters, name: string, path: string): Cluster {
  const cluster = clusters.get(name);
  if (cluster !== undefined) return cluster;
  if (clusters.size === 0) {
    throw new RequestError(
      `${path}: expected a described cluster, but none is described (configuration: clusters.directory)`,
    );
  }
  throw notFound(path, "a described cluster", clusters.keys(), name);
}

/** Undefined if none is named; to Go, which these requests come from, an empty name is none. */
export function subClusterGiven(cluster: Cluster, name: string | undefined, path: string): SubCluster | undefined {
  if (name === undefined || name === "") return undefined;
  const subCluster = cluster.subClusters.get(name);
  if (subCluster !== undefined) return subCluster;
  throw notFound(path, `a subcluster of ${cluster.name}`, cluster.subClusters.keys(), name);
}

export function metricNamed(cluster: Cluster, name: string, path: string): ClusterMetric {
  const metric = cluster.metrics.get(name);
  if (metric !== undefined) return metric;
  throw notFound(path, `a metric of ${cluster.name}`, cluster.metrics.keys(), name);
}

export function requestedScope(name: string, path: string): Scope {
  const scope = scopeNamed(name);
  if (scope !== undefined) return scope;
  throw notFound(path, "a scope", SCOPES, name);
}

/** The metrics of these names, each once; all of the cluster if none are given. */
export function metricsNamed(cluster: Cluster, names: readonly string[] | undefined): ClusterMetric[] {
  if (names === undefined) return [...cluster.metrics.values()];
  return [...new Set(names.map((name, index) => metricNamed(cluster, name, `metrics[${index}]`)))];
}

/** The scopes of these names, each once; `node` if none are given. */
export function scopesNamed(names: readonly string[] | undefined): Scope[] {
  if (names === undefined) return ["node"];
  return [...new Set(names.map((name, index) => requestedScope(name, `scopes[${index}]`)))];
}

/** Host names of names and host lists, each once. Each is at least one result, so more than `maxHosts` cannot be had. */
export function hostsNamed(names: readonly string[], maxHosts: number): string[] {
  const hosts = new Set<string>();
  let hostsLeft = maxHosts;
  for (const [index, name] of names.entries()) {
    try {
      const listed = parseHostList(name, hostsLeft);
      hostsLeft -= listed.length;
      for (const host of listed) hosts.add(host);
    } catch (error) {
      if (!(error instanceof HostListError)) throw error;
      throw new RequestError(`nodes[${index}]: ${error.message}`);
    }
  }
  return [...hosts];
}

/** All of a node. One object for each topology, so that hosts that are alike can be told by it. */
export function wholeHost(topology: Topology): HostPart {
  return { topology, hwthreads: topology.hwthreads, accelerators: topology.acceleratorIds };
}

/** What a job has of a node, which must have it. */
export function partOfJob(resource: JobResource, { name, topology }: SubCluster, path: string): HostPart {
  const { hwthreads = [], accelerators = [] } = resource;
  for (const [index, thread] of hwthreads.entries()) {
    if (topology.hasThread(thread)) continue;
    const ids = topology.hwthreads.map(String);
    throw notFound(`${path}.hwthreads[${index}]`, `a hardware thread of ${name}`, ids, String(thread));
  }
  for (const [index, id] of accelerators.entries()) {
    if (topology.acceleratorIds.includes(id)) continue;
    throw notFound(`${path}.accelerators[${index}]`, `an accelerator of ${name}`, topology.acceleratorIds, id);
  }
  return { topology, hwthreads: hwthreads.length === 0 ? topology.hwthreads : hwthreads, accelerators };
}
