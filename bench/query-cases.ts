// The queries that are measured, in process and over HTTP, and the data they are asked of. Values are eighths, so that
// every sum of them is exact and prints exactly: an answer is right or wrong, never "close".

import { hwthreadMetrics, nodeMetrics } from "./cluster.ts";
import type { Checks, Scale, Target } from "./harness.ts";
import { MINUTE_SECONDS } from "./stores.ts";

export const QUERY_CLUSTER = "bench";

/** Series of one host that have samples in the same minutes: the last `minutes` before the end of the data. */
export interface Block {
  readonly host: string;
  readonly metrics: readonly string[];
  /** Series of hardware threads 0 … threads − 1, or, if 0, one series of the host itself for each metric. */
  readonly threads: number;
  readonly minutes: number;
}

export interface Dataset {
  readonly blocks: readonly Block[];
  /** The longest block's. */
  readonly minutes: number;
}

export interface QueryCase {
  readonly what: string;
  /** What is to be reached over HTTP beside the reference. */
  readonly target: Target;
  /** Body of the request. @param end of the data, Unix seconds, exclusive */
  readonly body: (end: number) => string;
  /** Checks the answer to `body(end)`. */
  readonly check: (checks: Checks, answer: string, end: number) => void;
}

export interface QuerySuite {
  readonly dataset: Dataset;
  readonly wide: Block;
  readonly cases: readonly QueryCase[];
}

/** How much of everything there is; the names are those of the table in the design. */
interface Sizes {
  readonly single: { readonly points: number };
  readonly wide: { readonly threads: number; readonly points: number };
  readonly hosts: { readonly count: number; readonly threads: number; readonly points: number };
  readonly job: { readonly hosts: number; readonly metrics: number; readonly points: number };
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: {
    single: { points: 1440 },
    wide: { threads: 128, points: 2880 },
    hosts: { count: 142, threads: 72, points: 60 },
    job: { hosts: 8, metrics: 10, points: 480 },
  },
  smoke: {
    single: { points: 30 },
    wide: { threads: 4, points: 40 },
    hosts: { count: 5, threads: 3, points: 6 },
    job: { hosts: 2, metrics: 2, points: 12 },
  },
};

export function makeQuerySuite(scale: Scale): QuerySuite {
  const { single, wide, hosts, job } = SIZES[scale];
  const jobMetrics = hwthreadMetrics.slice(0, job.metrics);
  const singleBlock: Block = { host: "single", metrics: ["cpu_load"], threads: 0, minutes: single.points };
  const wideBlock: Block = { host: "wide", metrics: ["cpu_user"], threads: wide.threads, minutes: wide.points };
  const threadBlocks = Array.from({ length: hosts.count }, (_, i): Block => {
    const common = { host: `n${String(i).padStart(4, "0")}`, threads: hosts.threads };
    if (i < job.hosts) return { ...common, metrics: jobMetrics, minutes: job.points };
    return { ...common, metrics: jobMetrics.slice(0, 1), minutes: hosts.points };
  });
  const jobBlocks = threadBlocks.slice(0, job.hosts);
  const jobNodeBlocks = jobBlocks.map(({ host }): Block => ({
    host,
    metrics: nodeMetrics.slice(0, job.metrics),
    threads: 0,
    minutes: job.points,
  }));
  const cases = [
    queryCase(`one metric of one host, ${single.points} points`, [1, 2], single.points, [singleBlock]),
    queryCase(`${wide.threads} hwthreads × ${wide.points} points summed`, [2, 4], wide.points, [wideBlock]),
    queryCase(
      `${hosts.count} hosts × ${hosts.threads} hwthreads × ${hosts.points} points, per host`,
      [3, 8],
      hosts.points,
      threadBlocks.map((block) => ({ ...block, metrics: jobMetrics.slice(0, 1) })),
    ),
    queryCase(
      `job: ${job.hosts} hosts × ${job.metrics} hwthread metrics × ${job.points}, node scope`,
      [2, 5],
      job.points,
      jobBlocks,
    ),
    queryCase(`${job.hosts} hosts × ${job.metrics} node metrics × ${job.points}`, [3, 6], job.points, jobNodeBlocks),
  ];
  const blocks = [singleBlock, wideBlock, ...threadBlocks, ...jobNodeBlocks];
  return { dataset: { blocks, minutes: Math.max(...blocks.map(({ minutes }) => minutes)) }, wide: wideBlock, cases };
}

/** Time of a minute of the data. */
export function timeOf(dataset: Dataset, minute: number, end: number): number {
  return end - (dataset.minutes - minute) * MINUTE_SECONDS;
}

/** Places of a block's series within a metric: the hardware threads, or `undefined` for the host itself. */
export function threadsOf({ threads }: Block): (number | undefined)[] {
  return threads === 0 ? [undefined] : Array.from({ length: threads }, (_, thread) => thread);
}

/** The sample of a series so many minutes before the end of the data. */
export function valueOf(host: string, metric: string, thread: number | undefined, minutesBeforeEnd: number): number {
  const series = hash(host) + 17 * hash(metric) + 7 * (thread ?? 0);
  return ((series + 3 * minutesBeforeEnd) % 1024) / 8;
}

function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 65_521;
  return sum;
}

/** A case with one aggregating query for each metric of each block. */
function queryCase(
  what: string,
  times: readonly [number, number],
  points: number,
  blocks: readonly Block[],
): QueryCase {
  const queries = blocks.flatMap((block) => block.metrics.map((metric) => ({ block, metric })));
  const body = (end: number): string =>
    JSON.stringify({
      cluster: QUERY_CLUSTER,
      from: end - points * MINUTE_SECONDS,
      to: end,
      queries: queries.map(({ block, metric }) => ({
        metric,
        host: block.host,
        ...(block.threads === 0 ? {} : { aggreg: true, type: "hwthread", "type-ids": threadsOf(block).map(String) }),
      })),
    });
  const check = (checks: Checks, answer: string, end: number): void => {
    const { results }: Answer = JSON.parse(answer);
    checks.equal(`${what}: results`, results.length, queries.length);
    for (const [i, { block, metric }] of queries.entries()) {
      const [result] = results[i];
      checks.equal(`${what}: from`, result.from, end - points * MINUTE_SECONDS);
      checks.equalNumbers(
        `${what}: ${block.host} ${metric}`,
        numbersOf(result.data ?? []),
        expectedSums(block, metric, points),
      );
    }
  };
  return { what, target: { kind: "times-reference", must: times[0], stretch: times[1] }, body, check };
}

/** What of an answer is looked at. */
export interface Answer {
  readonly results: readonly (readonly { readonly from: number; readonly data?: readonly (number | null)[] }[])[];
}

/** The sums over a block's series of one metric, for the last `points` minutes. */
export function expectedSums(block: Block, metric: string, points: number): Float64Array {
  const threads = threadsOf(block);
  return Float64Array.from({ length: points }, (_, i) =>
    threads.reduce<number>((sum, thread) => sum + valueOf(block.host, metric, thread, points - i), 0),
  );
}

function numbersOf(data: readonly (number | null)[]): number[] {
  return data.map((value) => value ?? NaN);
}
