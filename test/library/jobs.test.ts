// Jobs, nodes and scopes of a store inside a program: with nothing but descriptions of clusters, and with old samples.

import { afterEach, expect, test } from "vitest";
import { createHttpApi } from "../../src/http.ts";
import { openStore, RequestError, type OpenOptions, type Store } from "../../src/index.ts";
import { History } from "../../src/query/history.ts";
import type { OldSamples } from "../../src/query/old-samples.ts";
import { JobService } from "../../src/query/job-service.ts";
import { historySource } from "../../src/query/series-source.ts";
import { defaultLimits } from "../../src/library/limits.ts";
import { clustersByName } from "../../src/topology/cluster.ts";
import { jobFixture, jobOn, plain, T0 } from "../query/job-support.ts";
import { testCluster } from "../topology/topologies.ts";

const opened: Store[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

async function open(options: OpenOptions): Promise<Store> {
  const store = await openStore({ retentionMs: 1e13, ...options });
  opened.push(store);
  return store;
}

const LINES = [1, 2, 3, 4]
  .flatMap((value, minute) =>
    [0, 1].map(
      (socket) =>
        `of_socket,cluster=test,hostname=s01,type=socket,type-id=${socket} value=${value * 10 ** socket} ${T0 + minute * 60}`,
    ),
  )
  .join("\n");

test("a store that is opened with clusters has their metrics, and answers jobs", async () => {
  const store = await open({ clusters: [testCluster] });
  expect(await store.write(LINES)).toMatchObject({ stored: 8, ignored: 0 });
  const { data, errors } = await store.jobs.loadData({ job: jobOn(["s01"], 4), metrics: ["of_socket"] });
  expect(errors).toEqual([]);
  expect(plain(data.get("of_socket")?.get("node")?.series[0].data ?? new Float64Array(0))).toEqual([11, 22, 33, 44]);
});

test("values that were loaded stay as they are, whatever is loaded after them", async () => {
  const store = await open({ clusters: [testCluster] });
  await store.write(LINES);
  const { data } = await store.jobs.loadData({
    job: jobOn(["s01"], 4),
    metrics: ["of_socket"],
    scopes: ["socket", "node"],
  });
  await store.jobs.loadStats({ job: jobOn(["s01"], 4) });
  const series = [...(data.get("of_socket")?.values() ?? [])].flatMap((metric) =>
    metric.series.map((each) => plain(each.data)),
  );
  expect(series).toEqual([
    [1, 2, 3, 4],
    [10, 20, 30, 40],
    [11, 22, 33, 44],
  ]);
});

test("a query of a scope, as values", async () => {
  const store = await open({ clusters: [testCluster] });
  await store.write(LINES);
  const queries = [{ metric: "of_socket", host: "s01", scope: "socket" }];
  const { results } = await store.query({ cluster: "test", from: T0, to: T0 + 60, queries });
  expect(results[0].map(({ id, data }) => [id, data])).toEqual([
    ["0", [1]],
    ["1", [10]],
  ]);
});

test("the HTTP API of such a store", async () => {
  const store = await open({ clusters: [testCluster] });
  await store.write(LINES);
  const body = JSON.stringify({ job: jobOn(["s01"], 4), metrics: ["of_socket"] });
  const response = await createHttpApi(store).request("/api/job/stats", { method: "POST", body });
  expect(await response.json()).toEqual({
    data: { of_socket: { s01: { avg: 27.5, min: 11, max: 44 } } },
    errors: [],
    errorCount: 0,
  });
});

test("a store without clusters says so", async () => {
  const store = await open({ metrics: { of_socket: { frequency: 60, aggregation: "sum" } } });
  const load = store.jobs.loadData({ job: jobOn(["s01"]) });
  await expect(load).rejects.toThrow(
    new RequestError(
      "job.cluster: expected a described cluster, but none is described (configuration: clusters.directory)",
    ),
  );
});

/** What is on disk of of_node: two minutes of s01 before those in memory; of s02 a file that cannot be read. */
const old: OldSamples = {
  latestSince: T0 + 120,
  since: () => T0 + 120,
  begin: async () => T0,
  clusters: async () => ["test"],
  hosts: async () => ["s01", "s02"],
  read: async ({ host }) =>
    host === "s01"
      ? { runs: [{ path: [], frequency: 60, start: T0, values: Float32Array.of(1, 2) }], errors: [] }
      : { runs: [], errors: ["old.parquet: cut off"] },
};

test("samples that are on disk only are loaded with those in memory, and a bad file is told", async () => {
  const { store, write } = jobFixture();
  write("s01", undefined, "of_node", [null, null, 3, 4]);
  const yieldToOthers = async (): Promise<void> => {};
  const history = new History({ store, old, limits: defaultLimits, yieldToOthers });
  const jobs = new JobService({
    clusters: clustersByName([testCluster]),
    source: historySource(store, history),
    limits: defaultLimits,
    yieldToOthers,
    monotonicMs: () => performance.now(),
  });
  const { data, errors } = await jobs.loadNodeData({ cluster: "test", metrics: ["of_node"], from: T0, to: T0 + 240 });
  expect(
    [...data].map(([host, metrics]) => [
      host,
      plain(metrics.get("of_node")?.[0].series[0].data ?? new Float64Array(0)),
    ]),
  ).toEqual([["s01", [1, 2, 3, 4]]]);
  expect(errors).toContainEqual({ metric: "of_node", scope: "node", host: "s02", error: "old.parquet: cut off" });
});
