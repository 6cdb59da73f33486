// Query bodies: whatever they hold, the answer is JSON of the right shape, or a RequestError that says what is wrong.
import { MetricStore } from "../src/core/store.ts";
import { QueryService } from "../src/query/query-service.ts";
import { RequestError } from "../src/query/request-error.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import { expectSame, Finding, showBytes, type Target } from "./target.ts";

const T0 = 1_700_000_040;
const LIMITS = { queriesPerRequest: 50, pointsPerAnswer: 20_000, pointsPerResult: 20_000 };

const TOKENS = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "null",
  "true",
  "NaN",
  "-",
  "e",
  ".",
  "1e999",
  "9223372036854775808",
  "\\u0000",
  "\\ud800",
  "\\",
  "\0",
  "\xff",
  "\ufeff",
  " ",
  "\n",
  '"queries"',
  '"type-ids"',
  "/*",
  "'",
];
const TIMES = [0, T0, T0 - 60, T0 + 1, T0 + 6000, T0 * 1000, -1, -(2 ** 53), 2 ** 53, -0, 1e9, 1.5, 1e300];
const ODD_VALUES = [null, true, 0, -1, 1.5, 1e300, "", "0", "x", [], {}, [[]], [null], { from: 1 }];
const KEYS = [
  "cluster",
  "from",
  "to",
  "with-stats",
  "with-data",
  "with-padding",
  "for-all-nodes",
  "queries",
  "version",
  "__proto__",
  "FROM",
];
const QUERY_KEYS = [
  "metric",
  "host",
  "resolution",
  "aggreg",
  "type",
  "type-ids",
  "subtype",
  "subtype-ids",
  "scale-by",
  "constructor",
];

/** Nothing here changes it, so all runs share it. */
const service = new QueryService({
  store: filledStore(),
  limits: LIMITS,
  yieldToOthers: () => Promise.resolve(),
  monotonicMs: () => performance.now(),
});

export const queryTarget: Target<Uint8Array> = {
  name: "query",

  generate(random) {
    const text = random.oneIn(30) ? random.pick(["", "null", "[]", "{}", "{", "1"]) : JSON.stringify(requestOf(random));
    const body = Buffer.from(text);
    return random.oneIn(2) ? mutate(random, body, TOKENS) : body;
  },

  async check(body) {
    const answer = await answerTo(body);
    if (answer === undefined) return;
    const text = Buffer.from(answer).toString("utf8");
    if (!text.endsWith("}\n")) throw new Finding(`expected a newline behind the answer, found ${text.slice(-20)}`);
    const { results, queries = [] } = JSON.parse(text) as { results: unknown[][]; queries?: unknown[] };
    const asked = queriesIn(body);
    if (asked !== undefined) expectSame("number of results", results.length, asked + queries.length);
    for (const result of results.flat()) checkResult(result as Record<string, unknown>);
  },

  show: (body) => JSON.stringify(showBytes(body)),
};

async function answerTo(body: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await service.run(body);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.message === "" || error.message.includes("\n") || error.message.includes("undefined")) {
      throw new Finding(`expected an error that says what is wrong, found ${JSON.stringify(error.message)}`);
    }
    return undefined;
  }
}

/** How many queries a body holds, where that is plain to see. */
function queriesIn(body: Uint8Array): number | undefined {
  try {
    const request = JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown> | null;
    const lists = Object.entries(request ?? {}).filter(([key]) => key.toLowerCase() === "queries");
    if (lists.length !== 1) return lists.length === 0 ? 0 : undefined;
    return Array.isArray(lists[0][1]) ? lists[0][1].length : undefined;
  } catch {
    return undefined;
  }
}

function checkResult({ error, data, from, to, resolution, avg, min, max }: Record<string, unknown>): void {
  const numbers = [from, to, resolution];
  if (!numbers.every(Number.isSafeInteger))
    throw new Finding(`expected whole numbers, found ${JSON.stringify(numbers)}`);
  for (const statistic of [avg, min, max]) {
    if (statistic !== null && typeof statistic !== "number")
      throw new Finding(`expected a number or null, found ${JSON.stringify(statistic)}`);
  }
  if (error !== undefined && (typeof error !== "string" || data !== undefined))
    throw new Finding("expected an error without data");
  if (data !== undefined && (!Array.isArray(data) || data.length === 0))
    throw new Finding("expected data that is not empty");
}

function requestOf(random: Random): unknown {
  const request: Record<string, unknown> = {
    cluster: "alex",
    from: random.pick(TIMES),
    to: random.pick(TIMES),
    queries: random.list(0, 4, () => queryOf(random)),
  };
  if (random.oneIn(3))
    request["for-all-nodes"] = random.list(0, 3, () => random.pick(["cpu_load", "flops_any", "clock", "none"]));
  for (const key of ["with-stats", "with-data", "with-padding"]) if (random.oneIn(4)) request[key] = random.oneIn(2);
  return withOddValue(random, request, KEYS);
}

function queryOf(random: Random): unknown {
  if (random.oneIn(30)) return random.pick(ODD_VALUES);
  const ids = (): string[] => random.list(0, 3, () => random.pick(["0", "1", "7", ""]));
  const query: Record<string, unknown> = {
    metric: random.pick(["cpu_load", "flops_any", "clock", "none", ""]),
    host: random.pick(["a1", "a1", "a2", "none", ""]),
  };
  if (random.oneIn(2))
    Object.assign(query, {
      type: random.pick(["socket", "core", "", "node"]),
      "type-ids": ids(),
      aggreg: random.oneIn(2),
    });
  if (random.oneIn(6)) Object.assign(query, { subtype: "memctrl", "subtype-ids": ids() });
  if (random.oneIn(3))
    query["resolution"] = random.pick([0, -60, 1, 60, 120, 600, 90, 6000, 2 ** 40 * 60, -(2 ** 53), 2 ** 53]);
  if (random.oneIn(5)) query["scale-by"] = random.pick([0, 1, -1, 0.001, 1e300, -1e-300, 1e308]);
  return withOddValue(random, query, QUERY_KEYS);
}

function withOddValue(random: Random, object: Record<string, unknown>, keys: readonly string[]): unknown {
  if (!random.oneIn(12)) return object;
  return { ...object, [random.pick(keys)]: random.pick(ODD_VALUES) };
}

/** Two hosts with long, short and patchy series at several levels. */
function filledStore(): MetricStore {
  const store = new MetricStore({
    metrics: {
      cpu_load: { frequency: 60, aggregation: "avg" },
      flops_any: { frequency: 60, aggregation: "sum" },
      clock: { frequency: 60, aggregation: null },
    },
  });
  for (const [path, name, slots] of [
    [["alex", "a1"], "cpu_load", 3000],
    [["alex", "a1", "socket0"], "flops_any", 1500],
    [["alex", "a1", "socket1"], "flops_any", 40],
    [["alex", "a1", "socket1", "memctrl0"], "clock", 40],
    [["alex", "a1", "core0"], "clock", 7],
    [["alex", "a2"], "cpu_load", 1],
  ] as const) {
    const metric = store.metrics.get(name);
    const series = metric && store.seriesFor(path, metric);
    if (series === undefined) throw new Error(`BUG: no series for ${name}`);
    for (let slot = 0; slot < slots; slot++)
      if (slot % 17 !== 3) store.writeSample(series, T0 + slot * 60, Math.fround(Math.sin(slot) * 1e6));
  }
  return store;
}
