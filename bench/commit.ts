// What does a commit cost when a batch is of many hosts? The journal makes it one flush; the floor next to it flushes a
// file of each host, as it would have to be without a journal.

import { mkdir, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { inParallel } from "../src/persistence/in-parallel.ts";
import { nodeFileSystem } from "../src/runtime/node.ts";
import { nodeMetrics, type SeriesName } from "./cluster.ts";
import { appendPlainly, withDirectory } from "./disk.ts";
import {
  medianOf,
  type Case,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
} from "./harness.ts";
import { checkLoaded, ingestMessage, loadDirectory, newLoggedStore, type LoggedStore } from "./logged-store.ts";
import { BEGIN, MINUTE_SECONDS } from "./stores.ts";
import { makeWorkload, setTime, type Message, type Workload } from "./workload.ts";

interface Sizes {
  readonly commits: number;
  /** How often a file of every host is flushed. */
  readonly plainCommits: number;
}

interface Shape {
  readonly hosts: number;
  readonly sizes: Readonly<Record<Scale, Sizes>>;
}

const shapes: readonly Shape[] = [
  { hosts: 20, sizes: { full: { commits: 400, plainCommits: 20 }, smoke: { commits: 5, plainCommits: 2 } } },
  { hosts: 200, sizes: { full: { commits: 200, plainCommits: 10 }, smoke: { commits: 5, plainCommits: 1 } } },
  { hosts: 3000, sizes: { full: { commits: 60, plainCommits: 3 }, smoke: { commits: 2, plainCommits: 1 } } },
];

/** Each host has so many lines in a batch. */
const METRICS = 10;
/** Files that are flushed at once. */
const OPEN_AT_ONCE = 16;

const WRITERS: Readonly<Record<Scale, { readonly writers: number; readonly rounds: number }>> = {
  full: { writers: 64, rounds: 60 },
  smoke: { writers: 8, rounds: 3 },
};

export const commit: Question = {
  name: "commit",
  title: "commits with fdatasync, in process",
  cases: [
    ...shapes.map((shape): Case => ({
      name: `${shape.hosts} hosts`,
      run: (options, checks) => measure(shape, options, checks),
    })),
    { name: "many writers", run: measureWriters },
  ],
};

async function measure({ hosts, sizes }: Shape, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { commits, plainCommits } = sizes[scale];
  const workload = makeWorkload(nodeSeries(hosts), "host", { lines: hosts * METRICS });
  const [message] = workload.messages;
  return withDirectory(async (directory) => {
    const root = join(directory, "checkpoints");
    const target = newLoggedStore(nodeFileSystem, root, "commit", BEGIN);
    await commitAt(target, message, 0);
    const recordBytes = target.log.journalBytes;
    const timesMs: number[] = [];
    const plainMs: number[] = [];
    const plain = await PlainFile.open(join(directory, "plain"), recordBytes);
    // In turn: the disk's time for a flush changes from second to second.
    for (let minute = 1; minute <= commits; minute++) {
      timesMs.push(await commitAt(target, message, minute));
      plainMs.push(await plain.append());
    }
    await plain.close();
    await checkDirectory(checks, target, root, workload, commits + 1);
    const manyFilesMs = await appendToMany(join(directory, "many"), hosts, recordBytes / hosts, plainCommits);
    const what = `a batch of ${hosts} hosts, ${hosts * METRICS} lines`;
    return [
      { what, unit: "ms", value: medianOf(timesMs) },
      { what: `${what}: slowest of ${commits}`, unit: "ms", value: Math.max(...timesMs) },
      { what: "floor: append and fdatasync, one file", unit: "ms", value: medianOf(plainMs) },
      { what: `without a journal: ${hosts} files, 16 at once`, unit: "ms", value: manyFilesMs / plainCommits },
    ];
  });
}

/** From the batch's first byte to its acknowledgement, milliseconds. */
async function commitAt({ ingest }: LoggedStore, message: Message, minute: number): Promise<number> {
  setTime(message, BEGIN + minute * MINUTE_SECONDS);
  const begin = performance.now();
  await ingestMessage(ingest, message);
  return performance.now() - begin;
}

/** Many connections with small posts: those that come during a flush share the next. */
async function measureWriters({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { writers, rounds } = WRITERS[scale];
  const workload = makeWorkload(nodeSeries(2 * writers), "host", { lines: 2 * METRICS });
  const { messages } = workload;
  return withDirectory(async (directory) => {
    const root = join(directory, "checkpoints");
    const target = newLoggedStore(nodeFileSystem, root, "commit", BEGIN);
    const timesMs: number[] = [];
    const begin = performance.now();
    const write = async (message: Message): Promise<void> => {
      for (let minute = 0; minute < rounds; minute++) timesMs.push(await commitAt(target, message, minute));
    };
    await Promise.all(messages.map(write));
    const totalMs = performance.now() - begin;
    const recordBytes = target.log.journalBytes;
    await checkDirectory(checks, target, root, workload, rounds);
    const plainMs = await appendPlainly(join(directory, "one"), recordBytes, "each", recordBytes / timesMs.length);
    const perSecond = (timeMs: number): number => (timesMs.length * 1000) / timeMs;
    return [
      { what: `${writers} writers, 20 lines a commit`, unit: "commits/s", value: perSecond(totalMs) },
      { what: `${writers} writers: until acknowledged`, unit: "ms", value: medianOf(timesMs) },
      { what: "floor: fdatasync after each", unit: "commits/s", value: perSecond(plainMs) },
    ];
  });
}

/** A file to which the same bytes are appended and flushed again and again. */
class PlainFile {
  readonly #file: FileHandle;
  readonly #piece: Uint8Array;

  private constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#piece = new Uint8Array(sizeBytes).fill(1);
  }

  static async open(path: string, sizeBytes: number): Promise<PlainFile> {
    return new PlainFile(await open(path, "ax"), sizeBytes);
  }

  /** Returns the milliseconds. */
  async append(): Promise<number> {
    const begin = performance.now();
    await this.#file.appendFile(this.#piece);
    await this.#file.datasync();
    return performance.now() - begin;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function nodeSeries(hosts: number): SeriesName[] {
  const metrics = nodeMetrics.slice(0, METRICS);
  return Array.from({ length: hosts }, (_, i) => `n${String(i).padStart(4, "0")}`).flatMap((host) =>
    metrics.map((metric) => ({ cluster: "alex", host, metric, type: "node" })),
  );
}

async function checkDirectory(
  checks: Checks,
  { log }: LoggedStore,
  root: string,
  workload: Workload,
  minutes: number,
): Promise<void> {
  // As a crash would leave it: what was acknowledged must be there.
  checkLoaded(checks, await loadDirectory(nodeFileSystem, root, BEGIN), workload, BEGIN, minutes);
  await log.close();
}

async function appendToMany(directory: string, count: number, pieceBytes: number, rounds: number): Promise<number> {
  await mkdir(directory);
  const names = Array.from({ length: count }, (_, i) => join(directory, String(i)));
  const piece = new Uint8Array(pieceBytes).fill(1);
  let timeMs = 0;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    const failures = await inParallel(names, OPEN_AT_ONCE, (name) => appendDurably(name, piece));
    timeMs += performance.now() - begin;
    if (failures.length > 0) throw failures[0];
  }
  return timeMs;
}

async function appendDurably(path: string, piece: Uint8Array): Promise<void> {
  const file = await open(path, "a");
  await file.appendFile(piece);
  await file.datasync();
  await file.close();
}
