// What does the log cost? Ingest with every sample framed as a record, and records read back into a store. In process.

import { FILE_HEADER_BYTES } from "../src/codec/wal/record.ts";
import { INPUT_BYTES, STOP_END, STOP_UNKNOWN_KEY, WalReplayer } from "../src/codec/wal/replayer.ts";
import { nodeFileSystem } from "../src/runtime/node.ts";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import { appendPlainly, copyInMemory, withDirectory, type Sync } from "./disk.ts";
import {
  medianOf,
  type Case,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
} from "./harness.ts";
import { HeldFiles } from "./held-files.ts";
import {
  checkLoaded,
  ingestMessage,
  ingestMinute,
  loadDirectory,
  newLoggedStore,
  type LoggedStore,
} from "./logged-store.ts";
import { BEGIN, MINUTE_SECONDS } from "./stores.ts";
import { makeWorkload, setTime, type Order, type Workload } from "./workload.ts";

interface Sizes {
  readonly hosts: HostCounts;
  readonly minutes: number;
  readonly repeats: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: ALL_HOSTS, minutes: 60, repeats: 3 },
  smoke: { hosts: { alex: 1, fritz: 1 }, minutes: 4, repeats: 1 },
};

const ROOT = "/held";
/** Messages under way at once: while one waits for the journal the next is read. */
const AT_ONCE = 4;

const frame = (order: Order): Case => ({
  name: `framing, ${order}-wise`,
  run: (options, checks) => measureFraming(order, options, checks),
});

const replay = (order: Order): Case => ({
  name: `replay, ${order}-wise`,
  run: (options, checks) => measureReplay(order, options, checks),
});

export const wal: Question = {
  name: "wal",
  title: "write-ahead log, in process, one thread, no flush",
  cases: [frame("host"), frame("metric"), replay("host"), replay("metric")],
};

async function measureFraming(order: Order, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { hosts, minutes } = SIZES[scale];
  const workload = makeWorkload(clusterSeries(hosts), order, { sizeBytes: 100_000 });
  const what = `ingest with framing, ${order}-wise, 100 KB messages`;
  const rate = (timeMs: number): number => (workload.series.length * minutes) / timeMs / 1000;

  const held = new HeldFiles("discard");
  const framingMs = await timeIngest(newLoggedStore(held, ROOT, "write", BEGIN), workload, minutes);
  const recordBytes = (held.appendedBytes / (minutes + 1)) * minutes;
  const written = await withDirectory(async (directory) => {
    const root = `${directory}/checkpoints`;
    const target = newLoggedStore(nodeFileSystem, root, "write", BEGIN);
    const writingMs = await timeIngest(target, workload, minutes);
    checkLoaded(checks, await loadDirectory(nodeFileSystem, root, BEGIN), workload, BEGIN, minutes + 1);
    await target.log.close();
    const appended = (sync: Sync): Promise<number> => appendPlainly(`${directory}/${sync}`, recordBytes, sync);
    return { writingMs, plainMs: await appended("no"), syncedMs: await appended("end") };
  });
  return [
    { what, unit: "M lines/s", value: rate(framingMs), target: { kind: "value", must: 8, stretch: 20 } },
    { what: `${what}, journal and WALs written`, unit: "M lines/s", value: rate(written.writingMs) },
    { what: "floor: memcpy of these records", unit: "M lines/s", value: rate(copyInMemory(recordBytes)) },
    { what: "floor: plain append of these records", unit: "M lines/s", value: rate(written.plainMs) },
    { what: "floor: plain append, fdatasync at the end", unit: "M lines/s", value: rate(written.syncedMs) },
  ];
}

/** Ingests a minute unmeasured, in which every series is new, then so many others; returns their milliseconds. */
async function timeIngest(target: LoggedStore, workload: Workload, minutes: number): Promise<number> {
  await ingestMinute(target, workload, BEGIN, AT_ONCE);
  let timeMs = 0;
  for (let minute = 1; minute <= minutes; minute++) {
    timeMs += await ingestMinute(target, workload, BEGIN + minute * MINUTE_SECONDS, AT_ONCE);
  }
  return timeMs;
}

