// Loading the metrics of jobs and nodes: what comes out, and what is said of what does not.

import { beforeEach, describe, expect, it } from "vitest";
import type { JobData, JobMetric } from "../../src/query/job-metric.ts";
import { RequestError } from "../../src/query/request-error.ts";
import type { Scope } from "../../src/topology/scope.ts";
import { GPUS } from "../topology/topologies.ts";
import { answerOf, jobFixture, jobOn, plain, T0, type JobFixture } from "./job-support.ts";

let fixture: JobFixture;
beforeEach(() => {
  fixture = jobFixture();
});

function metricIn(data: JobData, metric: string, scope: Scope): JobMetric | undefined {
  return data.get(metric)?.get(scope);
}

/** `host:id` → values. */
function valuesOf(metric: JobMetric | undefined): Record<string, (number | null)[]> {
  const series = metric?.series ?? [];
  return Object.fromEntries(
    series.map(({ hostname, id, data }) => [id === undefined ? hostname : `${hostname}:${id}`, plain(data)]),
  );
}

interface JsonAnswer {
  readonly data: Record<
    string,
    Record<string, { readonly timestep: number; readonly series: { readonly timestep?: number }[] }>
  >;
}

describe("loadData", () => {
  it("gives unit, timestep, and of each series host, id, statistics and values", async () => {
    fixture.write("s01", "socket0", "of_socket", [1, 2, 6]);
    fixture.write("s01", "socket1", "of_socket", [10, null, 30]);
    const { data, errors, errorCount } = await fixture.jobs.loadData({
      job: jobOn(["s01"]),
      metrics: ["of_socket"],
      scopes: ["socket", "node"],
    });
    expect([errors, errorCount]).toEqual([[], 0]);
    expect(metricIn(data, "of_socket", "socket")).toEqual({
      unit: { base: "F/s", prefix: "G" },
      timestep: 60,
      series: [
        { hostname: "s01", id: "0", statistics: { avg: 3, min: 1, max: 6 }, data: Float64Array.of(1, 2, 6) },
        { hostname: "s01", id: "1", statistics: { avg: 20, min: 10, max: 30 }, data: Float64Array.of(10, NaN, 30) },
      ],
    });
    expect(metricIn(data, "of_socket", "node")?.series).toEqual([
      { hostname: "s01", statistics: { avg: 23.5, min: 11, max: 36 }, data: Float64Array.of(11, NaN, 36) },
    ]);
  });

  it("gives all metrics of the cluster in scope node, unless told otherwise", async () => {
    for (const thread of [0, 1, 2, 3, 4, 5, 6, 7]) fixture.write("s01", `hwthread${thread}`, "clock", [thread]);
    fixture.write("s01", undefined, "of_node", [5]);
    const { data } = await fixture.jobs.loadData({ job: jobOn(["s01"]) });
    expect([...data].map(([metric, scopes]) => [metric, ...scopes.keys()])).toEqual([
      ["of_node", "node"],
      ["clock", "node"],
    ]);
    expect(valuesOf(metricIn(data, "clock", "node"))).toEqual({ s01: [3.5] });
  });

  it("answers scopes that come out as the same one once", async () => {
    fixture.write("s01", undefined, "of_node", [5]);
    const { data } = await fixture.jobs.loadData({
      job: jobOn(["s01"]),
      metrics: ["of_node", "of_node"],
      scopes: ["core", "node", "socket", "core"],
    });
    expect([...data].map(([metric, scopes]) => [metric, [...scopes.keys()]])).toEqual([["of_node", ["node"]]]);
    expect(metricIn(data, "of_node", "node")?.series).toHaveLength(1);
  });

  it("answers metrics of several native scopes in one load", async () => {
    fixture.write("u01", "core2", "of_core", [2]);
    fixture.write("u01", "memoryDomain1", "of_memoryDomain", [3]);
    fixture.write("u01", "hwthread3", "of_hwthread", [4]);
    const { data } = await fixture.jobs.loadData({
      job: jobOn(["u01"]),
      metrics: ["of_core", "of_memoryDomain", "of_hwthread"],
      scopes: ["core", "socket"],
    });
    const found = [...data].flatMap(([metric, scopes]) =>
      [...scopes].map(([scope, each]) => [metric, scope, valuesOf(each)]),
    );
    expect(found).toEqual([
      ["of_core", "core", { "u01:2": [2] }],
      ["of_core", "socket", { "u01:1": [2] }],
      ["of_memoryDomain", "memoryDomain", { "u01:1": [3] }],
      ["of_memoryDomain", "socket", { "u01:1": [3] }],
      ["of_hwthread", "core", { "u01:3": [4] }],
      ["of_hwthread", "socket", { "u01:1": [4] }],
    ]);
  });

  it("reads the hardware threads and the accelerators of the job, no others", async () => {
    for (const thread of [0, 1, 2, 3]) fixture.write("g01", `hwthread${thread}`, "of_hwthread", [10 ** thread]);
    for (const [index, id] of GPUS.entries()) fixture.write("g01", `accelerator${id}`, "of_accelerator", [2 ** index]);
    const resources = [{ hostname: "g01", hwthreads: [1, 3], accelerators: [GPUS[7], GPUS[0]] }];
    const request = {
      job: { ...jobOn([]), resources },
      metrics: ["of_hwthread", "of_accelerator"],
      scopes: ["node", "accelerator"],
    };
    const { data } = await fixture.jobs.loadData(request);
    expect(valuesOf(metricIn(data, "of_hwthread", "node"))).toEqual({ g01: [1010] });
    expect(valuesOf(metricIn(data, "of_accelerator", "node"))).toEqual({ g01: [129] });
    expect(valuesOf(metricIn(data, "of_accelerator", "accelerator"))).toEqual({
      [`g01:${GPUS[7]}`]: [128],
      [`g01:${GPUS[0]}`]: [1],
    });
  });

  it("takes an empty list of hardware threads for all, and one of accelerators for none", async () => {
    for (const thread of [0, 1, 2, 3]) fixture.write("g01", `hwthread${thread}`, "of_hwthread", [10 ** thread]);
    fixture.write("g01", `accelerator${GPUS[0]}`, "of_accelerator", [1]);
    const job = { ...jobOn([]), resources: [{ hostname: "g01", hwthreads: [], accelerators: [] }] };
    const { data } = await fixture.jobs.loadData({ job, metrics: ["of_hwthread", "of_accelerator"] });
    expect([...data.keys()]).toEqual(["of_hwthread"]);
    expect(valuesOf(metricIn(data, "of_hwthread", "node"))).toEqual({ g01: [1111] });
  });

  it("skips accelerator metrics without accelerators and metrics that the subcluster has not, without a word", async () => {
    fixture.write("g01", `accelerator${GPUS[0]}`, "of_accelerator", [1]);
    fixture.write("s01", "hwthread0", "not_smt", [1]);
    const metrics = ["of_accelerator", "not_smt"];
    const { data, errorCount } = await fixture.jobs.loadData({
      job: jobOn(["g01", "s01"]),
      metrics: metrics.slice(0, 1),
    });
    expect([data.size, errorCount]).toEqual([0, 0]);
    const smt = await fixture.jobs.loadData({ job: jobOn(["s01"]), metrics });
    expect([smt.data.size, smt.errorCount]).toEqual([0, 0]);
  });

  it("puts nulls in front of samples that begin later, so that value i is that of the i-th minute", async () => {
    fixture.write("s01", undefined, "of_node", [1, 2, 3]);
    fixture.write("s02", undefined, "of_node", [null, null, 7]);
    const { data } = await fixture.jobs.loadData({ job: jobOn(["s01", "s02"]), metrics: ["of_node"] });
    expect(valuesOf(metricIn(data, "of_node", "node"))).toEqual({ s01: [1, 2, 3], s02: [null, null, 7] });
  });

  it("passes the resolution on; a series too short for it tells its own timestep", async () => {
    const values = Array.from({ length: 1200 }, (_, i) => i);
    fixture.write("s01", undefined, "of_node", values);
    fixture.write("s02", undefined, "of_node", values.slice(0, 900));
    const request = { job: jobOn(["s01", "s02"], 1200), metrics: ["of_node"], resolution: 240 };
    const node = metricIn((await fixture.jobs.loadData(request)).data, "of_node", "node");
    expect(node?.timestep).toBe(240);
    expect(node?.series.map(({ data, timestep }) => [data.length, timestep])).toEqual([
      [300, undefined],
      [900, 60],
    ]);
    const json = JSON.parse(await answerOf(fixture.jobs, "jobData", request)) as JsonAnswer;
    const inJson = json.data.of_node.node;
    expect([inJson.timestep, inJson.series.map(({ timestep }) => timestep)]).toEqual([240, [undefined, 60]]);
    expect(node?.series[0].data).toEqual(fixture.store.read(["test", "s01"], "of_node", T0, T0 + 72_000, 240).values);
  });

  it("leaves the nulls in front in proportion to the resolution", async () => {
    fixture.write("s01", undefined, "of_node", [
      ...Array.from({ length: 400 }, () => null),
      ...Array.from({ length: 1200 }, () => 5),
    ]);
    const { data } = await fixture.jobs.loadData({ job: jobOn(["s01"], 1600), metrics: ["of_node"], resolution: 240 });
    expect(metricIn(data, "of_node", "node")?.series[0].data.findIndex((value) => !Number.isNaN(value))).toBe(100);
  });

  it("takes statistics with nothing but NaN as 0, 0, 0", async () => {
    fixture.write("s01", "socket0", "of_socket", [1, null]);
    fixture.write("s01", "socket1", "of_socket", [null, 1]);
    const { data } = await fixture.jobs.loadData({ job: jobOn(["s01"]), metrics: ["of_socket"] });
    expect(metricIn(data, "of_socket", "node")?.series).toEqual([
      { hostname: "s01", statistics: { avg: 0, min: 0, max: 0 }, data: Float64Array.of(NaN, NaN) },
    ]);
  });
});

