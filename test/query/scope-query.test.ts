// `scope` in a query of /api/query: one result for each socket, core … of a host.

import { beforeEach, describe, expect, it } from "vitest";
import { defaultLimits } from "../../src/library/limits.ts";
import { QueryService } from "../../src/query/query-service.ts";
import { clustersByName } from "../../src/topology/cluster.ts";
import { GPUS, testCluster } from "../topology/topologies.ts";
import { jobFixture, T0, type JobFixture } from "./job-support.ts";

let fixture: JobFixture;
beforeEach(() => {
  fixture = jobFixture();
  for (const thread of [0, 1, 2, 3, 4, 5, 6, 7])
    fixture.write("s01", `hwthread${thread}`, "of_hwthread", [2 ** thread]);
  fixture.write("s01", undefined, "of_node", [5]);
  for (const id of GPUS) {
    fixture.write("g01", `accelerator${id}`, "of_accelerator", [1]);
  }
});

async function resultsOf(queries: object[], options: { cluster?: string; isDescribed?: boolean; limit?: number } = {}) {
  const { cluster = "test", isDescribed = true, limit = 100 } = options;
  const service = new QueryService({
    store: fixture.store,
    ...(isDescribed && { clusters: clustersByName([testCluster]) }),
    limits: { ...defaultLimits, queriesPerRequest: limit },
    yieldToOthers: async () => {},
    monotonicMs: () => performance.now(),
  });
  const body = JSON.stringify({ cluster, from: T0, to: T0 + 60, queries });
  const answer = JSON.parse(new TextDecoder().decode(await service.run(new TextEncoder().encode(body)))) as {
    results: Record<string, unknown>[][];
  };
  return answer.results.map((results) => results.map(({ scope, id, data, error }) => ({ scope, id, data, error })));
}

const query = (changes: object) => ({ metric: "of_hwthread", host: "s01", ...changes });

describe("a query with a scope", () => {
  it("gives one result for each socket, with its id", async () => {
    expect(await resultsOf([query({ scope: "socket" })])).toEqual([
      [
        { scope: "socket", id: "0", data: [51] },
        { scope: "socket", id: "1", data: [204] },
      ],
    ]);
  });

  it("gives one result for each core", async () => {
    const [results] = await resultsOf([query({ scope: "core" })]);
    expect(results.map(({ id, data }) => [id, data])).toEqual([
      ["0", [17]],
      ["1", [34]],
      ["2", [68]],
      ["3", [136]],
    ]);
  });

  it.each([
    ["node", [{ scope: "node", data: [255] }]],
    [
      "accelerator",
      [0, 1, 2, 3, 4, 5, 6, 7].map((thread) => ({ scope: "hwthread", id: String(thread), data: [2 ** thread] })),
    ],
  ])("of scope %s gives the node, or the finest that there is", async (scope, results) => {
    expect(await resultsOf([query({ scope })])).toEqual([results]);
  });

  it("gives accelerators by their PCI addresses", async () => {
    const [results] = await resultsOf([query({ metric: "of_accelerator", host: "g01", scope: "accelerator" })]);
    expect(results.map(({ id }) => id)).toEqual(GPUS);
  });

  it("stands beside queries without one, which are answered as ever", async () => {
    const results = await resultsOf([
      query({ type: "hwthread", "type-ids": ["1"] }),
      query({ scope: "node" }),
      query({ metric: "of_node" }),
    ]);
    expect(results).toEqual([[{ data: [2] }], [{ scope: "node", data: [255] }], [{ data: [5] }]]);
  });

  it("counts as many results as it has", async () => {
    await expect(resultsOf([query({ scope: "core" })], { limit: 3 })).rejects.toThrow(
      "expected at most 3 results (limit queries-per-request), found 4",
    );
  });
});

describe("a result says what is wrong with a scope:", () => {
  const cases: [what: string, changes: object, options: object, error: string][] = [
    [
      "no described cluster",
      { scope: "socket" },
      { isDescribed: false },
      "cluster: expected a described cluster, but none is described (configuration: clusters.directory)",
    ],
    [
      "another cluster",
      { scope: "socket" },
      { cluster: "x" },
      'cluster: expected a described cluster (test), found "x"',
    ],
    [
      "an unknown host",
      { scope: "socket", host: "x1" },
      {},
      'host: expected a host of a subcluster of test, found "x1"',
    ],
    [
      "an unknown scope",
      { scope: "cpu" },
      {},
      'scope: expected a scope (accelerator, hwthread, core, memoryDomain, socket, node), found "cpu"',
    ],
    [
      "an unsupported one",
      { scope: "memoryDomain" },
      {},
      "scope: values of scope hwthread cannot be combined to memoryDomain",
    ],
    [
      "a type besides",
      { scope: "socket", type: "hwthread" },
      {},
      "scope: expected a query without type, subtype and aggreg, which say something else",
    ],
    [
      "a metric that the subcluster has not",
      { scope: "socket", metric: "not_smt" },
      {},
      "metric: subcluster smt does not have it",
    ],
  ];
  it.each(cases)("%s", async (_, changes, options, error) => {
    const [results, others] = await resultsOf([query(changes), query({})], options);
    expect(results).toEqual([{ error }]);
    expect(others.length).toBeLessThanOrEqual(1); // and the other query has its answer
  });

  it("an unknown metric", async () => {
    const [[result]] = await resultsOf([query({ scope: "socket", metric: "x" })]);
    expect(result.error).toMatch(/^metric: expected a metric of test \(of_accelerator, .*\), found "x"$/);
  });
});

describe("parts of an accelerator", () => {
  const part = { metric: "of_accelerator", host: "g02" };
  beforeEach(() => {
    const metric = fixture.store.metrics.get("of_accelerator");
    if (metric === undefined) throw new Error("no such metric");
    for (const [slot, value] of [3, 4].entries()) {
      const series = fixture.store.seriesFor(["test", "g02", "accelerator00000000:3F:00.0", `slot${slot}`], metric);
      if (series !== undefined) fixture.store.writeSample(series, T0, value);
    }
  });

  it("are found by type and subtype", async () => {
    const ids = { type: "accelerator", "type-ids": ["00000000:3F:00.0"], subtype: "slot", "subtype-ids": ["0", "1"] };
    expect(await resultsOf([{ ...part, ...ids }])).toEqual([[{ data: [3] }, { data: [4] }]]);
  });

  it("add up to the accelerator", async () => {
    const results = await resultsOf([
      { ...part, scope: "accelerator" },
      { ...part, scope: "node" },
    ]);
    expect(results).toEqual([
      [{ scope: "accelerator", id: "00000000:3F:00.0", data: [7] }],
      [{ scope: "node", data: [7] }],
    ]);
  });
});