async function measureReplay(order: Order, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { hosts, minutes, repeats } = SIZES[scale];
  const workload = makeWorkload(clusterSeries(hosts), order, { sizeBytes: 100_000 });
  const records = workload.series.length * minutes;
  const rate = (timesMs: readonly number[]): number => records / medianOf(timesMs) / 1000;
  const timesOf = async (files: HeldFiles): Promise<number[]> => {
    const timesMs: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const begin = performance.now();
      const loaded = await loadDirectory(files, ROOT, BEGIN);
      timesMs.push(performance.now() - begin);
      checkLoaded(checks, loaded, workload, BEGIN, minutes);
    }
    return timesMs;
  };
  const settled = await hold(workload, minutes, "settle");
  const ofWals = await timesOf(settled);
  const ofJournal = await timesOf(await hold(workload, minutes, "leave in journal"));
  const { parsedMs, sizeBytes } = await timeParsing(settled, records, checks);
  return [
    {
      what: `WALs of the hosts → store, ${order}-wise`,
      unit: "M records/s",
      value: rate(ofWals),
      target: REPLAY_TARGET,
    },
    { what: `journal → store, ${order}-wise`, unit: "M records/s", value: rate(ofJournal), target: REPLAY_TARGET },
    { what: "of that: records → columns, all keys known", unit: "M records/s", value: rate([parsedMs]) },
    { what: "floor: memcpy of these records", unit: "M records/s", value: rate([copyInMemory(sizeBytes)]) },
  ];
}

const REPLAY_TARGET = { kind: "value", must: 10, stretch: 50 } as const;

/** A directory in memory with so many minutes. */
async function hold(workload: Workload, minutes: number, where: "settle" | "leave in journal"): Promise<HeldFiles> {
  const files = new HeldFiles("keep");
  const { log, ingest } = newLoggedStore(files, ROOT, "write", BEGIN);
  for (let minute = 0; minute < minutes; minute++) {
    // Not by `ingestMinute`, which settles.
    for (const message of workload.messages) {
      setTime(message, BEGIN + minute * MINUTE_SECONDS);
      await ingestMessage(ingest, message);
    }
  }
  if (where === "settle") await log.settle();
  return files;
}

/** The codec alone, over the WALs of all hosts; each is read a second time, with keys known, for the clock. */
async function timeParsing(
  files: HeldFiles,
  records: number,
  checks: Checks,
): Promise<{ parsedMs: number; sizeBytes: number }> {
  const replayer = new WalReplayer();
  let found = 0;
  let parsedMs = 0;
  let sizeBytes = 0;
  let number = 0;
  for (const cluster of await files.list(ROOT)) {
    for (const host of await files.list(`${ROOT}/${cluster.name}`)) {
      const path = `${ROOT}/${cluster.name}/${host.name}/current.wal`;
      const bytes = await files.readRange(path, FILE_HEADER_BYTES, Infinity);
      sizeBytes += bytes.length;
      parseAll(replayer, number, bytes);
      const begin = performance.now();
      found += parseAll(replayer, number, bytes);
      parsedMs += performance.now() - begin;
      number++;
    }
  }
  checks.equal("records parsed", found, records);
  return { parsedMs, sizeBytes };
}

function parseAll(replayer: WalReplayer, host: number, bytes: Uint8Array): number {
  replayer.begin(host);
  let count = 0;
  let filled = 0;
  for (let offset = 0; offset < bytes.length;) {
    const piece = bytes.subarray(offset, offset + INPUT_BYTES - filled);
    replayer.input.set(piece, filled);
    filled += piece.length;
    offset += piece.length;
    let position = 0;
    for (;;) {
      const stop = replayer.parse(position, filled);
      count += replayer.count;
      position = replayer.position;
      if (stop === STOP_END) break;
      if (stop === STOP_UNKNOWN_KEY) replayer.teach(position, 0);
    }
    replayer.input.copyWithin(0, position, filled);
    filled -= position;
  }
  return count;
}
