// The metrics of a store, made from the descriptions of its clusters.

import { expect, it } from "vitest";
import { buildMetricList } from "../../src/topology/metric-list.ts";
import { parseCluster } from "../../src/topology/parse-cluster.ts";

const cluster = (name: string, ...metrics: [name: string, timestep: number, aggregation: string | null][]) =>
  parseCluster({
    name,
    metricConfig: metrics.map(([metric, timestep, aggregation]) => ({
      name: metric,
      scope: "node",
      timestep,
      aggregation,
    })),
    subClusters: [],
  }).cluster;

it("a metric of several clusters is stored at the coarsest frequency, in whatever order they come", () => {
  const fine = cluster("fine", ["power", 10, "sum"], ["only_fine", 5, null]);
  const coarse = cluster("coarse", ["power", 60, "sum"], ["load", 30, "avg"]);
  const metrics = {
    power: { frequency: 60, aggregation: "sum" },
    only_fine: { frequency: 5, aggregation: null },
    load: { frequency: 30, aggregation: "avg" },
  };
  expect(buildMetricList([fine, coarse]).metrics).toEqual(metrics);
  expect(buildMetricList([coarse, fine]).metrics).toEqual(metrics);
  expect(buildMetricList([fine, coarse]).warnings).toEqual([
    "metric power: cluster coarse has the timestep 60, another 10; all are stored with 60",
  ]);
});

it("where clusters do not agree how to aggregate, the first counts, and the others are told", () => {
  const { metrics, warnings } = buildMetricList([cluster("a", ["m", 60, null]), cluster("b", ["m", 60, "avg"])]);
  expect(metrics).toEqual({ m: { frequency: 60, aggregation: null } });
  expect(warnings).toEqual(["metric m: cluster b has avg aggregation, another no; all are stored with no"]);
});

it("no clusters have no metrics", () => {
  expect(buildMetricList([])).toEqual({ metrics: {}, warnings: [] });
});