describe("what is not there is told beside the data:", () => {
  it("a host that has nothing, once", async () => {
    fixture.write("s01", undefined, "of_node", [1]);
    const { data, errors } = await fixture.jobs.loadData({
      job: jobOn(["s01", "s02"]),
      metrics: ["of_node", "of_socket", "clock"],
      scopes: ["node", "socket"],
    });
    expect(valuesOf(metricIn(data, "of_node", "node"))).toEqual({ s01: [1] });
    expect(errors.filter(({ host }) => host === "s02")).toEqual([{ host: "s02", error: "no samples of this host" }]);
  });

  it("a metric that a host does not have", async () => {
    fixture.write("s01", undefined, "of_node", [1]);
    const { errors } = await fixture.jobs.loadData({
      job: jobOn(["s01"]),
      metrics: ["of_node", "of_socket"],
      scopes: ["socket"],
    });
    expect(errors).toEqual([{ metric: "of_socket", scope: "socket", host: "s01", error: "no samples" }]);
  });

  it("a socket that has none", async () => {
    fixture.write("s01", "socket0", "of_socket", [1]);
    const { errors } = await fixture.jobs.loadData({ job: jobOn(["s01"]), metrics: ["of_socket"], scopes: ["socket"] });
    expect(errors).toEqual([{ metric: "of_socket", scope: "socket", host: "s01", error: "no samples of socket 1" }]);
  });

  it("samples that lie elsewhere in time", async () => {
    fixture.write("s01", undefined, "of_node", [1]);
    const job = { ...jobOn(["s01"]), startTime: T0 + 6000 };
    expect((await fixture.jobs.loadData({ job, metrics: ["of_node"] })).errors).toEqual([
      { host: "s01", error: "no samples of this host" },
    ]);
  });

  it("a scope that values cannot be combined to, which costs no other", async () => {
    fixture.write("s01", "hwthread0", "of_hwthread", [1]);
    const { data, errors } = await fixture.jobs.loadData({
      job: jobOn(["s01", "s02"]),
      metrics: ["of_hwthread"],
      scopes: ["memoryDomain", "node"],
    });
    expect(valuesOf(metricIn(data, "of_hwthread", "node"))).toEqual({ s01: [1] });
    expect(errors[0]).toEqual({
      metric: "of_hwthread",
      scope: "memoryDomain",
      error: "values of scope hwthread cannot be combined to memoryDomain",
    });
  });

  it("values that must not be combined", async () => {
    fixture.write("s01", "hwthread0", "state", [1]);
    fixture.write("s01", "hwthread1", "state", [1]);
    const { data, errors } = await fixture.jobs.loadData({
      job: jobOn(["s01"]),
      metrics: ["state"],
      scopes: ["hwthread", "node"],
    });
    expect(valuesOf(metricIn(data, "state", "hwthread"))).toEqual({ "s01:0": [1], "s01:1": [1] });
    expect(errors).toContainEqual({
      metric: "state",
      scope: "node",
      host: "s01",
      error: "[METRICSTORE]> invalid aggregation",
    });
  });

  it("a resolution that is no multiple of the metric's, before anything is read", async () => {
    fixture.write("s01", undefined, "of_node", [1]);
    const { data, errors } = await fixture.jobs.loadData({ job: jobOn(["s01"]), metrics: ["of_node"], resolution: 90 });
    expect(data.size).toBe(0);
    expect(errors).toEqual([
      { metric: "of_node", error: "resolution: expected a multiple of 60 s, the metric's own, found 90" },
    ]);
  });

  it("a host of no subcluster, unless the job names one", async () => {
    fixture.write("x1", undefined, "of_node", [1]);
    const job = jobOn(["x1"]);
    expect((await fixture.jobs.loadData({ job, metrics: ["of_node"] })).errors).toEqual([
      { host: "x1", error: "expected a host of a subcluster of test; none lists it, and the request names none" },
    ]);
    const listed = { ...jobOn(["s01"]), subCluster: "" };
    fixture.write("s01", undefined, "of_node", [2]);
    expect((await fixture.jobs.loadData({ job: listed, metrics: ["of_node"] })).errorCount).toBe(0);
    const { data } = await fixture.jobs.loadData({ job: { ...job, subCluster: "smt" }, metrics: ["of_node"] });
    expect(valuesOf(metricIn(data, "of_node", "node"))).toEqual({ x1: [1] });
  });

  it("a hundred of many, and how many there are", async () => {
    const { errors, errorCount } = await fixture.jobs.loadNodeData({
      cluster: "test",
      nodes: ["x[1-250]"],
      from: T0,
      to: T0 + 60,
    });
    expect([errors.length, errorCount]).toEqual([100, 250]);
  });
});

