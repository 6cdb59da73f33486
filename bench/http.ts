// How fast is the server over HTTP, and how much faster than the reference? The load generator is this process, the
// server another; a reference runs beside pegel, and they are measured in turn. Both write their logs while they ingest,
// but only pegel flushes before it acknowledges: what that alone costs stands below it.

import { join } from "node:path";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import { appendPlainly, withDirectory } from "./disk.ts";
import {
  medianOf,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
  type Target,
  type Unit,
} from "./harness.ts";
import { fillOverHttp, PostLoad, QueryLoad } from "./http-load.ts";
import { makeQuerySuite, type QueryCase } from "./query-cases.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { pegelCommand, startStoreServer, type Command, type StoreServer } from "./store-server.ts";
import { makeWorkload, type MessageSize, type Workload } from "./workload.ts";

interface Sizes {
  readonly hosts: HostCounts;
  /** Ingest: so often each server gets load for so long. */
  readonly slices: number;
  readonly sliceMs: number;
  /** How often each query is asked, and how often before that unmeasured: code is at its speed after some thousand calls. */
  readonly queries: number;
  readonly warmUp: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: ALL_HOSTS, slices: 6, sliceMs: 700, queries: 200, warmUp: 2000 },
  smoke: { hosts: { alex: 1, fritz: 1 }, slices: 2, sliceMs: 20, queries: 5, warmUp: 1 },
};

interface IngestShape {
  readonly what: string;
  readonly messageSize: MessageSize;
  readonly connections: number;
  readonly target: Target;
}

const ingestShapes: readonly IngestShape[] = [
  {
    what: "ingest, 1 MB posts, 4 connections",
    messageSize: { sizeBytes: 1_000_000 },
    connections: 4,
    target: { kind: "times-reference", must: 5, stretch: 10 },
  },
  {
    what: "ingest, 2 KB posts, 4 connections",
    messageSize: { lines: 20 },
    connections: 4,
    target: { kind: "times-reference", must: 1, stretch: 2 },
  },
  {
    what: "ingest, 2 KB posts, 64 connections",
    messageSize: { lines: 20 },
    connections: 64,
    target: { kind: "times-reference", must: 3, stretch: 6 },
  },
];

export const http: Question = {
  name: "http",
  title: "over HTTP, acknowledged means flushed to disk",
  cases: [
    { name: "ingest", run: measureIngest },
    { name: "query", run: measureQueries },
  ],
};

async function measureIngest(options: RunOptions, checks: Checks): Promise<Figure[]> {
  const { hosts } = SIZES[options.scale];
  const figures: Figure[] = [];
  for (const shape of ingestShapes) {
    const workload = makeWorkload(clusterSeries(hosts), "host", shape.messageSize);
    // Fresh servers each: none may gain from what another shape has taught it.
    figures.push(
      await withServers(options, (servers) => measureShape(shape, workload, servers, options.scale, checks)),
      await measureFloor(shape, workload, options.scale),
    );
  }
  return figures;
}

/** The records of as many posts, one after the other appended to a file and flushed: no store, no HTTP, no other writer. */
function measureFloor({ what }: IngestShape, { series, messages }: Workload, scale: Scale): Promise<Figure> {
  const posts = Math.min(messages.length, FLOOR_POSTS[scale]);
  const lines = (series.length * posts) / messages.length;
  return withDirectory(async (directory) => {
    const sizeBytes = lines * RECORD_BYTES;
    const timeMs = await appendPlainly(join(directory, "floor"), sizeBytes, "each", sizeBytes / posts);
    return { what: `floor of ${what}: append, fdatasync`, unit: "M lines/s", value: lines / timeMs / 1000 };
  });
}

const FLOOR_POSTS: Readonly<Record<Scale, number>> = { full: 500, smoke: 5 };
/** Of the workload's records on average. */
const RECORD_BYTES = 46;

async function measureShape(
  { what, connections, target }: IngestShape,
  workload: Workload,
  servers: readonly StoreServer[],
  scale: Scale,
  checks: Checks,
): Promise<Figure> {
  const begin = minutesAgo(24 * 60);
  const loads: PostLoad[] = [];
  try {
    for (const { port } of servers) loads.push(await PostLoad.open(port, workload, connections, begin));
    for (const load of loads) await load.check(checks);
    const { slices, sliceMs } = SIZES[scale];
    const rates = await alternate(loads, slices, (load) => load.postFor(sliceMs));
    for (const load of loads) await load.check(checks);
    return figureOf(
      what,
      "M lines/s",
      rates.map((perSecond) => perSecond / 1e6),
      target,
    );
  } finally {
    for (const load of loads) load.close();
  }
}

function measureQueries(options: RunOptions, checks: Checks): Promise<Figure[]> {
  const { dataset, cases } = makeQuerySuite(options.scale);
  const end = minutesAgo(1);
  return withServers(options, async (servers) => {
    for (const { port } of servers) await fillOverHttp(port, dataset, end, checks);
    const figures: Figure[] = [];
    for (const queryCase of cases) figures.push(await measureQuery(queryCase, end, servers, options.scale, checks));
    return figures;
  });
}

async function measureQuery(
  queryCase: QueryCase,
  end: number,
  servers: readonly StoreServer[],
  scale: Scale,
  checks: Checks,
): Promise<Figure> {
  const { queries, warmUp } = SIZES[scale];
  const loads: QueryLoad[] = [];
  try {
    for (const { port } of servers) loads.push(await QueryLoad.open(port, queryCase, end, checks));
    await alternate(loads, warmUp, (load) => load.ask());
    const timesMs = await alternate(loads, queries, (load) => load.ask());
    return figureOf(`query, ${queryCase.what}`, "ms", timesMs, queryCase.target);
  } finally {
    for (const load of loads) load.close();
  }
}

/** Measures every load in turn, `count` times; what disturbs the machine meanwhile disturbs all. Returns the medians. */
export async function alternate<Load>(
  loads: readonly Load[],
  count: number,
  measure: (load: Load) => Promise<number>,
): Promise<number[]> {
  const values = loads.map((): number[] => []);
  for (let i = 0; i < count; i++) {
    for (const [j, load] of loads.entries()) values[j].push(await measure(load));
  }
  return values.map(medianOf);
}

/** Starts pegel and, if there is one, the reference, for as long as `use` takes. They stand in this order. */
async function withServers<Result>(
  { referencePath }: RunOptions,
  use: (servers: readonly StoreServer[]) => Promise<Result>,
): Promise<Result> {
  const commands: Command[] = [pegelCommand, ...(referencePath === undefined ? [] : [[referencePath] as const])];
  const servers: StoreServer[] = [];
  try {
    for (const command of commands) servers.push(await startStoreServer(command, { fileFormat: "wal" }));
    return await use(servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** @param values pegel's and, if it was measured, the reference's */
function figureOf(what: string, unit: Unit, [value, referenceValue]: readonly number[], target: Target): Figure {
  return { what, unit, value, target, ...(referenceValue === undefined ? {} : { referenceValue }) };
}

/** On a minute, Unix seconds. */
export function minutesAgo(minutes: number): number {
  return (Math.floor(Date.now() / 1000 / MINUTE_SECONDS) - minutes) * MINUTE_SECONDS;
}
