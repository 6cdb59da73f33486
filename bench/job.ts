// How long does it take to load a job with all its metrics in three scopes, JSON included, without HTTP?

import { NumberPrinter } from "../src/codec/json/number-printer.ts";
import { MetricStore } from "../src/core/store.ts";
import { defaultLimits } from "../src/library/limits.ts";
import { JobAnswers } from "../src/query/job-answers.ts";
import { memorySource } from "../src/query/series-source.ts";
import { clustersByName, type Cluster } from "../src/topology/cluster.ts";
import { buildMetricList } from "../src/topology/metric-list.ts";
import { parseCluster } from "../src/topology/parse-cluster.ts";
import { SimdAdder } from "../src/wasm/simd-adder.ts";
import { medianOf, timeEach, type Checks, type Figure, type Question, type RunOptions, type Scale } from "./harness.ts";
import { BEGIN, MINUTE_SECONDS } from "./stores.ts";

/** Two sockets, two hardware threads a core, and every metric measured for each of them. */
interface Sizes {
  readonly hosts: number;
  readonly metrics: number;
  readonly minutes: number;
  readonly coresPerSocket: number;
  readonly repeats: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: 32, metrics: 20, minutes: 1440, coresPerSocket: 18, repeats: 5 },
  smoke: { hosts: 2, metrics: 2, minutes: 12, coresPerSocket: 2, repeats: 2 },
};

const CLUSTER = "bench";
const SOCKETS = 2;
const THREADS_PER_CORE = 2;

export const job: Question = {
  name: "job",
  title: "the metrics of a job in all scopes, JSON included, in process, one thread",
  cases: [{ name: "scopes", run: measureJob }],
};

async function measureJob({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const sizes = SIZES[scale];
  const cluster = describeCluster(sizes);
  const store = new MetricStore({ metrics: buildMetricList([cluster]).metrics, adder: new SimdAdder() });
  fill(store, sizes, [...cluster.metrics.keys()]);
  const answers = newJobAnswers(store, cluster);
  await checkSmallJob(checks, answers, sizes);
  const figures: Figure[] = [];
  for (const scopes of [["node"], ["socket"], ["core"], ["node", "socket", "core"]]) {
    const body = requestOf(sizes, sizes.hosts, scopes);
    checkWhole(checks, await answers.jobData(body), sizes, scopes);
    const timesMs = await timeEach(sizes.repeats, 1, () => answers.jobData(body));
    figures.push({
      what: `job: ${sizes.hosts} hosts × ${sizes.metrics} hwthread metrics × ${sizes.minutes}, ${scopes.join(" + ")}`,
      unit: "ms",
      value: medianOf(timesMs),
      ...(scopes.length === 3 && { target: { kind: "value", must: 150, stretch: 40 } }),
    });
  }
  return figures;
}

const hostNames = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `n${String(i).padStart(2, "0")}`);

const coreCount = ({ coresPerSocket }: Sizes): number => SOCKETS * coresPerSocket;

/** Numbered as Linux does: the second threads of all cores come last. */
function threadsOfCore(sizes: Sizes, core: number): number[] {
  return Array.from({ length: THREADS_PER_CORE }, (_, i) => core + i * coreCount(sizes));
}

function describeCluster(sizes: Sizes): Cluster {
  const core = Array.from({ length: coreCount(sizes) }, (_, i) => threadsOfCore(sizes, i));
  const socket = [core.slice(0, sizes.coresPerSocket).flat(), core.slice(sizes.coresPerSocket).flat()];
  const node = Array.from({ length: coreCount(sizes) * THREADS_PER_CORE }, (_, thread) => thread);
  const metricConfig = Array.from({ length: sizes.metrics }, (_, i) => ({
    name: `metric${i}`,
    scope: "hwthread",
    timestep: MINUTE_SECONDS,
    aggregation: "sum",
    unit: { base: "F/s" },
  }));
  const subClusters = [{ name: "all", nodes: "*", topology: { node, socket, core } }];
  return parseCluster({ name: CLUSTER, metricConfig, subClusters }).cluster;
}

