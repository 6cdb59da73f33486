// The routes for jobs and nodes: method, token, body limit, errors, gzip, and the text of the answers.

import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { GPUS } from "../topology/topologies.ts";
import { jobFixture, jobOn, T0 } from "../query/job-support.ts";
import { statusAndText, testApp } from "./support.ts";

const ROUTES = ["/api/job/data", "/api/job/stats", "/api/job/scoped-stats", "/api/node/data", "/api/node-list/data"];

function appWithJobs(overrides: Parameters<typeof testApp>[0] = {}) {
  const { store, jobs, write } = jobFixture();
  write("s01", "socket0", "of_socket", [1, null, 0.0625]);
  write("s01", "socket1", "of_socket", [2, 4, 8]);
  return { ...testApp({ store, jobs: jobs.answers, ...overrides }), write };
}

const post = (request: object, headers: Record<string, string> = {}) => ({
  method: "POST",
  body: JSON.stringify(request),
  headers,
});

const ofJob = { job: jobOn(["s01"]), metrics: ["of_socket"] };
const ofNodes = { cluster: "test", nodes: ["s[01-02]"], metrics: ["of_socket"], from: T0, to: T0 + 180 };
const none = `"errors":[],"errorCount":0}\n`;
const missing = `"errors":[{"host":"s02","error":"no samples of this host"}],"errorCount":1}\n`;
const unit = `"unit":{"base":"F/s","prefix":"G"},"timestep":60`;
const node = `{"hostname":"s01","statistics":{"avg":5.53,"min":3.00,"max":8.06},"data":[3.000,null,8.062]}`;

describe("the answer of", () => {
  const cases: [path: string, request: object, answer: string][] = [
    ["/api/job/data", ofJob, `{"data":{"of_socket":{"node":{${unit},"series":[${node}]}}},${none}`],
    [
      "/api/job/data",
      {
        ...ofJob,
        scopes: ["socket", "node"],
        job: { ...ofJob.job, jobId: 7, resources: [{ hostname: "s01", hwthreads: [2], x: 1 }] },
      },
      `{"data":{"of_socket":{"socket":{${unit},"series":[{"hostname":"s01","id":"1","statistics":{"avg":4.67,"min":2.00,"max":8.00},` +
        `"data":[2.000,4.000,8.000]}]},"node":{${unit},"series":[{"hostname":"s01","statistics":{"avg":4.67,"min":2.00,"max":8.00},` +
        `"data":[2.000,4.000,8.000]}]}}},${none}`,
    ],
    ["/api/job/stats", ofJob, `{"data":{"of_socket":{"s01":{"avg":5.53,"min":3.00,"max":8.06}}},${none}`],
    [
      "/api/job/scoped-stats",
      { ...ofJob, scopes: ["socket"] },
      `{"data":{"of_socket":{"socket":[{"hostname":"s01","id":"0","data":{"avg":0.53,"min":0.06,"max":1.00}},` +
        `{"hostname":"s01","id":"1","data":{"avg":4.67,"min":2.00,"max":8.00}}]}},${none}`,
    ],
    ["/api/node/data", ofNodes, `{"data":{"s01":{"of_socket":[{${unit},"series":[${node}]}]}},${missing}`],
    ["/api/node-list/data", ofNodes, `{"data":{"s01":{"of_socket":{"node":{${unit},"series":[${node}]}}}},${missing}`],
    ["/api/node/data", { ...ofNodes, nodes: [] }, `{"data":{},${none}`],
    ["/api/job/data/", { job: jobOn([]) }, `{"data":{},${none}`],
    ["/api/job/stats/x", { job: jobOn([]) }, `{"data":{},${none}`],
  ];
  it.each(cases)("%s %j", async (path, request, answer) => {
    const { app } = appWithJobs({ limits: { bodySizeBytes: 1e5, jsonBodySizeBytes: 1e4, gzipMinSizeBytes: 1e5 } });
    expect(await statusAndText(app.request(path, post(request)))).toEqual([200, answer]);
  });

  it("/api/node-list/data of several hosts, metrics and scopes is one well-formed document", async () => {
    const { app, write } = appWithJobs({
      limits: { bodySizeBytes: 1e5, jsonBodySizeBytes: 1e4, gzipMinSizeBytes: 1e5 },
    });
    for (const id of GPUS) write("g01", `accelerator${id}`, "of_accelerator", [1]);
    write("g01", undefined, "of_node", [1]);
    write("s02", undefined, "of_node", [2]);
    const request = {
      ...ofNodes,
      nodes: ["s01", "g01", "s02"],
      metrics: undefined,
      scopes: ["accelerator", "socket", "node"],
    };
    const [, text] = await statusAndText(app.request("/api/node-list/data", post(request)));
    const { data } = JSON.parse(text) as {
      data: Record<string, Record<string, Record<string, { series: unknown[] }>>>;
    };
    const counts = Object.entries(data).flatMap(([host, metrics]) =>
      Object.entries(metrics).flatMap(([metric, scopes]) =>
        Object.entries(scopes).map(([scope, { series }]) => `${host} ${metric} ${scope} ${series.length}`),
      ),
    );
    expect(counts).toEqual([
      "s01 of_socket socket 2",
      "s01 of_socket node 1",
      "g01 of_accelerator accelerator 8",
      "g01 of_accelerator node 1",
      "g01 of_node node 1",
      "s02 of_node node 1",
    ]);
  });
});

describe.each(ROUTES)("%s", (path) => {
  it("needs a token where the API does", async () => {
    const jwtPublicKey = new Uint8Array(32).fill(7);
    const { app } = appWithJobs({ jwtPublicKey });
    expect(await statusAndText(app.request(path, post({})))).toEqual([401, "Use JWT Authentication\n"]);
  });

  it("is asked with POST", async () => {
    const response = await appWithJobs().app.request(path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("refuses a body beyond the limit", async () => {
    const [status, text] = await statusAndText(appWithJobs().app.request(path, post({ x: "x".repeat(2000) })));
    expect([status, text]).toEqual([413, expect.stringContaining("limit json-body-size-bytes")]);
  });

  it.each([
    ["", "EOF"],
    ["{", "unexpected EOF at line 1, column 2"],
    ["[]", "json: body: expected an object, found a list"],
    [
      "{}",
      path.startsWith("/api/job")
        ? "json: job: expected an object, found nothing"
        : "json: cluster: expected a string, found nothing",
    ],
  ])("says what is wrong with the body %j", async (body, error) => {
    const [status, text] = await statusAndText(appWithJobs().app.request(path, { method: "POST", body }));
    expect([status, JSON.parse(text)]).toEqual([400, { status: "Bad Request", error }]);
  });

  it("says so where no clusters are described", async () => {
    const [status, text] = await statusAndText(testApp().app.request(path, post({})));
    expect([status, text]).toEqual([404, expect.stringContaining("knows no clusters")]);
  });
});

it("a large answer is compressed where the client wants it", async () => {
  const { app, write } = appWithJobs();
  write(
    "s01",
    undefined,
    "of_node",
    Array.from({ length: 300 }, (_, i) => i),
  );
  const request = { job: jobOn(["s01"], 300), metrics: ["of_node"] };
  const response = await app.request("/api/job/data", post(request, { "accept-encoding": "gzip" }));
  expect(response.headers.get("content-encoding")).toBe("gzip");
  const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString();
  expect(text).toBe(await (await app.request("/api/job/data", post(request))).text());
});
