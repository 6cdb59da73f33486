// Requests that ask for nonsense, for too much, or for what is not there: the error names the key and what was expected.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, expectHealthy, lineOf, T0, withLimits } from "../support/bad-input.ts";
import { startStore, type RunningStore } from "../support/store-process.ts";

let store: RunningStore;
beforeAll(async () => {
  store = await startStore(
    withLimits({ "queries-per-request": 1000, "points-per-answer": 5000, "points-per-result": 4000 }),
  );
  const lines = Array.from({ length: 10 }, (_, minute) => lineOf("a1", minute, T0 + minute * 60));
  lines.push(lineOf("a1", 1).replace("cluster=alex", "cluster=one"));
  await store.request("POST", "/api/write", lines.join("\n"));
});
afterAll(() => store.stop());

const QUERY = { metric: "cpu_load", host: "a1" };
const DEEP = 10_000;

function nested(open: string, close: string, inner = ""): string {
  return open.repeat(DEEP) + inner + close.repeat(DEEP);
}

/** Body of a query → the whole text of the error. */
const badBodies: readonly (readonly [string, string | Uint8Array, string])[] = [
  ["nothing but spaces", "  \n ", "EOF"],
  ["a list", "[]", "json: body: expected an object, found a list"],
  ["a string", '"cpu_load"', 'json: body: expected an object, found "cpu_load"'],
  ["a number", "1", "json: body: expected an object, found 1"],
  ["a boolean", "true", "json: body: expected an object, found true"],
  ["a body cut off", '{"cluster":"al', "unexpected EOF at line 1, column 15"],
  ["no JSON", "cluster=alex", "invalid character 'c' looking for beginning of value at line 1, column 1"],
  [
    "JSON of another kind",
    "{'cluster':1}",
    "invalid character '\\'' looking for beginning of object key string at line 1, column 2",
  ],
  [
    "a comma too many",
    '{"from":1,}',
    "invalid character '}' looking for beginning of object key string at line 1, column 11",
  ],
  ["NaN", '{"from":NaN}', "invalid character 'N' looking for beginning of value at line 1, column 9"],
  ["Infinity", '{"from":-Infinity}', "invalid character 'I' in numeric literal at line 1, column 10"],
  ["a hexadecimal number", '{"from":0x10}', "invalid character 'x' after object key:value pair at line 1, column 10"],
  [
    "a number with a leading zero",
    '{"from":01}',
    "invalid character '1' after object key:value pair at line 1, column 10",
  ],
  ["a NUL byte in a string", '{"cluster":"a\0"}', "invalid character '\\u0000' in string literal at line 1, column 14"],
  ["lists 10,000 deep", nested("[", "]"), "exceeded max depth of 512 at line 1, column 513"],
  ["objects 10,000 deep", nested('{"a":', "}", "1"), "exceeded max depth of 512 at line 1, column 2561"],
  [
    "lists 10,000 deep in a key that means nothing",
    `{"x":${nested("[", "]")}}`,
    "exceeded max depth of 512 at line 1, column 517",
  ],
  ["a billion brackets, or what fits of them", "[".repeat(1 << 20), "exceeded max depth of 512 at line 1, column 513"],
  ["a time as text", '{"from":"1"}', 'json: from: expected an integer, found "1"'],
  ["a time with a fraction", '{"from":1.5}', "json: from: expected an integer, found 1.5"],
  ["a time with an exponent", '{"to":1e3}', "json: to: expected an integer, found 1e3"],
  [
    "a time beyond int64",
    '{"to":99999999999999999999}',
    "json: to: expected an integer of 64 bits, found 100000000000000000000",
  ],
  ["a time as list", '{"to":[1]}', "json: to: expected an integer, found a list"],
  ["a cluster as number", '{"cluster":7}', "json: cluster: expected a string, found 7"],
  ["a switch as number", '{"with-data":1}', "json: with-data: expected true or false, found 1"],
  ["queries as object", '{"queries":{}}', "json: queries: expected a list of queries, found an object"],
  ["a query as number", '{"queries":[{},7]}', "json: queries[1]: expected an object, found 7"],
  ["a query as list", '{"queries":[[]]}', "json: queries[0]: expected an object, found a list"],
  ["a metric as number", '{"queries":[{},{"metric":7}]}', "json: queries[1].metric: expected a string, found 7"],
  [
    "type-ids as text",
    '{"queries":[{"type-ids":"0"}]}',
    'json: queries[0].type-ids: expected a list of strings, found "0"',
  ],
  [
    "a type-id as number",
    '{"queries":[{"type-ids":["0",1]}]}',
    "json: queries[0].type-ids[1]: expected a string, found 1",
  ],
  [
    "a resolution with a fraction",
    '{"queries":[{"resolution":60.5}]}',
    "json: queries[0].resolution: expected an integer, found 60.5",
  ],
  ["a factor as text", '{"queries":[{"scale-by":"2"}]}', 'json: queries[0].scale-by: expected a number, found "2"'],
  [
    "for-all-nodes as text",
    '{"for-all-nodes":"cpu_load"}',
    'json: for-all-nodes: expected a list of strings, found "cpu_load"',
  ],
  [
    "for-all-nodes without a cluster",
    '{"for-all-nodes":["cpu_load"]}',
    "[METRICSTORE]> for-all-nodes: cluster name cannot be empty",
  ],
  [
    "a million queries",
    `{"queries":[${"{},".repeat(999_999)}{}]}`,
    "queries: expected at most 1000 results (limit queries-per-request), found 1000000",
  ],
  [
    "one query of a million ids",
    `{"queries":[{"type":"core","type-ids":[${'"1",'.repeat(999_999)}"1"]}]}`,
    "queries: expected at most 1000 results (limit queries-per-request), found 1000000",
  ],
  [
    "1001 metrics for all nodes",
    JSON.stringify({ cluster: "one", "for-all-nodes": Array(1001).fill("cpu_load") }),
    "queries: expected at most 1000 results (limit queries-per-request), found 1001",
  ],
];

