// How long does a start take, from the process to the first answer? After a kill with samples in the WALs of the hosts, or
// still in the journal, and after a clean stop. The page cache is warm, as it is when a process is started again. What is
// started is the built program, which loads faster than the single files that other questions start.

import { execFile } from "node:child_process";
import { link, mkdir, readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import type { Ingest } from "../src/ingest/ingest.ts";
import { nodeFileSystem } from "../src/runtime/node.ts";
import { buildProgram } from "./built-program.ts";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import { Connection } from "./connection.ts";
import { readPlainly, withDirectory } from "./disk.ts";
import {
  medianOf,
  timeEach,
  type Case,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
} from "./harness.ts";
import { HeldFiles } from "./held-files.ts";
import { checkSamples } from "./http-load.ts";
import { ingestMessage, newLoggedStore, newPersistentStore } from "./logged-store.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { startStoreServer, type Command } from "./store-server.ts";
import { makeWorkload, setTime, type Workload } from "./workload.ts";

interface Sizes {
  readonly hosts: HostCounts;
  readonly minutes: number;
  /** How often each server is started. */
  readonly starts: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: ALL_HOSTS, minutes: 60, starts: 3 },
  smoke: { hosts: { alex: 1, fritz: 1 }, minutes: 4, starts: 1 },
};

/** Where the samples are when the server starts. */
type Place = "WALs" | "journal" | "snapshots" | "nowhere";

/** Against the reference, if it is at hand; else against what it took on two cores. */
interface Goal {
  readonly must: number;
  readonly stretch: number;
  /** Milliseconds. */
  readonly referenceMs: number;
}

const AFTER_KILL: Goal = { must: 3, stretch: 8, referenceMs: 2650 };
const AFTER_STOP: Goal = { must: 1, stretch: 2, referenceMs: 320 };

interface Scene {
  readonly place: Place;
  readonly what: string;
  readonly goal?: Goal;
  /** Whether the reference can read these files. */
  readonly hasReference: boolean;
}

const scenes: readonly Scene[] = [
  {
    place: "WALs",
    what: "kill -9, 10 M samples in the WALs of the hosts",
    goal: AFTER_KILL,
    hasReference: true,
  },
  { place: "journal", what: "kill -9, 10 M samples in the journal only", goal: AFTER_KILL, hasReference: false },
  {
    place: "snapshots",
    what: "clean stop, 10 M samples in snapshots",
    goal: AFTER_STOP,
    hasReference: true,
  },
  { place: "nowhere", what: "empty directory", hasReference: true },
];

export const restart: Question = {
  name: "restart",
  title: "from the start of the process to the first answer, page cache warm",
  cases: scenes.map((scene): Case => ({
    name: scene.place,
    run: (options, checks) => measure(scene, options, checks),
  })),
};

async function measure(scene: Scene, options: RunOptions, checks: Checks): Promise<Figure[]> {
  const { what, place, goal, hasReference } = scene;
  const { hosts, minutes, starts } = SIZES[options.scale];
  const workload = makeWorkload(clusterSeries(hosts), "host", { sizeBytes: 100_000 });
  const end = Math.floor(Date.now() / 1000 / MINUTE_SECONDS) * MINUTE_SECONDS;
  return withDirectory(async (directory) => {
    const origin = join(directory, "origin");
    await fill(origin, place, workload, end - minutes * MINUTE_SECONDS, minutes);
    const read = await readPlainly(origin);
    const time = async (command: Command): Promise<number> => {
      const timesMs: number[] = [];
      for (let i = 0; i < starts; i++) {
        const copy = join(directory, "copy");
        await linkFiles(origin, copy);
        timesMs.push(await timeStart(command, copy, place, workload, end - MINUTE_SECONDS, checks));
        await rm(copy, { recursive: true });
      }
      return medianOf(timesMs);
    };
    const program = await buildProgram(join(directory, "program"));
    const { referencePath } = options;
    const isCompared = hasReference && referencePath !== undefined;
    const target = goal && targetOf(goal, isCompared);
    const figure: Figure = { what, unit: "ms", value: await time(program), ...(target && { target }) };
    const compared = isCompared ? { ...figure, referenceValue: await time([referencePath]) } : figure;
    // The copies are links: a server that wrote into them would have spoilt what the others read.
    checks.equal(`bytes in the ${place}`, (await readPlainly(origin)).sizeBytes, read.sizeBytes);
    const floor = place === "nowhere" ? await emptyProgramFigure() : readFigure(place, read.timeMs, read.sizeBytes);
    return [compared, floor];
  });
}

function targetOf({ must, stretch, referenceMs }: Goal, isCompared: boolean): Figure["target"] {
  if (isCompared) return { kind: "times-reference", must, stretch };
  return { kind: "value", must: Math.round(referenceMs / must), stretch: Math.round(referenceMs / stretch) };
}

async function emptyProgramFigure(): Promise<Figure> {
  const [value] = await timeEach(1, 1, () => promisify(execFile)(process.execPath, ["--eval", "0"]));
  return { what: "floor: an empty program, from start to end", unit: "ms", value };
}

function readFigure(place: Place, timeMs: number, sizeBytes: number): Figure {
  return { what: `floor: plain read of the ${place}, ${Math.round(sizeBytes / 1e6)} MB`, unit: "ms", value: timeMs };
}

async function timeStart(
  command: Command,
  checkpointDirectory: string,
  place: Place,
  workload: Workload,
  lastMinute: number,
  checks: Checks,
): Promise<number> {
  const server = await startStoreServer(command, { fileFormat: "wal", checkpointDirectory });
  try {
    const connection = await Connection.open(server.port);
    if (place !== "nowhere") await checkSamples(connection, workload, lastMinute, checks);
    connection.close();
    return server.startMs;
  } finally {
    await server.stop();
  }
}

/** Makes a directory as a server leaves it. @param begin Unix seconds */
async function fill(root: string, place: Place, workload: Workload, begin: number, minutes: number): Promise<void> {
  await mkdir(root);
  if (place === "WALs") {
    const target = newLoggedStore(nodeFileSystem, root, "write", begin);
    await ingestMinutes(target.ingest, workload, begin, minutes);
    await target.log.close();
  } else if (place === "journal") {
    const files = new HeldFiles("keep");
    const target = newLoggedStore(files, root, "write", begin);
    await ingestMinutes(target.ingest, workload, begin, minutes);
    await files.saveAll();
  } else if (place === "snapshots") {
    const { ingest, persistence } = await newPersistentStore(root, begin);
    await ingestMinutes(ingest, workload, begin, minutes);
    await persistence.close();
  }
}

async function ingestMinutes(ingest: Ingest, { messages }: Workload, begin: number, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    for (const message of messages) {
      setTime(message, begin + minute * MINUTE_SECONDS);
      await ingestMessage(ingest, message);
    }
  }
}

/** A directory with the same files, which are links: copies would have to be written to the disk while others are timed. */
async function linkFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const directory = join(to, relative(from, entry.parentPath));
    await mkdir(directory, { recursive: true });
    if (entry.isFile()) await link(join(entry.parentPath, entry.name), join(directory, entry.name));
  }
}
