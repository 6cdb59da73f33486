// The archive: how fast checkpoint files become Parquet and with how much memory, how long a day of one metric takes to
// come back, and how long small posts wait meanwhile.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { archiveCheckpoints } from "../src/archive/archive-run.ts";
import { ParquetArchive } from "../src/archive/archive-reader.ts";
import { WorkerEncoder } from "../src/archive/worker-encoder.ts";
import type { ArchiveSummary } from "../src/archive/ports.ts";
import { nodeFileSystem, nodePlatform } from "../src/runtime/node.ts";
import { writeCheckpoints, type ArchiveData } from "./archive-data.ts";
import { clusterSeries } from "./cluster.ts";
import { Connection } from "./connection.ts";
import { withDirectory } from "./disk.ts";
import { medianOf, type Checks, type Figure, type Question, type RunOptions, type Scale } from "./harness.ts";
import { postMessage } from "./http-load.ts";
import { pegelCommand, startStoreServer } from "./store-server.ts";
import { makeWorkload } from "./workload.ts";

interface Sizes {
  readonly hosts: number;
  readonly minutes: number;
  readonly reads: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  // Three hosts of 1477 series: 6.4 M rows.
  full: { hosts: 3, minutes: 1440, reads: 51 },
  smoke: { hosts: 1, minutes: 90, reads: 3 },
};

const DAY_SECONDS = 86_400;
/** A day that is long over. */
const BEGIN = 1_790_000_040;

export const archive: Question = {
  name: "archive",
  title: "the Parquet archive: a day of 3 hosts with 1477 series each",
  cases: [
    { name: "write", run: measureWriting },
    { name: "read", run: measureReading },
    { name: "posts", run: measurePosts },
  ],
};

interface Places {
  readonly checkpoints: string;
  readonly archive: string;
}

function withData<Result>(
  { scale }: RunOptions,
  use: (data: ArchiveData, places: Places) => Promise<Result>,
): Promise<Result> {
  const { hosts, minutes } = SIZES[scale];
  return withDirectory(async (directory) => {
    const places = { checkpoints: join(directory, "checkpoints"), archive: join(directory, "archive") };
    return use(await writeCheckpoints(places.checkpoints, hosts, BEGIN, minutes), places);
  });
}

async function runArchive({ cluster }: ArchiveData, places: Places): Promise<ArchiveSummary> {
  const encoder = new WorkerEncoder(nodePlatform.startArchiveWorker());
  try {
    return await archiveCheckpoints({
      files: nodeFileSystem,
      encoder,
      checkpointRoot: places.checkpoints,
      archiveRoot: places.archive,
      cluster,
      olderThan: Date.now() / 1000,
      onProblem: ({ path, reason }) => {
        throw new Error(`${path}: ${reason}`);
      },
    });
  } finally {
    await encoder.close();
  }
}

const MEMORY_CHECK_MS = 5;

async function measureWriting(options: RunOptions, checks: Checks): Promise<Figure[]> {
  return withData(options, async (data, places) => {
    let peak = process.memoryUsage.rss();
    const memoryWatch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, MEMORY_CHECK_MS);
    const begin = performance.now();
    const summary = await runArchive(data, places);
    const seconds = (performance.now() - begin) / 1000;
    clearInterval(memoryWatch);
    checks.equal("rows", summary.rows, data.rows);
    checks.equal("checkpoint files left", (await filesIn(places.checkpoints)).length, 0);
    return [
      {
        what: "checkpoint files → Parquet, all steps",
        unit: "M rows/s",
        value: summary.rows / seconds / 1e6,
        target: { kind: "value", must: 1.5, stretch: 3 },
      },
      {
        what: "peak of the process's memory",
        unit: "MB",
        value: peak / 1e6,
        target: { kind: "value", must: 400, stretch: 250 },
      },
      {
        what: "size of a row in the file",
        unit: "B",
        value: summary.bytes / summary.rows,
        target: { kind: "value", must: 2.5, stretch: 1.8 },
      },
    ];
  });
}