describe("loadStats and loadScopedStats", () => {
  it("give statistics of nodes, without hosts that have no data", async () => {
    for (const [socket, values] of [
      [1, 3],
      [5, 7],
    ].entries())
      fixture.write("s01", `socket${socket}`, "of_socket", values);
    const { data, errors } = await fixture.jobs.loadStats({ job: jobOn(["s01", "s02"]), metrics: ["of_socket"] });
    expect(data).toEqual(new Map([["of_socket", new Map([["s01", { avg: 8, min: 6, max: 10 }]])]]));
    expect(errors).toEqual([{ host: "s02", error: "no samples of this host" }]);
  });

  it("give statistics of scopes, with ids", async () => {
    for (const [socket, values] of [
      [1, 3],
      [5, 7],
    ].entries())
      fixture.write("s01", `socket${socket}`, "of_socket", values);
    const { data } = await fixture.jobs.loadScopedStats({
      job: jobOn(["s01"]),
      metrics: ["of_socket"],
      scopes: ["socket", "node"],
    });
    expect(data.get("of_socket")?.get("socket")).toEqual([
      { hostname: "s01", id: "0", data: { avg: 2, min: 1, max: 3 } },
      { hostname: "s01", id: "1", data: { avg: 6, min: 5, max: 7 } },
    ]);
    expect(data.get("of_socket")?.get("node")).toEqual([{ hostname: "s01", data: { avg: 8, min: 6, max: 10 } }]);
  });
});