describe("a query body that is refused:", () => {
  test.each(badBodies)("%s", async (_, body, error) => {
    expect(errorOf(await store.request("GET", "/api/query", body), 400)).toEqual({ status: "Bad Request", error });
    await expectHealthy(store);
  });

  test("a text in an error is cut, however long the body", async () => {
    const answer = await store.request("GET", "/api/query", JSON.stringify({ from: "x".repeat(1 << 20) }));
    expect(errorOf(answer, 400).error.length).toBeLessThan(200);
  });
});

describe("odd bodies that are taken, as Go takes them:", () => {
  test.each([
    ["null", "null"],
    ["an empty object", "{}"],
    ["text behind the value", "{} and more"],
    ["keys of Object.prototype", '{"__proto__":{"queries":[{}]},"constructor":1,"toString":null,"hasOwnProperty":[]}'],
    ["unknown keys", '{"quer":[{"metric":7}],"x":1.5e400}'],
  ])("%s", async (_, body) => {
    expect(await store.request("GET", "/api/query", body)).toMatchObject({ status: 200, body: '{"results":[]}\n' });
    await expectHealthy(store);
  });

  test("a query of null, and null in lists", async () => {
    const answer = await store.request(
      "GET",
      "/api/query",
      '{"queries":[null,{"metric":null,"type":"core","type-ids":[null]}]}',
    );
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.body) as { results: unknown[] }).results).toHaveLength(2);
  });
});

interface Result {
  readonly error?: string;
  readonly data?: (number | null)[];
  readonly from: number;
  readonly to: number;
  readonly resolution: number;
}