async function measureReading(options: RunOptions, checks: Checks): Promise<Figure[]> {
  return withData(options, async (data, places) => {
    await runArchive(data, places);
    const { cluster, probe } = data;
    const reader = new ParquetArchive({ files: nodeFileSystem, root: places.archive });
    const range = { from: BEGIN, to: BEGIN + DAY_SECONDS };
    const read = async (metric: string, host = probe.host): Promise<{ timeMs: number; values: Float32Array[] }> => {
      const begin = performance.now();
      const { series, errors } = await reader.read({ cluster, host, metrics: [metric], ...range });
      const timeMs = performance.now() - begin;
      checks.equal("errors", errors.length, 0);
      return { timeMs, values: series.map(({ values }) => values) };
    };
    const cold = await read(probe.metric);
    const warm: number[] = [];
    for (let i = 0; i < SIZES[options.scale].reads; i++) {
      const { timeMs, values } = await read(probe.metric);
      checks.equalNumbers("values", values[0], probe.values);
      warm.push(timeMs);
    }
    const wide = await read("cpu_user");
    checks.equal("hwthreads", wide.values.length, 128);
    return [
      {
        what: "a day of one metric of a host, cold",
        unit: "ms",
        value: cold.timeMs,
        target: { kind: "value", must: 80, stretch: 30 },
      },
      {
        what: "the same, warm",
        unit: "ms",
        value: medianOf(warm),
        target: { kind: "value", must: 20, stretch: 5 },
      },
      { what: "a day of one metric of 128 hwthreads", unit: "ms", value: wide.timeMs },
    ];
  });
}

/** Checkpoint files that are older than this are archived so long after the start. */
const RETENTION = "5s";
const ARCHIVING_TIMEOUT_MS = 120_000;
const LINES = 20;
const FILE_CHECK_MS = 20;

/** Posts while a server archives what it finds at its start. */
async function measurePosts(options: RunOptions, checks: Checks): Promise<Figure[]> {
  return withData(options, async (data, places) => {
    const small = makeWorkload(clusterSeries({ alex: 0, fritz: 1 }).slice(0, LINES), "host", { lines: LINES });
    const server = await startStoreServer(pegelCommand, {
      fileFormat: "wal",
      checkpointDirectory: places.checkpoints,
      retention: RETENTION,
      archiveDirectory: places.archive,
    });
    const connection = await Connection.open(server.port);
    const times = { quiet: [] as number[], during: [] as number[] };
    const progress = { state: "quiet" as "quiet" | "during" | "over" };
    const watching = watch(places, data.rows, progress);
    while (progress.state !== "over") {
      const ofState = times[progress.state];
      const begin = performance.now();
      await postMessage(connection, small.messages[0], Math.floor(Date.now() / 1000));
      ofState.push(performance.now() - begin);
    }
    connection.close();
    await server.stop();
    await watching;
    checks.equal("posts were made while it archived", times.during.length > 0, true);
    return [
      {
        what: "slowest 20-line post while archiving",
        unit: "ms",
        value: Math.max(...times.during),
        target: { kind: "value", must: 20, stretch: 5 },
      },
      { what: "median post while archiving", unit: "ms", value: medianOf(times.during) },
      { what: "floor: slowest post before", unit: "ms", value: Math.max(...times.quiet) },
    ];
  });
}

/** Follows the archiving by what is on disk. Rejects when it does not end in time, or wrote something else. */
async function watch(places: Places, rows: number, progress: { state: "quiet" | "during" | "over" }): Promise<void> {
  const deadline = performance.now() + ARCHIVING_TIMEOUT_MS;
  try {
    while (performance.now() < deadline) {
      const names = await filesIn(places.archive);
      if (names.length > 0) progress.state = "during";
      const manifest = names.includes("_manifest.json") ? await manifestOf(places) : undefined;
      if (manifest !== undefined && manifest.files.length > 0 && manifest.removing.length === 0) {
        const found = manifest.files.reduce((sum, file) => sum + file.rows, 0);
        if (found !== rows) throw new Error(`${found} rows were archived, ${rows} expected`);
        return;
      }
      await delay(FILE_CHECK_MS);
    }
    throw new Error(`no archive in ${ARCHIVING_TIMEOUT_MS} ms`);
  } finally {
    progress.state = "over";
  }
}

async function manifestOf({ archive: root }: Places): Promise<{ files: { rows: number }[]; removing: unknown[] }> {
  return JSON.parse(await readFile(join(root, "alex", "_manifest.json"), "utf8"));
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.name !== "current.wal").map(({ name }) => name);
  } catch {
    return []; // Not made yet.
  }
}