describe("loadNodeData", () => {
  it("gives whole nodes by metric, of all hosts that the store knows, listed or not", async () => {
    fixture.write("x1", "hwthread0", "of_hwthread", [1]);
    fixture.write("x1", "hwthread1", "of_hwthread", [2]);
    fixture.write("s01", undefined, "of_node", [9]);
    const { data } = await fixture.jobs.loadNodeData({
      cluster: "test",
      metrics: ["of_hwthread", "of_node"],
      from: T0,
      to: T0 + 60,
    });
    const found = [...data].map(([host, metrics]) => [
      host,
      [...metrics].map(([metric, list]) => [metric, list.map(valuesOf)]),
    ]);
    expect(found).toEqual([
      ["x1", [["of_hwthread", [{ x1: [3] }]]]],
      ["s01", [["of_node", [{ s01: [9] }]]]],
    ]);
  });

  it("takes host lists", async () => {
    for (const host of ["s01", "s02", "s03"]) fixture.write(host, undefined, "of_node", [1]);
    const { data } = await fixture.jobs.loadNodeData({
      cluster: "test",
      nodes: ["s[02-03]", "s02"],
      metrics: ["of_node"],
      from: T0,
      to: T0 + 60,
    });
    expect([...data.keys()]).toEqual(["s02", "s03"]);
  });
});

