// Loads against a naive model that adds up sample by sample, and against what the same levels give as a query.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFixed } from "../../src/codec/json/fixed-decimals.ts";
import { SCOPES, type Scope } from "../../src/topology/scope.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { GPUS, topologies } from "../topology/topologies.ts";
import { answerOf, jobFixture, plain, T0 } from "./job-support.ts";

const HOSTS = [
  ["u01", topologies.uneven],
  ["s01", topologies.smt],
  ["g01", topologies.gpu],
] as const;
const MINUTES = 6;

/** Ids of the levels in which a metric of this scope is measured. */
function idsOf(scope: Scope, topology: Topology): string[] {
  const groups = { socket: topology.sockets, core: topology.cores, memoryDomain: topology.memoryDomains };
  if (scope === "node") return [""];
  if (scope === "accelerator") return [...topology.acceleratorIds];
  if (scope === "hwthread") return topology.hwthreads.map(String);
  return groups[scope].groups.map((_, group) => String(group));
}

/** The hardware threads of one level. */
function threadsOf(scope: Scope, id: string, topology: Topology): readonly number[] {
  if (scope === "hwthread") return [Number(id)];
  if (scope === "core") return topology.cores.groups[Number(id)];
  if (scope === "socket") return topology.sockets.groups[Number(id)];
  if (scope === "memoryDomain") return topology.memoryDomains.groups[Number(id)];
  return topology.hwthreads;
}

/** Samples of one level: eighths, so that every sum is exact in whatever order. */
type Samples = (number | null)[];
type Levels = Map<string, Samples>;

/** What a level of `scope` has, of all levels of the native scope inside of it: slot by slot, null where one has none. */
function modelOf(levels: Levels, isAverage: boolean): Samples | undefined {
  const contributors = [...levels.values()].filter((samples) => samples.some((sample) => sample !== null));
  if (contributors.length === 0) return undefined;
  const length = Math.max(...contributors.map((samples) => samples.findLastIndex((sample) => sample !== null) + 1));
  return Array.from({ length }, (_, slot) => {
    let sum: number | null = 0;
    for (const samples of contributors) {
      const sample = samples[slot] ?? null;
      sum = sum === null || sample === null ? null : sum + sample;
    }
    return sum === null || !isAverage ? sum : sum * (1 / contributors.length);
  });
}

interface Case {
  readonly native: Scope;
  readonly host: (typeof HOSTS)[number];
  readonly levels: Levels;
  readonly threads: number[];
  readonly accelerators: string[];
  /** Whether the metric is averaged; of the made cluster's only one in scope hwthread is. */
  readonly isAverage: boolean;
}

const samples = fc.array(fc.option(fc.integer({ min: -64, max: 640 }).map((eighths) => eighths / 8)), {
  minLength: MINUTES,
  maxLength: MINUTES,
});

const anyCase: fc.Arbitrary<Case> = fc
  .record({ native: fc.constantFrom(...SCOPES), host: fc.constantFrom(...HOSTS) })
  .chain(({ native, host }) => {
    const [, topology] = host;
    const ids = idsOf(native, topology);
    return fc.record({
      native: fc.constant(native),
      host: fc.constant(host),
      levels: fc
        .array(fc.option(samples, { freq: 8 }), { minLength: ids.length, maxLength: ids.length })
        .map((lists) => new Map(ids.flatMap((id, i) => (lists[i] === null ? [] : [[id, lists[i]] as const])))),
      threads: fc.shuffledSubarray([...topology.hwthreads], { minLength: 1 }),
      accelerators: fc.shuffledSubarray([...topology.acceleratorIds], { minLength: 0 }),
      isAverage: native === "hwthread" ? fc.boolean() : fc.constant(false),
    });
  });