/** The results of each query; the status must be 200, since the request is one. */
async function resultsOf(request: object): Promise<Result[][]> {
  const answer = await store.request(
    "GET",
    "/api/query",
    JSON.stringify({ cluster: "alex", from: T0, to: T0 + 600, ...request }),
  );
  expect(answer.status).toBe(200);
  return (JSON.parse(answer.body) as { results: Result[][] }).results;
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const FAILED = { from: 0, to: 0, resolution: 0, avg: 0, min: 0, max: 0 };

describe("times", () => {
  test("from > to is an error in every result, an unknown host's too", async () => {
    const error = "[METRICSTORE]> invalid time range";
    const results = await resultsOf({ from: T0 + 1, to: T0, queries: [QUERY, { ...QUERY, host: "none" }] });
    expect(results).toEqual([[{ error, ...FAILED }], [{ error, ...FAILED }]]);
    await expectHealthy(store);
  });

  test.each([
    ["from = to", T0, T0, T0],
    ["from = to, both negative", -5, -5, T0],
    ["wholly behind the data", T0 + 7200, T0 + 9000, T0 + 7200],
    ["the last second of int64", 2 ** 53, 2 ** 53, Number.MAX_SAFE_INTEGER],
  ])("%s has no values", async (_, from, to, expected) => {
    const [[result]] = await resultsOf({ from, to, "with-padding": false, queries: [QUERY] });
    expect(result).toMatchObject({ from: expected, to: expected });
    expect(result).not.toHaveProperty("data");
    await expectHealthy(store);
  });

  test("`to` in milliseconds gives what is there", async () => {
    const [[result]] = await resultsOf({ to: T0 * 1000, queries: [QUERY] });
    expect(result).toMatchObject({ data: ALL, to: T0 + 600 });
    await expectHealthy(store);
  });

  test("from = 0 asks for more padding than a result may hold: that result says so, its neighbours are answered", async () => {
    const queries = [{ ...QUERY, metric: "net_bw", host: "none" }, QUERY];
    const [unknown, [result]] = await resultsOf({ from: 0, queries });
    const points = Math.floor(T0 / 60) + 10;
    const error = `[METRICSTORE]> too many points: ${points} with the nulls in front of them (limit points-per-result, 4000)`;
    expect({ unknown, result }).toEqual({ unknown: [], result: { error, ...FAILED } });
    const [[unpadded]] = await resultsOf({ from: 0, "with-padding": false, queries: [QUERY] });
    expect(unpadded).toMatchObject({ data: ALL });
    await expectHealthy(store);
  });

  test("the limit of points counts over all results of an answer", async () => {
    const results = await resultsOf({ from: T0 - 100 * 60, queries: Array.from({ length: 50 }, () => QUERY) });
    const isFull = results.map(([{ error }]) => error !== undefined);
    // 110 points each: 45 fit 5000.
    expect(isFull).toEqual([...Array(45).fill(false), ...Array(5).fill(true)]);
    expect(results[45][0].error).toContain("limit points-per-answer, 5000");
  });
});

describe("resolutions", () => {
  test.each([
    ["0", 0],
    ["negative", -60],
    ["the most negative", -(2 ** 53)],
    ["finer than the metric's", 1],
    ["the metric's own", 60],
  ])("%s is the native one", async (_, resolution) => {
    const [[result]] = await resultsOf({ queries: [{ ...QUERY, resolution }] });
    expect(result).toMatchObject({ data: ALL, resolution: 60 });
    await expectHealthy(store);
  });

  test("no multiple of the metric's is an error of that result", async () => {
    const results = await resultsOf({ queries: [{ ...QUERY, resolution: 90 }, QUERY] });
    const error = "new sampling frequency (90) must be a multiple of old frequency (60)";
    expect(results).toEqual([[{ error, ...FAILED }], [expect.objectContaining({ data: ALL })]]);
    await expectHealthy(store);
  });

  test("a huge multiple returns the data there is", async () => {
    const [[result]] = await resultsOf({ queries: [{ ...QUERY, resolution: 60 * 2 ** 40 }] });
    expect(result).toMatchObject({ data: ALL });
  });
});

describe("what is not there", () => {
  test.each([
    ["cluster", { cluster: "none" }, {}],
    ["cluster, empty", { cluster: "" }, {}],
    ["host", {}, { host: "none" }],
    ["host, empty", {}, { host: "" }],
    ["host with a path in it", {}, { host: "../a1" }],
    ["host named as a property", {}, { host: "__proto__" }],
    ["type", {}, { type: "socket", "type-ids": ["0"] }],
    ["metric of that host", {}, { metric: "flops_any" }],
  ])("an unknown %s has no results, and its neighbour has", async (_, request, query) => {
    const results = await resultsOf({ ...request, queries: [{ ...QUERY, ...query }] });
    expect(results).toEqual([[]]);
    expect(await resultsOf({ queries: [{ ...QUERY, ...query, host: "none" }, QUERY] })).toEqual([
      [],
      [expect.objectContaining({ data: ALL })],
    ]);
    await expectHealthy(store);
  });

  test.each(["nonsense", "", "__proto__", "toString"])(
    "an unknown metric %j is an error that names it",
    async (metric) => {
      const results = await resultsOf({ queries: [{ ...QUERY, metric }, QUERY] });
      const error = `[METRICSTORE]> unknown metric: ${metric}`;
      expect(results).toEqual([[{ error, ...FAILED }], [expect.objectContaining({ data: ALL })]]);
      await expectHealthy(store);
    },
  );
});

describe("the other requests with a body", () => {
  test.each([
    ["no list", "{}", "json: body: expected a list of lists of strings, found an object"],
    ["a list of texts", '["alex"]', 'json: [0]: expected a list of strings, found "alex"'],
    ["a number as name", '[["alex",1]]', "json: [0][1]: expected a string, found 1"],
    ["lists 10,000 deep", nested("[", "]"), "exceeded max depth of 512 at line 1, column 513"],
    ["nothing", "", "EOF"],
  ])("free: %s", async (_, body, error) => {
    const answer = await store.request("POST", "/api/free?to=1", body);
    expect(answer).toMatchObject({ status: 400, contentType: "text/plain; charset=utf-8", body: `${error}\n` });
    await expectHealthy(store);
  });

  test.each([
    ["", 400, "'to' is a required query parameter"],
    ["?to=", 400, "'to' is a required query parameter"],
    ["?to=abc", 500, 'strconv.ParseInt: parsing "abc": invalid syntax'],
    ["?to=1.5", 500, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ["?to=99999999999999999999", 500, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ])("free%s", async (query, status, error) => {
    expect(errorOf(await store.request("POST", `/api/free${query}`, "[[]]"), status).error).toBe(error);
    await expectHealthy(store);
  });

  test("free of what is not there frees nothing and makes nothing", async () => {
    const body = '[["none","x"],["alex","none"],["alex","a1","socket9"],["__proto__"]]';
    expect(await store.request("POST", "/api/free?to=-1", body)).toMatchObject({
      status: 200,
      body: "buffers freed: 0\n",
    });
    expect(await resultsOf({ queries: [QUERY] })).toMatchObject([[{ data: ALL }]]);
  });

  test.each([
    ["nothing", "", "EOF"],
    ["a list", "[]", "json: body: expected an object, found a list"],
    ["an unknown key", '{"node":["a1"]}', 'json: unknown field "node"'],
    ["a number among names", '{"cluster":"alex","nodes":["a1",2]}', "json: nodes[1]: expected a string, found 2"],
    [
      "a text for a list",
      '{"metric-names":"cpu_load"}',
      'json: metric-names: expected a list of strings, found "cpu_load"',
    ],
  ])("health check: %s", async (_, body, error) => {
    expect(errorOf(await store.request("GET", "/api/healthcheck", body), 400).error).toBe(
      `parsing request body failed: ${error}`,
    );
    await expectHealthy(store);
  });

  test("health check of unknown hosts and metrics is an answer, no error", async () => {
    const body = '{"cluster":"none","nodes":["a1","__proto__",""],"metric-names":["nonsense"]}';
    const answer = await store.request("GET", "/api/healthcheck", body);
    expect(answer.status).toBe(200);
    const failed = '{"State":"failed","HealthMetrics":""}';
    expect(answer.body).toBe(`{"a1":${failed},"__proto__":${failed},"":${failed}}\n`);
  });

  test.each(["none", "alex:none", ":", "alex:a1:::", "__proto__", "%00", "%ff", "a".repeat(8000)])(
    "debug of %s names what is not found",
    async (selector) => {
      const { error } = errorOf(await store.request("GET", `/api/debug?selector=${selector}`), 400);
      expect(error).toMatch(/^\[METRICSTORE\]> not found: \[\]string\{".*"\}$/);
      await expectHealthy(store);
    },
  );
});
