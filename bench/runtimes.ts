// How fast is the same store on Bun and on Deno? All three run side by side and are measured in turn; the column of the
// reference is Node here, and no runtime may be below half of it.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import {
  medianOf,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
  type Unit,
} from "./harness.ts";
import { alternate, minutesAgo } from "./http.ts";
import { fillOverHttp, PostLoad, QueryLoad } from "./http-load.ts";
import { makeQuerySuite } from "./query-cases.ts";
import { pegelScript, startStoreServer, type Command, type StoreServer } from "./store-server.ts";
import { makeWorkload, type MessageSize } from "./workload.ts";

/** Node first: the others are compared with it. */
const RUNTIMES = ["node", "bun", "deno"] as const;

interface Sizes {
  readonly hosts: HostCounts;
  readonly slices: number;
  readonly sliceMs: number;
  readonly queries: number;
  readonly warmUp: number;
  readonly starts: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: ALL_HOSTS, slices: 6, sliceMs: 700, queries: 100, warmUp: 500, starts: 7 },
  smoke: { hosts: { alex: 1, fritz: 1 }, slices: 2, sliceMs: 20, queries: 3, warmUp: 1, starts: 1 },
};

const ingestShapes: readonly (readonly [string, MessageSize, number])[] = [
  ["ingest, 1 MB posts, 4 connections", { sizeBytes: 1_000_000 }, 4],
  ["ingest, 2 KB posts, 64 connections", { lines: 20 }, 64],
];

export const runtimes: Question = {
  name: "runtimes",
  title: "the same store on Node, Bun and Deno (reference: Node)",
  cases: [
    { name: "ingest", run: measureIngest },
    { name: "query", run: measureQueries },
    { name: "start", run: measureStarts },
  ],
};

async function measureIngest({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { hosts, slices, sliceMs } = SIZES[scale];
  const figures: Figure[] = [];
  for (const [what, messageSize, connections] of ingestShapes) {
    const workload = makeWorkload(clusterSeries(hosts), "host", messageSize);
    const begin = minutesAgo(24 * 60);
    await withServers(async (servers) => {
      const loads: PostLoad[] = [];
      try {
        for (const { port } of servers) loads.push(await PostLoad.open(port, workload, connections, begin));
        // Of the first minute, when the store meets its series.
        const lines = loads.map(() => workload.series.length);
        const perSecond = await alternate([...loads.keys()], slices, async (i) => {
          const sliceBegin = performance.now();
          const rate = await loads[i].postFor(sliceMs);
          lines[i] += (rate * (performance.now() - sliceBegin)) / 1000;
          return rate;
        });
        const cpuMs = await Promise.all(servers.map(cpuMsOf));
        for (const load of loads) await load.check(checks);
        figures.push(
          ...figuresOf(
            what,
            "M lines/s",
            perSecond.map((rate) => rate / 1e6),
          ),
        );
        figures.push(
          ...figuresOf(
            `CPU time of a line, start included, ${what}`,
            "ns",
            cpuMs.map((ms, i) => (ms * 1e6) / lines[i]),
          ),
        );
        figures.push(...figuresOf(`RSS after ${what}`, "MB", await Promise.all(servers.map(rssMb))));
      } finally {
        for (const load of loads) load.close();
      }
    });
  }
  return figures;
}

function measureQueries({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { dataset, cases } = makeQuerySuite(scale);
  const { queries, warmUp } = SIZES[scale];
  const end = minutesAgo(1);
  return withServers(async (servers) => {
    for (const { port } of servers) await fillOverHttp(port, dataset, end, checks);
    const figures: Figure[] = [];
    for (const query of cases) {
      const loads: QueryLoad[] = [];
      try {
        for (const { port } of servers) loads.push(await QueryLoad.open(port, query, end, checks));
        await alternate(loads, warmUp, (load) => load.ask());
        figures.push(...figuresOf(`query, ${query.what}`, "ms", await alternate(loads, queries, (load) => load.ask())));
      } finally {
        for (const load of loads) load.close();
      }
    }
    return figures;
  });
}

/** Of a store without data: from the start of the process to the first answer. */
async function measureStarts({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const commands = await commandsOfRuntimes();
  const startMs = commands.map((): number[] => []);
  const cpuMs = commands.map((): number[] => []);
  const rss = commands.map((): number[] => []);
  for (let i = 0; i < SIZES[scale].starts; i++) {
    for (const [j, command] of commands.entries()) {
      const server = await startStoreServer(command, { fileFormat: "wal" });
      startMs[j].push(server.startMs);
      cpuMs[j].push(await cpuMsOf(server));
      rss[j].push(await rssMb(server));
      await server.stop();
    }
  }
  checks.equal("runtimes that start", startMs.length, RUNTIMES.length);
  return [
    ...figuresOf("start to first answer", "ms", startMs.map(medianOf)),
    ...figuresOf("CPU time of the start", "ms", cpuMs.map(medianOf)),
    ...figuresOf("RSS after the start", "MB", rss.map(medianOf)),
  ];
}

/** Starts one server on each runtime for as long as `use` takes. */
async function withServers<Result>(use: (servers: readonly StoreServer[]) => Promise<Result>): Promise<Result> {
  const servers: StoreServer[] = [];
  try {
    for (const command of await commandsOfRuntimes()) {
      servers.push(await startStoreServer(command, { fileFormat: "wal" }));
    }
    return await use(servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

type RuntimeCommand = (runtime: string) => Command;

async function commandsOfRuntimes(): Promise<Command[]> {
  // A script for Node as it is, which the compiler does not know; npm runs the bench in the root of the project.
  const script = pathToFileURL(join(process.cwd(), "scripts/runtimes.mjs")).href;
  const { runtimeCommand } = (await import(script)) as { runtimeCommand: RuntimeCommand };
  return RUNTIMES.map((runtime) => [...runtimeCommand(runtime), pegelScript]);
}

async function rssMb({ pid }: StoreServer): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** What a system's clock counts in on Linux. */
const TICK_MS = 10;

/** CPU time of the process since its start, of all its threads: what other work on the machine does not change. */
async function cpuMsOf({ pid }: StoreServer): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold anything, the 12th and 13th are user and system time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** @param values in the order of RUNTIMES */
function figuresOf(what: string, unit: Unit, values: readonly number[]): Figure[] {
  return values.map((value, i) => ({
    what: `${what}: ${RUNTIMES[i]}`,
    unit,
    value,
    ...(i > 0 && { referenceValue: values[0], target: { kind: "times-reference", must: 0.5 } }),
  }));
}