/** What is expected for one scope: id ("" for the node) → values. */
function expected({ native, host, levels, threads, accelerators, isAverage }: Case, requested: Scope) {
  const [, topology] = host;
  const scope = SCOPES[Math.max(SCOPES.indexOf(native), SCOPES.indexOf(requested))];
  const result = new Map<string, Samples>();
  if (native === "accelerator" && scope !== "node" && scope !== "accelerator") return result;
  const touches = (level: Scope, id: string): boolean => {
    if (level === "node") return true;
    if (level === "accelerator") return accelerators.includes(id);
    return threadsOf(level, id, topology).some((thread) => threads.includes(thread));
  };
  for (const id of idsOf(scope, topology)) {
    if (!touches(scope, id)) continue;
    const inside = [...levels].filter(([part]) => {
      if (scope === native) return part === id;
      if (scope === "node") return touches(native, part);
      const all = threadsOf(scope, id, topology);
      return threadsOf(native, part, topology).every((thread) => all.includes(thread));
    });
    const values = modelOf(new Map(inside), isAverage);
    if (values !== undefined) result.set(scope === "node" ? "" : id, values);
  }
  return result;
}

function isSupported(native: Scope, requested: Scope): boolean {
  return !(requested === "memoryDomain" && (native === "hwthread" || native === "core"));
}

describe("a job's metric in any scope is what the samples of its parts add up to", () => {
  it("in values, in statistics, and as JSON", async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (given) => {
        const { native, host, levels, threads, accelerators, isAverage } = given;
        const { jobs, write } = jobFixture();
        const metric = isAverage ? "clock" : `of_${native}`;
        for (const [id, values] of levels) write(host[0], native === "node" ? undefined : native + id, metric, values);
        const resources = [{ hostname: host[0], hwthreads: threads, accelerators }];
        const job = { cluster: "test", startTime: T0, duration: MINUTES * 60, resources };
        for (const scope of SCOPES.filter((requested) => isSupported(native, requested))) {
          const model = expected(given, scope);
          const request = { job, metrics: [metric], scopes: [scope] };
          const series = [...((await jobs.loadData(request)).data.get(metric)?.values() ?? [])].flatMap(
            (each) => each.series,
          );
          expect(new Map(series.map(({ id = "", data }) => [id, plain(data)]))).toEqual(model);
          const stats = [...((await jobs.loadScopedStats(request)).data.get(metric)?.values() ?? [])].flat();
          expect(stats.map(({ data }) => data)).toEqual(series.map(({ statistics }) => statistics));
          const json: unknown = JSON.parse(await answerOf(jobs, "jobData", request));
          expect(seriesOfJson(json, metric)).toEqual(series.map(({ data }) => plain(data).map(printed)));
        }
      }),
      { numRuns: 150 },
    );
  });
});

interface JsonAnswer {
  readonly data: Record<string, Record<string, { readonly series: { readonly data: (number | null)[] }[] }>>;
}

function seriesOfJson(json: unknown, metric: string): (number | null)[][] {
  const { data } = json as JsonAnswer;
  return Object.values(data[metric] ?? {}).flatMap(({ series }) => series.map((each) => each.data));
}

/** As an answer has it: with three decimals. */
function printed(value: number | null): number | null {
  return value === null ? null : Number(formatFixed(value, 3));
}

describe("values are to the last bit those of the same levels in a query", () => {
  it("also where sums are not exact", async () => {
    const { store, jobs, write } = jobFixture();
    const threads = [0, 1, 2, 3, 4, 5, 6, 7];
    for (const thread of threads) write("s01", `hwthread${thread}`, "clock", [0.1 * thread, 1e9 / (thread + 3), 1e-7]);
    const job = { cluster: "test", startTime: T0, duration: 180, resources: [{ hostname: "s01" }] };
    const { data } = await jobs.loadData({ job, metrics: ["clock"], scopes: ["node", "core"] });
    const read = (ids: number[]) =>
      store.read(["test", "s01", ids.map((id) => `hwthread${id}`)], "clock", T0, T0 + 180);
    expect(data.get("clock")?.get("node")?.series[0].data).toEqual(read(threads).values);
    expect(data.get("clock")?.get("core")?.series[3].data).toEqual(read([3, 7]).values);
  });

  it("and accelerators are named by their PCI addresses", async () => {
    const { store, write } = jobFixture();
    write("g01", `accelerator${GPUS[7]}`, "of_accelerator", [7]);
    expect(store.read(["test", "g01", "accelerator00000000:3F:00.0"], "of_accelerator", T0, T0 + 60).values).toEqual(
      Float64Array.of(7),
    );
  });
});