describe("loadNodeListData", () => {
  it("finds the topology of each host by its name", async () => {
    for (const thread of [0, 1, 4, 5])
      for (const host of ["s01", "u01"]) fixture.write(host, `hwthread${thread}`, "of_hwthread", [1]);
    const { data } = await fixture.jobs.loadNodeListData({
      cluster: "test",
      nodes: ["s01", "u01"],
      metrics: ["of_hwthread"],
      scopes: ["socket"],
      from: T0,
      to: T0 + 60,
    });
    expect([...data].map(([host, metrics]) => [host, valuesOf(metricIn(metrics, "of_hwthread", "socket"))])).toEqual([
      ["s01", { "s01:0": [4] }],
      ["u01", { "u01:0": [2], "u01:1": [2] }],
    ]);
  });

  it("gives all accelerators of a node", async () => {
    for (const id of GPUS) fixture.write("g01", `accelerator${id}`, "of_accelerator", [1]);
    const { data } = await fixture.jobs.loadNodeListData({
      cluster: "test",
      subCluster: "gpu",
      nodes: ["g01"],
      metrics: ["of_accelerator"],
      scopes: ["accelerator"],
      from: T0,
      to: T0 + 60,
    });
    const series = metricIn(data.get("g01") ?? new Map(), "of_accelerator", "accelerator")?.series;
    expect(series?.map(({ id }) => id)).toEqual(GPUS);
  });
});

