// How fast is the server over HTTP, and how much faster than the reference? Ingest and queries, store in memory. The
// load generator is this process, the server another; with a reference both servers are measured in the same round.

import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import {
  medianOf,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
  type Target,
} from "./harness.ts";
import { fillOverHttp, postFor, queryTimes, type Post } from "./http-load.ts";
import { makeQuerySuite } from "./query-cases.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { pegelCommand, startStoreServer, type Command } from "./store-server.ts";
import { makeWorkload, type MessageSize } from "./workload.ts";

const SIZES: Readonly<Record<Scale, { hosts: HostCounts; loadMs: number; queries: number; warmUp: number }>> = {
  full: { hosts: ALL_HOSTS, loadMs: 4000, queries: 200, warmUp: 20 },
  smoke: { hosts: { alex: 1, fritz: 1 }, loadMs: 60, queries: 5, warmUp: 1 },
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
  title: "over HTTP, store in memory",
  cases: [
    {
      name: "ingest",
      run: (options, checks) => measureBoth(options, (command) => measureIngest(command, options, checks)),
    },
    {
      name: "query",
      run: (options, checks) => measureBoth(options, (command) => measureQueries(command, options, checks)),
    },
  ],
};

/** Measures pegel and, if there is one, the reference after it. */
async function measureBoth(
  { referencePath }: RunOptions,
  measure: (command: Command) => Promise<Figure[]>,
): Promise<Figure[]> {
  const figures = await measure(pegelCommand);
  if (referencePath === undefined) return figures;
  const ofReference = await measure([referencePath]);
  return figures.map((figure, i) => ({ ...figure, referenceValue: ofReference[i].value }));
}

async function measureIngest(command: Command, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const size = SIZES[scale];
  const names = clusterSeries(size.hosts);
  const figures: Figure[] = [];
  for (const { what, messageSize, connections, target } of ingestShapes) {
    const workload = makeWorkload(names, "host", messageSize);
    // A fresh server each: none may gain from what another shape has taught it.
    const server = await startStoreServer(command);
    try {
      const post: Post = { port: server.port, workload, connections, begin: minutesAgo(24 * 60) };
      const linesPerSecond = await postFor(post, size.loadMs, checks);
      figures.push({ what, unit: "M lines/s", value: linesPerSecond / 1e6, target });
    } finally {
      await server.stop();
    }
  }
  return figures;
}

async function measureQueries(command: Command, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { dataset, cases } = makeQuerySuite(scale);
  const { queries, warmUp } = SIZES[scale];
  const end = minutesAgo(1);
  const figures: Figure[] = [];
  const server = await startStoreServer(command);
  try {
    await fillOverHttp(server.port, dataset, end, checks);
    for (const queryCase of cases) {
      const timesMs = await queryTimes(server.port, queryCase, end, { queries, warmUp }, checks);
      figures.push({
        what: `query, ${queryCase.what}`,
        unit: "ms",
        value: medianOf(timesMs),
        target: queryCase.target,
      });
    }
  } finally {
    await server.stop();
  }
  return figures;
}

/** On a minute, Unix seconds. */
function minutesAgo(minutes: number): number {
  return (Math.floor(Date.now() / 1000 / MINUTE_SECONDS) - minutes) * MINUTE_SECONDS;
}
