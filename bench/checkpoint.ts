// How long does a small post wait while a checkpoint of ten million samples runs? One connection posts twenty lines again
// and again, each post flushed before its answer; the slowest is what a collector may notice.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import { Connection, requestHead } from "./connection.ts";
import { appendPlainly, withDirectory } from "./disk.ts";
import { medianOf, type Checks, type Figure, type Question, type RunOptions, type Scale } from "./harness.ts";
import { checkSamples, PostLoad, postMessage } from "./http-load.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { pegelCommand, startStoreServer, type Command } from "./store-server.ts";
import { makeWorkload, type Message, type Workload } from "./workload.ts";

interface Sizes {
  readonly hosts: HostCounts;
  readonly minutes: number;
  /** So long the posts are timed without a checkpoint. */
  readonly quietMs: number;
  /** The reference makes a checkpoint when it is due; until then it must have got its samples. */
  readonly referenceInterval: string;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: ALL_HOSTS, minutes: 60, quietMs: 2000, referenceInterval: "30s" },
  smoke: { hosts: { alex: 1, fritz: 1 }, minutes: 4, quietMs: 50, referenceInterval: "1s" },
};

const CHECKPOINT_PATH = "/api/checkpoint";
const CHECKPOINT_TIMEOUT_MS = 60_000;
const FILE_CHECK_MS = 100;
const LINES = 20;

export const checkpoint: Question = {
  name: "checkpoint",
  title: "20-line posts over HTTP while a checkpoint of 10 M samples runs",
  cases: [{ name: "posts", run: measure }],
};

async function measure(options: RunOptions, checks: Checks): Promise<Figure[]> {
  const own = await measureServer(pegelCommand, "96h", options.scale, checks);
  const { referencePath, scale } = options;
  const other =
    referencePath === undefined
      ? undefined
      : await measureServer([referencePath], SIZES[scale].referenceInterval, scale, checks);
  const figure = (what: string, get: (times: Times) => number): Figure => ({
    what,
    unit: "ms",
    value: get(own),
    ...(other && { referenceValue: get(other) }),
  });
  return [
    {
      ...figure("slowest post while a checkpoint runs", ({ during }) => Math.max(...during)),
      target: { kind: "value", must: 20, stretch: 5 },
    },
    figure("the checkpoint", ({ checkpointMs }) => checkpointMs),
    { what: "floor: plain append of its bytes, fdatasync at the end", unit: "ms", value: own.plainMs },
    figure("median post while a checkpoint runs", ({ during }) => medianOf(during)),
    figure("floor: slowest post without a checkpoint", ({ quiet }) => Math.max(...quiet)),
    figure("floor: median post without a checkpoint", ({ quiet }) => medianOf(quiet)),
  ];
}

/** In milliseconds. */
interface Times {
  readonly quiet: readonly number[];
  readonly during: readonly number[];
  readonly checkpointMs: number;
  /** The same bytes in one file. */
  readonly plainMs: number;
}

function measureServer(command: Command, checkpointInterval: string, scale: Scale, checks: Checks): Promise<Times> {
  const { hosts, minutes, quietMs } = SIZES[scale];
  const series = clusterSeries(hosts);
  const workload = makeWorkload(series, "host", { sizeBytes: 1_000_000 });
  const small = makeWorkload(series.slice(0, LINES), "host", { lines: LINES });
  return withDirectory(async (checkpointDirectory) => {
    const server = await startStoreServer(command, { fileFormat: "wal", checkpointDirectory, checkpointInterval });
    const begin = (Math.floor(Date.now() / 1000 / MINUTE_SECONDS) - 24 * 60) * MINUTE_SECONDS;
    const load = await PostLoad.open(server.port, workload, 4, begin);
    const posts = await SmallPosts.open(server.port, small, begin + minutes * MINUTE_SECONDS);
    try {
      await load.postMinutes(minutes - 1);
      await load.check(checks);
      const quiet = await posts.postUntil(delay(quietMs));
      const checkpointBegin = performance.now();
      const during = await posts.postUntil(makeCheckpoint(server.port, checkpointDirectory, hosts.alex + hosts.fritz));
      const checkpointMs = performance.now() - checkpointBegin;
      const { count, sizeBytes } = await findSnapshots(checkpointDirectory);
      checks.equal("hosts with a snapshot", count, hosts.alex + hosts.fritz);
      await posts.check(checks);
      const plainMs = await appendPlainly(join(checkpointDirectory, "plain"), sizeBytes, "end");
      return { quiet, during, checkpointMs, plainMs };
    } finally {
      load.close();
      posts.close();
      await server.stop();
    }
  });
}

/** Posts the same few series, minute after minute. */
class SmallPosts {
  readonly #connection: Connection;
  readonly #workload: Workload;
  /** Unix seconds. */
  #minute: number;

  private constructor(connection: Connection, workload: Workload, begin: number) {
    this.#connection = connection;
    this.#workload = workload;
    this.#minute = begin;
  }

  static async open(port: number, workload: Workload, begin: number): Promise<SmallPosts> {
    return new SmallPosts(await Connection.open(port), workload, begin);
  }

  /** Posts one after the other until `end` resolves; returns the milliseconds of each. */
  async postUntil(end: Promise<unknown>): Promise<number[]> {
    const progress = { isOver: false };
    const over = end.finally(() => {
      progress.isOver = true;
    });
    const timesMs: number[] = [];
    const [message]: readonly Message[] = this.#workload.messages;
    while (!progress.isOver) {
      this.#minute += 1;
      const begin = performance.now();
      await postMessage(this.#connection, message, this.#minute);
      timesMs.push(performance.now() - begin);
    }
    await over;
    return timesMs;
  }

  check(checks: Checks): Promise<void> {
    return checkSamples(this.#connection, this.#workload, this.#minute, checks);
  }

  close(): void {
    this.#connection.close();
  }
}

/** Resolves when all hosts have a snapshot: pegel makes them when it is asked, the reference when they are due. */
async function makeCheckpoint(port: number, directory: string, hosts: number): Promise<void> {
  const connection = await Connection.open(port);
  const { status } = await connection.send(requestHead("POST", CHECKPOINT_PATH, 0), Buffer.alloc(0));
  connection.close();
  if (status === 200) return;
  const deadline = performance.now() + CHECKPOINT_TIMEOUT_MS;
  while ((await findSnapshots(directory)).count < hosts) {
    if (performance.now() > deadline) throw new Error(`no checkpoint of ${hosts} hosts in ${CHECKPOINT_TIMEOUT_MS} ms`);
    await delay(FILE_CHECK_MS);
  }
}

/** How many hosts have one, and the bytes of all. */
async function findSnapshots(directory: string): Promise<{ count: number; sizeBytes: number }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(({ name }) => name.endsWith(".bin"));
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  const count = new Set(files.map(({ parentPath }) => parentPath)).size;
  return { count, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}
