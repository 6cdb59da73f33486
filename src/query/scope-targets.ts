// The extension of /api/query: `"scope": "socket"` gives one result for each socket of a host, made of the levels in
// which the metric is measured. The cluster must be described.

import type { Selector } from "../core/level.ts";
import type { Cluster, Clusters } from "../topology/cluster.ts";
import type { Topology } from "../topology/topology.ts";
import { clusterNamed, metricNamed, requestedScope, wholeHost } from "./load-names.ts";
import type { Query } from "./request.ts";
import { RequestError } from "./request-error.ts";
import { buildScopeQueries, stepsBelowHost, type HostPart } from "./scope-queries.ts";

/** One result of a query: what to read for it. */
export interface Target {
  readonly selector: Selector;
  /** Members that tell which of a query's results it is, as JSON text with a comma behind each. */
  readonly label: string;
}

/** Finds what queries with a scope stand for. */
export class ScopeTargets {
  readonly #clusters: Clusters;
  readonly #parts = new Map<Topology, HostPart>();

  constructor(clusters: Clusters) {
    this.#clusters = clusters;
  }

  /**
   * The targets of one query, one for each result.
   * @throws RequestError when the query names what is not described, or what cannot be had
   */
  of(clusterName: string, query: Query): Target[] {
    const { metric: metricName, host, scope: scopeName = "", type, subtype, aggreg } = query;
    if (type !== undefined || subtype !== undefined || aggreg) {
      throw new RequestError("scope: expected a query without type, subtype and aggreg, which say something else");
    }
    const cluster = clusterNamed(this.#clusters, clusterName, "cluster");
    const metric = metricNamed(cluster, metricName, "metric");
    const requested = requestedScope(scopeName, "scope");
    const part = this.#partOf(cluster, host, metric.removedFrom);
    const queries = buildScopeQueries(metric.scope, requested, part);
    if (queries === undefined) {
      throw new RequestError(`scope: values of scope ${metric.scope} cannot be combined to ${requested}`);
    }
    return queries.flatMap((each) =>
      stepsBelowHost(each).map((steps, index) => ({
        selector: [clusterName, host, ...steps],
        label: labelOf(each.scope, each.resultIds[index]),
      })),
    );
  }

  #partOf(cluster: Cluster, host: string, removedFrom: ReadonlySet<string>): HostPart {
    const subCluster = cluster.subClusterOf(host);
    if (subCluster === undefined) {
      throw new RequestError(`host: expected a host of a subcluster of ${cluster.name}, found ${JSON.stringify(host)}`);
    }
    if (removedFrom.has(subCluster.name)) {
      throw new RequestError(`metric: subcluster ${subCluster.name} does not have it`);
    }
    const part = this.#parts.get(subCluster.topology) ?? wholeHost(subCluster.topology);
    this.#parts.set(subCluster.topology, part);
    return part;
  }
}

function labelOf(scope: string, id: string | undefined): string {
  const ofId = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
  return `"scope":"${scope}",${ofId}`;
}
