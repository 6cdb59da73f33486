// Small, made clusters: each has something that the others have not.

import { parseCluster } from "../../src/topology/parse-cluster.ts";
import type { Cluster } from "../../src/topology/cluster.ts";
import { Topology, type TopologyParts } from "../../src/topology/topology.ts";

/** Sockets of different sizes, a memory domain in one and two in the other. */
export const uneven: TopologyParts = {
  node: [0, 1, 2, 3, 4, 5],
  socket: [
    [0, 1],
    [2, 3, 4, 5],
  ],
  memoryDomain: [
    [0, 1],
    [2, 3],
    [4, 5],
  ],
  core: [[0], [1], [2], [3], [4], [5]],
};

/** Two hardware threads a core, numbered as Linux does: the second threads of all cores come last. */
export const smt: TopologyParts = {
  node: [0, 1, 2, 3, 4, 5, 6, 7],
  socket: [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ],
  memoryDomain: [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ],
  core: [
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
  ],
};

export const GPUS = ["01", "25", "41", "61", "81", "A1", "C1", "3F"].map((bus) => `00000000:${bus}:00.0`);

/** Eight accelerators. */
export const gpu: TopologyParts = {
  node: [0, 1, 2, 3],
  socket: [[0, 1, 2, 3]],
  memoryDomain: [[0, 1, 2, 3]],
  core: [[0], [1], [2], [3]],
  accelerators: GPUS.map((id) => ({ id, type: "Nvidia GPU", model: "A40" })),
};

export const topologies = { uneven: new Topology(uneven), smt: new Topology(smt), gpu: new Topology(gpu) };

const metric = (name: string, scope: string, aggregation: "sum" | "avg" | null = "sum", timestep = 60) => ({
  name,
  scope,
  aggregation,
  timestep,
  unit: { base: "F/s", prefix: "G" },
  peak: 128,
});

/** One metric for each native scope, named after it. */
export const scopeMetrics = ["accelerator", "hwthread", "core", "memoryDomain", "socket", "node"].map((scope) =>
  metric(`of_${scope}`, scope),
);

/** A description as it stands in a file, with members that are of no use to a store. */
export const testClusterJson = {
  name: "test",
  metricConfig: [
    ...scopeMetrics,
    metric("clock", "hwthread", "avg"),
    metric("state", "hwthread", null),
    {
      ...metric("not_smt", "hwthread"),
      subClusters: [
        { name: "smt", remove: true },
        { name: "gpu", peak: 3 },
      ],
    },
  ],
  subClusters: [
    { name: "uneven", nodes: "u[01-04]", processorType: "x", topology: uneven },
    { name: "smt", nodes: "s[01-40]", threadsPerCore: 2, topology: { ...smt, die: null, accelerators: null } },
    { name: "gpu", nodes: "g[01-02]", topology: gpu },
  ],
};

export const testCluster: Cluster = parseCluster(testClusterJson).cluster;