function newJobAnswers(store: MetricStore, cluster: Cluster): JobAnswers {
  const context = {
    clusters: clustersByName([cluster]),
    source: memorySource(store),
    limits: defaultLimits,
    yieldToOthers: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
    monotonicMs: (): number => performance.now(),
  };
  return new JobAnswers(context, new NumberPrinter());
}

/** An eighth, so that every sum is exact and prints exactly. */
const valueOf = (host: number, thread: number, minute: number): number =>
  ((7 * host + 13 * thread + 3 * minute) % 1024) / 8;

/** Minute by minute, as it comes in life. */
function fill(store: MetricStore, sizes: Sizes, metrics: readonly string[]): void {
  const series: { readonly number: number; readonly host: number; readonly thread: number }[] = [];
  for (const [host, name] of hostNames(sizes.hosts).entries()) {
    for (const metric of metrics) {
      for (let thread = 0; thread < coreCount(sizes) * THREADS_PER_CORE; thread++) {
        const known = store.metrics.get(metric);
        const number = known && store.seriesFor([CLUSTER, name, `hwthread${thread}`], known);
        if (number === undefined) throw new Error(`BUG: the store does not take ${metric}`);
        series.push({ number, host, thread });
      }
    }
  }
  for (let minute = 0; minute < sizes.minutes; minute++) {
    const time = BEGIN + minute * MINUTE_SECONDS;
    for (const { number, host, thread } of series) store.writeSample(number, time, valueOf(host, thread, minute));
  }
}

function requestOf(sizes: Sizes, hosts: number, scopes: readonly string[]): Uint8Array {
  const resources = hostNames(hosts).map((hostname) => ({ hostname }));
  const given = { cluster: CLUSTER, startTime: BEGIN, duration: sizes.minutes * MINUTE_SECONDS, resources };
  return new TextEncoder().encode(JSON.stringify({ job: given, scopes }));
}

interface Answer {
  readonly data: Record<string, Record<string, { readonly series: readonly { readonly data: readonly number[] }[] }>>;
}

/** Value by value, for one host: the whole is too large to be parsed again. */
async function checkSmallJob(checks: Checks, answers: JobAnswers, sizes: Sizes): Promise<void> {
  const bytes = await answers.jobData(requestOf(sizes, 1, ["core", "node"]));
  const { data }: Answer = JSON.parse(new TextDecoder().decode(bytes));
  const cores = Array.from({ length: coreCount(sizes) }, (_, core) => threadsOfCore(sizes, core));
  for (const [metric, scopes] of Object.entries(data)) {
    const groups = [...cores, cores.flat()];
    const series = [...scopes.core.series, ...scopes.node.series];
    checks.equal(`${metric}: series`, series.length, groups.length);
    for (const [i, threads] of groups.entries()) {
      checks.equalNumbers(`${metric} ${threads.join("+")}`, series[i].data, sumsOf(threads, sizes.minutes));
    }
  }
}

function sumsOf(threads: readonly number[], minutes: number): number[] {
  return Array.from({ length: minutes }, (_, minute) =>
    threads.reduce((sum, thread) => sum + valueOf(0, thread, minute), 0),
  );
}

/** The number of series, and that nothing is missing. */
function checkWhole(checks: Checks, answer: Uint8Array<ArrayBuffer>, sizes: Sizes, scopes: readonly string[]): void {
  const buffer = Buffer.from(answer.buffer, answer.byteOffset, answer.length);
  const ofScope: Record<string, number> = { node: 1, socket: SOCKETS, core: coreCount(sizes) };
  const perMetric = scopes.reduce((sum, scope) => sum + ofScope[scope], 0);
  let series = 0;
  for (let at = buffer.indexOf('{"hostname"'); at !== -1; at = buffer.indexOf('{"hostname"', at + 1)) series++;
  checks.equal(`${scopes.join("+")}: series`, series, sizes.hosts * sizes.metrics * perMetric);
  checks.equal("end", buffer.subarray(-31).toString(), '}}},"errors":[],"errorCount":0}\n'.slice(-31));
}
