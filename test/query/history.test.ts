import { describe, expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";
import { History } from "../../src/query/history.ts";
import type { OldAnswer, OldRun, OldSamples, OldSelection } from "../../src/query/old-samples.ts";
import { QueryService } from "../../src/query/query-service.ts";

const METRICS = {
  load: { frequency: 60, aggregation: "avg" },
  flops: { frequency: 60, aggregation: "sum" },
  temp: { frequency: 60, aggregation: null },
} as const;
/** Memory is complete from here on. */
const SINCE = 60_000;
const LIMITS = {
  queriesPerRequest: 100,
  pointsPerAnswer: 10_000,
  pointsPerResult: 5000,
  oldPointsPerResult: 3000,
  oldResultsAtOnce: 2,
};

/** What is on disk: runs by "cluster/host metric". */
class FakeDisk implements OldSamples {
  readonly latestSince = SINCE;
  readonly runs = new Map<string, OldRun[]>();
  readonly errors: string[] = [];
  readonly selections: OldSelection[] = [];
  readonly reachingBack = new Map<string, number>();

  add(host: string, metric: string, path: string[], start: number, values: number[], frequency = 60): this {
    const key = `c/${host} ${metric}`;
    this.runs.set(key, [...(this.runs.get(key) ?? []), { path, frequency, start, values: new Float32Array(values) }]);
    return this;
  }

  since(_: string, host: string): number {
    return this.reachingBack.get(host) ?? SINCE;
  }

  async begin(): Promise<number> {
    return this.runs.size === 0 && this.errors.length === 0 ? Infinity : 0;
  }

  async clusters(): Promise<string[]> {
    return ["c"];
  }

  async hosts(): Promise<string[]> {
    return [...new Set([...this.runs.keys()].map((key) => key.slice(2, key.indexOf(" "))))];
  }

  async read(selection: OldSelection): Promise<OldAnswer> {
    this.selections.push(selection);
    const { cluster, host, metric, from, to, accepts } = selection;
    const runs = (this.runs.get(`${cluster}/${host} ${metric}`) ?? []).filter(({ path }) => accepts(path));
    return { runs: runs.flatMap((run) => cut(run, from, to)), errors: this.errors };
  }
}

function cut(run: OldRun, from: number, to: number): OldRun[] {
  const first = Math.max(0, Math.ceil((from - run.start) / run.frequency));
  const end = Math.min(run.values.length, Math.ceil((to - run.start) / run.frequency));
  if (end <= first) return [];
  return [{ ...run, start: run.start + first * run.frequency, values: run.values.subarray(first, end) }];
}

interface Answered {
  readonly queries?: readonly object[];
  readonly results: readonly (readonly { readonly error?: string; readonly data?: readonly number[] }[])[];
}

function setUp(disk: FakeDisk | undefined) {
  const store = new MetricStore({ metrics: METRICS });
  const yieldToOthers = async (): Promise<void> => {};
  const history = new History({ store, old: disk, limits: LIMITS, yieldToOthers });
  const queries = new QueryService({ store, history, limits: LIMITS, yieldToOthers, monotonicMs: () => 0 });
  const write = (path: string[], metric: string, start: number, values: number[]): void => {
    const found = store.metrics.get(metric);
    const series = found && store.seriesFor(["c", ...path], found);
    if (series === undefined) throw new Error("no series");
    for (const [i, value] of values.entries()) {
      if (!Number.isNaN(value)) store.writeSample(series, start + i * 60, value);
    }
  };
  const ask = async (request: object): Promise<Answered> =>
    JSON.parse(new TextDecoder().decode(await queries.run(new TextEncoder().encode(JSON.stringify(request)))));
  const read = async (selector: (string | string[])[], metric: string, from: number, to: number) =>
    history.read(selector, metric, from, to, (source, errors) => {
      const { values, from: first, to: end } = source.read(selector, metric, from, to);
      return { values: [...values], from: first, to: end, errors };
    });
  return { store, history, write, ask, read };
}

const seq = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

describe("a range that begins before memory", () => {
  test("is one series of disk and memory", async () => {
    const { write, read } = setUp(new FakeDisk().add("h", "load", [], SINCE - 600, seq(0, 10)));
    write(["h"], "load", SINCE, seq(10, 5));
    expect(await read(["c", "h"], "load", SINCE - 600, SINCE + 300)).toEqual({
      values: seq(0, 15),
      from: SINCE - 600,
      to: SINCE + 300,
      errors: [],
    });
  });

  test("has memory's value where both have one, and disk's where memory has a hole", async () => {
    const { write, read } = setUp(new FakeDisk().add("h", "load", [], SINCE - 600, seq(0, 10)));
    write(["h"], "load", SINCE - 300, [100, NaN, 102, NaN, NaN, 105]);
    const { values } = await read(["c", "h"], "load", SINCE - 600, SINCE + 300);
    expect(values).toEqual([0, 1, 2, 3, 4, 100, 6, 102, 8, 9, 105]);
  });

  test("has the later one's value where two files have one", async () => {
    const disk = new FakeDisk()
      .add("h", "load", [], SINCE - 600, seq(0, 10))
      .add("h", "load", [], SINCE - 480, [NaN, 50, 51]);
    const { read } = setUp(disk);
    expect((await read(["c", "h"], "load", SINCE - 600, SINCE)).values).toEqual([0, 1, 2, 50, 51, 5, 6, 7, 8, 9]);
  });

  test("is off the grid where it was asked for so", async () => {
    const { write, read } = setUp(new FakeDisk().add("h", "load", [], SINCE - 600, seq(0, 10)));
    write(["h"], "load", SINCE, seq(10, 5));
    for (const shift of [-31, -30, -1, 1, 29, 30, 31]) {
      const from = SINCE - 300 + shift;
      const slot = Math.floor((from - (SINCE - 600) + 30) / 60);
      expect(await read(["c", "h"], "load", from, from + 120)).toMatchObject({ from, values: [slot, slot + 1] });
    }
  });

  test("sums and averages over levels that are on disk, in memory, or both", async () => {
    const disk = new FakeDisk()
      .add("h", "flops", ["cpu0"], SINCE - 120, [1, 2])
      .add("h", "flops", ["cpu1"], SINCE - 120, [10, 20])
      .add("h", "flops", ["cpu9"], SINCE - 120, [1000, 1000]);
    const { write, read } = setUp(disk);
    write(["h", "cpu0"], "flops", SINCE, [3]);
    write(["h", "cpu1"], "flops", SINCE, [30]);
    expect((await read(["c", "h", ["cpu0", "cpu1"]], "flops", SINCE - 120, SINCE + 60)).values).toEqual([11, 22, 33]);
    expect((await read(["c", "h"], "flops", SINCE - 120, SINCE)).values).toEqual([1011, 1022]);
    expect((await read(["c", "h", "cpu9"], "flops", SINCE - 120, SINCE + 60)).values).toEqual([1000, 1000]);
    expect((await read(["c", "h", ["cpu1", "cpu1"]], "flops", SINCE - 120, SINCE)).values).toEqual([20, 40]);
  });

  test("reads of the disk only the hosts, levels and times that it needs", async () => {
    const disk = new FakeDisk().add("h", "load", ["cpu0"], SINCE - 600, seq(0, 10));
    const { read } = setUp(disk);
    await read(["c", "h", "cpu0"], "load", SINCE - 300, SINCE + 600);
    expect(disk.selections).toHaveLength(1);
    const [{ host, metric, from, to, accepts } = expect.unreachable()] = disk.selections;
    expect({ host, metric, from, to }).toEqual({ host: "h", metric: "load", from: SINCE - 360, to: SINCE + 60 });
    expect([accepts(["cpu0"]), accepts(["cpu0", "x"]), accepts(["cpu1"]), accepts([])]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("of a host that reaches further back in memory does not read the disk", async () => {
    const disk = new FakeDisk().add("h", "load", [], SINCE - 600, seq(0, 10));
    disk.reachingBack.set("h", SINCE - 600);
    const { write, read } = setUp(disk);
    write(["h"], "load", SINCE - 600, seq(0, 20));
    await read(["c", "h"], "load", SINCE - 600, SINCE);
    expect(disk.selections).toEqual([]);
  });

  test("of a metric that had another frequency finds its slots", async () => {
    const { read } = setUp(new FakeDisk().add("h", "load", [], SINCE - 600, seq(0, 5), 120));
    expect((await read(["c", "h"], "load", SINCE - 600, SINCE)).values).toEqual([0, NaN, 1, NaN, 2, NaN, 3, NaN, 4]);
  });

  test.each([
    ["before all samples of memory, none on disk", SINCE - 600, SINCE - 300, { from: SINCE, to: SINCE, values: [] }],
    ["between samples of memory", SINCE - 600, SINCE - 300, { from: SINCE - 600, to: SINCE - 600, values: [] }],
  ])("%s: answers as memory alone does", async (name, from, to, expected) => {
    const disk = new FakeDisk().add("other", "load", [], 0, [1]);
    const { write, read, store } = setUp(disk);
    if (name.startsWith("between")) write(["h"], "load", SINCE - 600 - 60 * 600, [1]);
    write(["h"], "load", SINCE, seq(0, 3));
    const { values, from: first, to: end } = store.read(["c", "h"], "load", from, to);
    expect({ values: [...values], from: first, to: end }).toEqual(expected);
    expect(await read(["c", "h"], "load", from, to)).toMatchObject(expected);
  });

  test("of a whole cluster takes in the hosts that are on disk alone", async () => {
    const disk = new FakeDisk().add("old", "flops", [], SINCE - 120, [1, 2]);
    const { write, read } = setUp(disk);
    write(["new"], "flops", SINCE - 120, [10, 20]);
    expect((await read(["c"], "flops", SINCE - 120, SINCE)).values).toEqual([11, 22]);
    expect((await read([], "flops", SINCE - 120, SINCE)).values).toEqual([11, 22]);
    expect((await read([["c"], ["old", "new"]], "flops", SINCE - 120, SINCE)).values).toEqual([11, 22]);
  });

  test("without anything is not found", async () => {
    const { read } = setUp(new FakeDisk().add("other", "load", [], 0, [1]));
    await expect(read(["c", "h"], "load", 0, SINCE)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a request of /api/query", () => {
  const base = { cluster: "c", from: SINCE - 120, to: SINCE + 60 };

  test("answers with data, statistics and padding as if all were in memory", async () => {
    const { write, ask } = setUp(new FakeDisk().add("h", "load", [], SINCE - 60, [2]));
    write(["h"], "load", SINCE, [4]);
    expect(await ask({ ...base, queries: [{ metric: "load", host: "h", "scale-by": 10 }] })).toEqual({
      results: [
        [{ data: [null, 20, 40], from: SINCE - 60, to: SINCE + 60, resolution: 60, avg: 30, min: 20, max: 40 }],
      ],
    });
  });

  test("for all nodes includes hosts that are on disk alone", async () => {
    const { write, ask } = setUp(new FakeDisk().add("old", "load", [], SINCE - 60, [2]));
    write(["new"], "load", SINCE, [4]);
    const { queries, results } = await ask({ ...base, "for-all-nodes": ["load"] });
    expect(queries).toMatchObject([{ host: "new" }, { host: "old" }]);
    expect(results.map((list) => list.length)).toEqual([1, 1]);
    const recent = await ask({ ...base, from: SINCE, "for-all-nodes": ["load"] });
    expect(recent.queries).toMatchObject([{ host: "new" }]);
  });

  test("with a file that cannot be read has the rest, and an error on that result", async () => {
    const disk = new FakeDisk().add("h", "load", [], SINCE - 60, [2]);
    disk.errors.push("/archive/c/1.parquet: bad magic");
    const { write, ask } = setUp(disk);
    write(["h"], "load", SINCE, [4]);
    const { results } = await ask({ ...base, "with-padding": false, queries: [{ metric: "load", host: "h" }] });
    expect(results).toEqual([
      [
        {
          error: "[METRICSTORE]> samples are missing: /archive/c/1.parquet: bad magic",
          data: [2, 4],
          from: SINCE - 60,
          to: SINCE + 60,
          resolution: 60,
          avg: 3,
          min: 2,
          max: 4,
        },
      ],
    ]);
  });

  test("with nothing but files that cannot be read has an error", async () => {
    const disk = new FakeDisk();
    disk.errors.push("x: gone");
    const { ask } = setUp(disk);
    const { results } = await ask({ ...base, queries: [{ metric: "load", host: "h" }] });
    expect(results).toMatchObject([[{ error: "[METRICSTORE]> samples are missing: x: gone", from: 0, to: 0 }]]);
  });

  test("for more than the disk may be asked for is an error on that result, before anything is read", async () => {
    const disk = new FakeDisk().add("h", "load", [], 0, [1]);
    const { ask } = setUp(disk);
    const to = 3100 * 60;
    Object.assign(disk, { latestSince: to });
    disk.reachingBack.set("h", to);
    const { results } = await ask({ cluster: "c", from: 0, to, queries: [{ metric: "load", host: "h" }] });
    expect(results).toMatchObject([[{ error: expect.stringContaining("limit old-points-per-result") }]]);
    expect(disk.selections).toEqual([]);
  });

  test("for many series that are each small is stopped when they are too many together", async () => {
    const disk = new FakeDisk();
    for (let i = 0; i < 10; i++) disk.add("h", "flops", [`cpu${i}`], 0, seq(0, 900));
    const { ask } = setUp(disk);
    const { results } = await ask({ cluster: "c", from: 0, to: 54_000, queries: [{ metric: "flops", host: "h" }] });
    expect(results).toMatchObject([[{ error: expect.stringContaining("limit old-points-per-result") }]]);
  });

  test("wholly in memory does not look at the disk", async () => {
    const disk = new FakeDisk().add("h", "load", [], 0, [1]);
    const { write, ask } = setUp(disk);
    write(["h"], "load", SINCE, [4]);
    await ask({ ...base, from: SINCE, queries: [{ metric: "load", host: "h" }] });
    expect(disk.selections).toEqual([]);
  });

  test.each([
    ["an unknown metric", { metric: "nope", host: "h" }, "[METRICSTORE]> unknown metric: nope"],
    ["an aggregation of none", { metric: "temp", host: "h" }, "[METRICSTORE]> invalid aggregation"],
    ["a wrong resolution", { metric: "load", host: "h", resolution: 61 }, /must be a multiple/],
  ])("with %s has the error that it has in memory", async (_, query, message) => {
    const disk = new FakeDisk()
      .add("h", "load", [], SINCE - 60, [2])
      .add("h", "temp", ["a"], SINCE - 60, [2])
      .add("h", "temp", ["b"], SINCE - 60, [2]);
    const { ask } = setUp(disk);
    const { results } = await ask({ ...base, queries: [query] });
    expect(results[0]?.[0]?.error).toMatch(message);
  });

  test("keeps memory for the next result until it is asked to give it back", async () => {
    const { ask, history } = setUp(new FakeDisk().add("h", "load", [], SINCE - 60, [2]));
    const request = { ...base, "with-padding": false, queries: [{ metric: "load", host: "h" }] };
    const first = await ask(request);
    expect(history.trim()).toBe(2 * 1024 * 1024);
    expect(history.trim()).toBe(0);
    expect(await ask(request)).toEqual(first);
  });

  test("one after the other and many at once give each its own", async () => {
    const disk = new FakeDisk();
    for (let i = 0; i < 8; i++) disk.add(`h${i}`, "load", [], SINCE - 60, [i]);
    const { ask } = setUp(disk);
    const answers = await Promise.all(
      seq(0, 8).map((i) => ask({ ...base, "with-padding": false, queries: [{ metric: "load", host: `h${i}` }] })),
    );
    expect(answers.map(({ results }) => results[0]?.[0]?.data)).toEqual(seq(0, 8).map((i) => [i]));
  });
});
