// From the JSON of a cluster.json to a described cluster, or to all that is wrong with it.

import * as v from "valibot";
import { Cluster, type ClusterMetric, type SubCluster } from "./cluster.ts";
import { clusterSchema, type ClusterJson } from "./cluster-schema.ts";
import { Topology } from "./topology.ts";

/** A description that cannot be used; `problems` has a line `path: text` for each mistake. */
export class ClusterError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ClusterError";
    this.problems = problems;
  }
}

export interface ParsedCluster {
  readonly cluster: Cluster;
  /** What is taken as it stands but most likely not meant; lines `path: text`. */
  readonly warnings: readonly string[];
}

/**
 * Reads a description that is parsed JSON. Unknown keys are ignored.
 * @throws ClusterError with all problems, not only the first
 */
export function parseCluster(json: unknown): ParsedCluster {
  const result = v.safeParse(clusterSchema, json);
  if (!result.success) throw new ClusterError(result.issues.map(describeIssue));
  const given = result.output;
  const problems = [
    ...duplicates("metricConfig", given.metricConfig, ({ name }) => name),
    ...duplicates("subClusters", given.subClusters, ({ name }) => name),
    ...given.subClusters.flatMap(({ topology }, i) =>
      duplicates(`subClusters[${i}].topology.accelerators`, topology.accelerators, ({ id }) => id),
    ),
  ];
  if (problems.length > 0) throw new ClusterError(problems);
  const cluster = new Cluster(given.name, given.metricConfig.map(toMetric), given.subClusters.map(toSubCluster));
  return { cluster, warnings: [...sharedHosts(given), ...strayThreads(given), ...unknownSubClusters(given)] };
}

function toMetric({ subClusters, ...metric }: ClusterJson["metricConfig"][number]): ClusterMetric {
  const removed = subClusters.filter(({ remove }) => remove === true);
  return { ...metric, removedFrom: new Set(removed.map(({ name }) => name)) };
}

function toSubCluster({ name, nodes, topology }: ClusterJson["subClusters"][number]): SubCluster {
  return { name, hosts: nodes === "all" ? nodes : new Set(nodes), topology: new Topology(topology) };
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  let path = "";
  for (const { key } of issue.path ?? []) path += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  return path === "" ? issue.message : `${path.replace(/^\./, "")}: ${issue.message}`;
}

function duplicates<Item>(path: string, items: readonly Item[], nameOf: (item: Item) => string): string[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const earlier = first.get(nameOf(item));
    if (earlier === undefined) first.set(nameOf(item), index);
    return earlier === undefined ? [] : `${path}[${index}]: ${nameOf(item)} is ${path}[${earlier}] already`;
  });
}

/** Hosts that two subclusters list: the first has them, which the other's author may not know. */
function sharedHosts({ subClusters }: ClusterJson): string[] {
  const owners = new Map<string, string>();
  return subClusters.flatMap(({ name, nodes }, index) => {
    if (nodes === "all") return [];
    const shared = nodes.filter((host) => owners.has(host));
    for (const host of nodes) if (!owners.has(host)) owners.set(host, name);
    if (shared.length === 0) return [];
    const [host] = shared;
    const more = shared.length === 1 ? "" : ` and ${shared.length - 1} more`;
    return `subClusters[${index}].nodes: ${host}${more} belong to ${owners.get(host)} already`;
  });
}

/** Hardware threads of a node that are in no socket or no core, or the other way round: mostly a slip of the pen. */
function strayThreads({ subClusters }: ClusterJson): string[] {
  return subClusters.flatMap(({ topology }, index) => {
    const path = `subClusters[${index}].topology`;
    const node = new Set(topology.node);
    return (["socket", "core"] as const).flatMap((part) => {
      const grouped = new Set(topology[part].flat());
      const missing = topology[part].length === 0 ? [] : topology.node.filter((thread) => !grouped.has(thread));
      const foreign = [...grouped].filter((thread) => !node.has(thread));
      return [
        ...missing.slice(0, 1).map((thread) => `${path}.${part}: hardware thread ${thread} of the node is missing`),
        ...foreign.slice(0, 1).map((thread) => `${path}.node: hardware thread ${thread} of a ${part} is missing`),
      ];
    });
  });
}

function unknownSubClusters({ metricConfig, subClusters }: ClusterJson): string[] {
  const known = new Set(subClusters.map(({ name }) => name));
  return metricConfig.flatMap((metric, i) =>
    metric.subClusters.flatMap(({ name }, j) =>
      known.has(name) ? [] : `metricConfig[${i}].subClusters[${j}].name: there is no subcluster ${name}`,
    ),
  );
}
