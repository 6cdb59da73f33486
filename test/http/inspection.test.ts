// The routes for operators: free, debug, healthcheck.

import { describe, expect, test } from "vitest";
import { line, NOW, statusAndText, testApp } from "./support.ts";

function filledApp(hosts: readonly string[]): ReturnType<typeof testApp> {
  const all = testApp();
  const batch = all.services.ingest.begin("");
  for (const host of hosts) batch.add(Buffer.from(line(host)));
  return all;
}

describe("free", () => {
  const free = (query: string, body: string): Promise<Response> =>
    Promise.resolve(filledApp(["a0101", "a0102"]).app.request(`/api/free${query}`, { method: "POST", body }));

  test.each([
    ["the host named", '[["alex","a0101"]]', 1],
    ["everything", "[[]]", 2],
    ["nothing", "[]", 0],
    ["nothing for null", "null", 0],
    ["nothing of a host that is not there", '[["alex","nope"]]', 0],
  ])("frees %s", async (_, body, count) => {
    const response = await free(`?to=${NOW}`, body);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await statusAndText(response)).toEqual([200, `buffers freed: ${count}\n`]);
  });

  test("keeps what is not older", async () => {
    expect(await statusAndText(free("?to=-5", "[[]]"))).toEqual([200, "buffers freed: 0\n"]);
  });

  test.each([
    ["", 400, "'to' is a required query parameter"],
    ["?to=", 400, "'to' is a required query parameter"],
    ["?to=x", 500, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["?to=1.5", 500, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ["?to=99999999999999999999", 500, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ])("with the query '%s' is answered %i", async (query, status, error) => {
    const response = await free(query, "[[]]");
    expect([response.status, await response.json()]).toMatchObject([status, { error }]);
  });

  test.each(["", "{}", '["a"]', '[["a",1]]', "[[", "x"])(
    "with the body '%s' is answered 400 with a bare text",
    async (body) => {
      const response = await free("?to=1", body);
      expect([response.status, response.headers.get("content-type")]).toEqual([400, "text/plain; charset=utf-8"]);
      expect(await response.text()).toMatch(/^[^{].*\n$/);
    },
  );
});

describe("debug", () => {
  test("an empty store is an empty object", async () => {
    expect(await statusAndText(testApp().app.request("/api/debug"))).toEqual([200, '{"data":{\n}}\n']);
  });

  test.each(["", "?selector="])("%s dumps everything", async (query) => {
    const response = await filledApp(["a0101"]).app.request(`/api/debug${query}`);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ data: { alex: { a0101: { cpu_load: [expect.anything()] } } } });
  });

  test("a selector is cut at its colons", async () => {
    const response = await filledApp(["a0101", "a0102"]).app.request("/api/debug?selector=alex:a0101");
    expect(await response.json()).toEqual({ data: { cpu_load: [expect.anything()] } });
  });

  test("a level that is not there is named, safe inside HTML", async () => {
    const [status, text] = await statusAndText(testApp().app.request("/api/debug?selector=alex:"));
    expect(status).toBe(400);
    expect(text).toBe(
      '{"status":"Bad Request","error":"[METRICSTORE]\\u003e not found: []string{\\"alex\\", \\"\\"}"}\n',
    );
  });

  test("a large dump comes in parts, with turns for others in between", async () => {
    let turns = 0;
    const { app, services } = testApp({ yieldToOthers: async () => void turns++ });
    const batch = services.ingest.begin("");
    const hosts = Array.from({ length: 3000 }, (_, i) => `host-with-a-long-name-${i}`);
    for (const host of hosts) batch.add(Buffer.from(line(host)));
    const text = await (await app.request("/api/debug")).text();
    expect(Object.keys(JSON.parse(text).data.alex)).toEqual(hosts);
    expect(turns).toBeGreaterThan(text.length / 100_000);
  });
});

describe("healthcheck", () => {
  const check = (request: unknown, hosts: readonly string[] = []): Promise<Response> => {
    const body = typeof request === "string" ? request : JSON.stringify(request);
    return Promise.resolve(filledApp(hosts).app.request("/api/healthcheck", { method: "POST", body }));
  };

  test("answers for the hosts in the order asked for, each once", async () => {
    const nodes = ["a0102", "nope", "a0101", "nope"];
    const response = await check({ cluster: "alex", nodes, "metric-names": ["cpu_load", "net_bw"] }, [
      "a0101",
      "a0102",
    ]);
    const health = String.raw`{"State":"failed","HealthMetrics":"{\"degraded\":[\"cpu_load\"],\"missing\":[\"net_bw\"]}"}`;
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(
      `{"a0102":${health},"nope":{"State":"failed","HealthMetrics":""},"a0101":${health}}\n`,
    );
  });

  test("a host that sends all that is expected is full", async () => {
    const answer = await (await check({ cluster: "alex", nodes: ["a0101"] }, ["a0101"])).json();
    expect(answer).toEqual({ a0101: { State: "full", HealthMetrics: '{"degraded":[],"missing":[]}' } });
  });

  test.each([
    ['{"hosts":["a0101"]}', 'json: unknown field "hosts"'],
    ["", "EOF"],
    ["{", "unexpected EOF"],
    ['{"nodes":"x"}', "json: nodes: expected a list of strings"],
  ])("%s is refused: %s", async (request, reason) => {
    const response = await check(request);
    expect(response.status).toBe(400);
    expect((await response.json()).error).toContain(`parsing request body failed: ${reason}`);
  });

  test.each(["{}", "null", '{"nodes":null,"metric-names":null,"cluster":null}'])(
    "%s asks for nothing",
    async (request) => {
      expect(await statusAndText(check(request))).toEqual([200, "{}\n"]);
    },
  );
});
