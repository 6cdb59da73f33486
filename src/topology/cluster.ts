// Described clusters: their metrics, their subclusters, and to which of these a host belongs. (spec §6)

import type { Aggregation } from "../core/metrics.ts";
import type { Scope } from "./scope.ts";
import type { Topology } from "./topology.ts";

/** A unit such as GB/s: base `B/s`, prefix `G`. */
export interface Unit {
  readonly base: string;
  readonly prefix?: string;
}

/** A metric as one cluster measures it. */
export interface ClusterMetric {
  readonly name: string;
  readonly unit: Unit;
  /** The scope in which it is measured. */
  readonly scope: Scope;
  readonly aggregation: Aggregation;
  /** Seconds between two samples. */
  readonly timestep: number;
  /** Names of the subclusters that do not have it. */
  readonly removedFrom: ReadonlySet<string>;
}

/** Nodes that are alike. */
export interface SubCluster {
  readonly name: string;
  /** `"all"`: every host that no other subcluster has. */
  readonly hosts: ReadonlySet<string> | "all";
  readonly topology: Topology;
}

export class Cluster {
  readonly name: string;
  readonly metrics: ReadonlyMap<string, ClusterMetric>;
  readonly subClusters: ReadonlyMap<string, SubCluster>;

  constructor(name: string, metrics: readonly ClusterMetric[], subClusters: readonly SubCluster[]) {
    this.name = name;
    this.metrics = new Map(metrics.map((metric) => [metric.name, metric]));
    this.subClusters = new Map(subClusters.map((subCluster) => [subCluster.name, subCluster]));
  }

  /** The subcluster of a host: the first that lists it. Undefined for a host that none lists. */
  subClusterOf(host: string): SubCluster | undefined {
    const subClusters = [...this.subClusters.values()];
    const listing = subClusters.find(({ hosts }) => hosts !== "all" && hosts.has(host));
    return listing ?? subClusters.find(({ hosts }) => hosts === "all");
  }
}

/** All clusters that are described, by name. */
export type Clusters = ReadonlyMap<string, Cluster>;

export function clustersByName(clusters: readonly Cluster[]): Clusters {
  return new Map(clusters.map((cluster) => [cluster.name, cluster]));
}