describe("a request is refused, with the place and what was expected:", () => {
  const job = jobOn(["s01"]);
  const resource = (changes: object) => ({ job: { ...job, resources: [{ hostname: "s01", ...changes }] } });
  const metrics = "of_accelerator, of_hwthread, of_core, of_memoryDomain, of_socket, of_node, clock, state, not_smt";
  const scopes = "accelerator, hwthread, core, memoryDomain, socket, node";
  const cases: [what: string, request: object, message: string][] = [
    [
      "an unknown cluster",
      { job: { ...job, cluster: "x" } },
      'job.cluster: expected a described cluster (test), found "x"',
    ],
    [
      "an unknown subcluster",
      { job: { ...job, subCluster: "x" } },
      'job.subCluster: expected a subcluster of test (uneven, smt, gpu), found "x"',
    ],
    [
      "an unknown metric",
      { job, metrics: ["clock", "x"] },
      `metrics[1]: expected a metric of test (${metrics}), found "x"`,
    ],
    ["an unknown scope", { job, scopes: ["cpu"] }, `scopes[0]: expected a scope (${scopes}), found "cpu"`],
    [
      "a host without a name",
      { job: { ...job, resources: [{ hostname: "" }] } },
      'job.resources[0].hostname: expected a host name, found ""',
    ],
    [
      "a hardware thread beyond the topology",
      resource({ hwthreads: [0, 8] }),
      'job.resources[0].hwthreads[1]: expected a hardware thread of smt (0, 1, 2, 3, 4, 5, 6, 7), found "8"',
    ],
    [
      "an accelerator that is not there",
      resource({ accelerators: ["00"] }),
      'job.resources[0].accelerators[0]: expected an accelerator of smt (there are none), found "00"',
    ],
    [
      "a stop before the start",
      { job: { ...job, stopTime: T0 - 1 } },
      `job.stopTime: expected a time not before job.startTime (${T0}), found ${T0 - 1}`,
    ],
    ["a duration below 0", { job: { ...job, duration: -1 } }, "job.duration: expected 0 seconds or more, found -1"],
    [
      "no end",
      { job: { ...job, duration: undefined } },
      "job.stopTime: expected a time in Unix seconds (or job.duration in seconds), found nothing",
    ],
    ["a resolution below 0", { job, resolution: -60 }, "resolution: expected 0 or more seconds, found -60"],
    ["no job", {}, "json: job: expected an object, found nothing"],
    ["no cluster", { job: { ...job, cluster: undefined } }, "json: job.cluster: expected a string, found nothing"],
    [
      "a time that is text",
      { job: { ...job, startTime: "now" } },
      'json: job.startTime: expected an integer, found "now"',
    ],
    [
      "a thread that is text",
      resource({ hwthreads: ["0"] }),
      'json: job.resources[0].hwthreads[0]: expected an integer, found "0"',
    ],
    [
      "resources that are no list",
      { job: { ...job, resources: {} } },
      "json: job.resources: expected a list of resources, found an object",
    ],
  ];
  it.each(cases)("%s", async (_, request, message) => {
    await expect(answerOf(fixture.jobs, "jobData", request)).rejects.toThrow(new RequestError(message));
  });

  const nodeCases: [what: string, request: object, message: string][] = [
    [
      "an end before the beginning",
      { cluster: "test", from: 10, to: 9 },
      "to: expected a time not before from (10), found 9",
    ],
    [
      "a bad host list",
      { cluster: "test", from: 0, to: 9, nodes: ["s01", "s[1"] },
      'nodes[1]: host list, character 4: expected a digit, "-", "," or "]", found the end',
    ],
    ["no end", { cluster: "test", from: 10 }, "json: to: expected an integer, found nothing"],
  ];
  it.each(nodeCases)("for nodes: %s", async (_, request, message) => {
    await expect(answerOf(fixture.jobs, "nodeData", request)).rejects.toThrow(new RequestError(message));
    await expect(answerOf(fixture.jobs, "nodeListData", request)).rejects.toThrow(new RequestError(message));
  });
});

describe("the limits hold", () => {
  it("for results, before any is read: 10,000 nodes with all their hardware threads", async () => {
    const job = {
      ...jobOn([]),
      subCluster: "smt",
      resources: Array.from({ length: 10_000 }, (_, i) => ({ hostname: `n${i}` })),
    };
    const source = fixture.store.read.bind(fixture.store);
    let reads = 0;
    Object.assign(fixture.store, { read: (...args: Parameters<typeof source>) => (reads++, source(...args)) });
    await expect(fixture.jobs.loadData({ job, scopes: ["hwthread"] })).rejects.toThrow(
      "expected a request with at most 100000 results (limit queries-per-request), found more",
    );
    expect(reads).toBe(0);
    const { errorCount } = await fixture.jobs.loadData({ job, metrics: ["of_node"] });
    expect(errorCount).toBe(10_000);
  });

  it("for nodes of a host list, before their names are made", async () => {
    const request = { cluster: "test", nodes: ["n[1-900000]"], from: 0, to: 60 };
    await expect(fixture.jobs.loadNodeData(request)).rejects.toThrow(
      "nodes[0]: host list, character 3: expected a range of at most 100000 numbers",
    );
  });

  it("for values of an answer", async () => {
    const { jobs, write } = jobFixture({ pointsPerAnswer: 5 });
    for (const host of ["s01", "s02"]) write(host, undefined, "of_node", [1, 2, 3]);
    await expect(jobs.loadData({ job: jobOn(["s01", "s02"]), metrics: ["of_node"] })).rejects.toThrow(
      "at most 5 values (limit points-per-answer)",
    );
    expect((await jobs.loadStats({ job: jobOn(["s01", "s02"]), metrics: ["of_node"] })).errorCount).toBe(0);
  });

  it("for values of a series, nulls in front included", async () => {
    fixture.write("s01", undefined, "of_node", [1]);
    const { errors } = await fixture.jobs.loadData({
      job: { ...jobOn(["s01"]), startTime: 0, duration: T0 + 60 },
      metrics: ["of_node"],
    });
    expect(errors[0]?.error).toContain("(limit points-per-result, 2000000)");
  });
});
