// Cluster descriptions: what is read of them, and what is said of those that cannot be used.

import { describe, expect, it } from "vitest";
import { ClusterError, parseCluster } from "../../src/topology/parse-cluster.ts";
import { testClusterJson } from "./topologies.ts";

const metric = { name: "m", scope: "node", timestep: 60 };
const topology = { node: [0, 1], socket: [[0, 1]] };
const description = (changes: object) => ({
  name: "c",
  metricConfig: [metric],
  subClusters: [{ name: "s", nodes: "n[1-2]", topology }],
  ...changes,
});
const withMetric = (changes: object) => description({ metricConfig: [{ ...metric, ...changes }] });
const withTopology = (changes: object) =>
  description({ subClusters: [{ name: "s", nodes: "n1", topology: { ...topology, ...changes } }] });

function problemsOf(json: unknown): readonly string[] {
  try {
    parseCluster(json);
  } catch (error) {
    if (error instanceof ClusterError) return error.problems;
    throw error;
  }
  return [];
}

describe("a description", () => {
  const { cluster, warnings } = parseCluster(testClusterJson);

  it("has what a store needs of its metrics", () => {
    expect([...cluster.metrics.values()][1]).toEqual({
      name: "of_hwthread",
      unit: { base: "F/s", prefix: "G" },
      scope: "hwthread",
      aggregation: "sum",
      timestep: 60,
      removedFrom: new Set(),
    });
    expect(cluster.metrics.get("not_smt")?.removedFrom).toEqual(new Set(["smt"]));
    expect(warnings).toEqual([]);
  });

  it.each([
    ["u03", "uneven"],
    ["s40", "smt"],
    ["g01", "gpu"],
    ["g03", undefined],
  ])("finds the subcluster of %s", (host, name) => {
    expect(cluster.subClusterOf(host)?.name).toBe(name);
  });

  it("gives hosts that none lists to the subcluster of *, wherever it stands", () => {
    const subClusters = [
      { name: "rest", nodes: "*", topology },
      { name: "s", nodes: "n1", topology },
    ];
    const parsed = parseCluster(description({ subClusters })).cluster;
    expect([parsed.subClusterOf("n1")?.name, parsed.subClusterOf("x")?.name]).toEqual(["s", "rest"]);
  });

  it.each([
    ["without a unit", {}, { base: "" }],
    ["with an empty prefix", { unit: { base: "W", prefix: "" } }, { base: "W" }],
    ["with a unit of null", { unit: null }, { base: "" }],
  ])("takes a metric %s", (_, changes, unit) => {
    expect(parseCluster(withMetric(changes)).cluster.metrics.get("m")?.unit).toEqual(unit);
  });
});

describe("what cannot be used is refused, by path:", () => {
  const cases: [what: string, json: unknown, problems: string[]][] = [
    ["a list", [], ["name: expected the name of the cluster, found nothing"]],
    ["null", null, ["expected an object, found null"]],
    [
      "no metrics",
      description({ metricConfig: undefined }),
      ["metricConfig: expected a list of metrics, found nothing"],
    ],
    [
      "a metric without a name",
      withMetric({ name: "" }),
      ['metricConfig[0].name: expected the name of a metric, found ""'],
    ],
    [
      "a timestep of 0",
      withMetric({ timestep: 0 }),
      ["metricConfig[0].timestep: expected a positive whole number of seconds, found 0"],
    ],
    [
      "a broken timestep",
      withMetric({ timestep: 1.5 }),
      ["metricConfig[0].timestep: expected a positive whole number"],
    ],
    [
      "an unknown scope",
      withMetric({ scope: "cpu" }),
      ["metricConfig[0].scope: expected one of accelerator, hwthread, core"],
    ],
    [
      "an unknown aggregation",
      withMetric({ aggregation: "max" }),
      ['metricConfig[0].aggregation: expected "sum", "avg" or nothing, found "max"'],
    ],
    [
      "the same metric twice",
      description({ metricConfig: [metric, metric] }),
      ["metricConfig[1]: m is metricConfig[0] already"],
    ],
    [
      "a bad host list",
      description({ subClusters: [{ name: "s", nodes: "n[1", topology }] }),
      ["subClusters[0].nodes: host list, character 4: expected"],
    ],
    [
      "no topology",
      description({ subClusters: [{ name: "s", nodes: "n1" }] }),
      ["subClusters[0].topology: expected an object, found nothing"],
    ],
    [
      "a thread that is no number",
      withTopology({ socket: [[0, "1"]] }),
      ['subClusters[0].topology.socket[0][1]: expected the number of a hardware thread, found "1"'],
    ],
    [
      "a thread below 0",
      withTopology({ node: [0, -1] }),
      ["subClusters[0].topology.node[1]: expected the number of a hardware thread, found -1"],
    ],
    [
      "an accelerator without id",
      withTopology({ accelerators: [{ type: "x" }] }),
      ["subClusters[0].topology.accelerators[0].id: expected an id such as 00000000:3F:00.0, found nothing"],
    ],
    [
      "an accelerator twice",
      withTopology({ accelerators: [{ id: "a" }, { id: "a" }] }),
      ["subClusters[0].topology.accelerators[1]: a is subClusters[0].topology.accelerators[0] already"],
    ],
  ];
  it.each(cases)("%s", (_, json, problems) => {
    const found = problemsOf(json);
    expect(found.length).toBeGreaterThan(0);
    for (const [index, problem] of problems.entries()) expect(found[index]).toContain(problem);
  });

  it("all mistakes at once", () => {
    const json = description({ name: "", metricConfig: [{ ...metric, scope: "x", timestep: -1 }] });
    expect(problemsOf(json)).toHaveLength(3);
  });
});

describe("what is most likely a slip is told, and taken as it stands:", () => {
  const cases: [what: string, json: unknown, warning: string][] = [
    [
      "hosts of two subclusters",
      description({
        subClusters: [
          { name: "s", nodes: "n[1-3]", topology },
          { name: "t", nodes: "n[2-4]", topology },
        ],
      }),
      "subClusters[1].nodes: n2 and 1 more belong to s already",
    ],
    [
      "a thread in no core",
      withTopology({ core: [[0]] }),
      "subClusters[0].topology.core: hardware thread 1 of the node is missing",
    ],
    [
      "a thread that the node has not",
      withTopology({ node: [0] }),
      "subClusters[0].topology.node: hardware thread 1 of a socket is missing",
    ],
    [
      "a metric of a subcluster that is not there",
      withMetric({ subClusters: [{ name: "x", remove: true }] }),
      "metricConfig[0].subClusters[0].name: there is no subcluster x",
    ],
  ];
  it.each(cases)("%s", (_, json, warning) => {
    expect(parseCluster(json).warnings).toEqual([warning]);
  });
});
