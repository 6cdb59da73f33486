// How fast do samples become snapshots, and snapshots samples? Codec and store in process, then a checkpoint on disk.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostSnapshot } from "../src/codec/host-snapshot.ts";
import { decodeSnapshot, encodeSnapshot } from "../src/codec/snapshot/snapshot.ts";
import type { Level } from "../src/core/level.ts";
import type { MetricStore } from "../src/core/store.ts";
import { Checkpointer } from "../src/persistence/checkpointer.ts";
import { exportHost } from "../src/persistence/host-export.ts";
import { importHost } from "../src/persistence/host-import.ts";
import { HostRegistry } from "../src/persistence/host-registry.ts";
import { nodeFileSystem } from "../src/runtime/node.ts";
import { clusterSeries, type HostCounts } from "./cluster.ts";
import { appendPlainly, copyInMemory, copyIntoNewMemory, withDirectory } from "./disk.ts";
import {
  medianOf,
  type Case,
  type Checks,
  type Figure,
  type Question,
  type RunOptions,
  type Scale,
} from "./harness.ts";
import { checkLoaded, loadDirectory } from "./logged-store.ts";
import { BEGIN, checkReadBack, MINUTE_SECONDS, newIngest, newStore } from "./stores.ts";
import { makeWorkload, setTime, type Workload } from "./workload.ts";

interface Sizes {
  readonly hosts: HostCounts;
  readonly minutes: number;
  readonly repeats: number;
}

interface Shape {
  readonly name: string;
  readonly sizes: Readonly<Record<Scale, Sizes>>;
}

const SMOKE: Sizes = { hosts: { alex: 1, fritz: 1 }, minutes: 20, repeats: 2 };

/** Ten million samples in both: short runs of many series, as after an hour, and long ones, as after twelve. */
const shapes: readonly Shape[] = [
  {
    name: "60 values a series",
    sizes: { full: { hosts: { alex: 80, fritz: 62 }, minutes: 60, repeats: 5 }, smoke: SMOKE },
  },
  {
    name: "720 values a series",
    sizes: { full: { hosts: { alex: 7, fritz: 5 }, minutes: 720, repeats: 5 }, smoke: SMOKE },
  },
];

export const snapshot: Question = {
  name: "snapshot",
  title: "binary snapshots of 10 M samples, one thread",
  cases: shapes.map((shape): Case => ({ name: shape.name, run: (options, checks) => measure(shape, options, checks) })),
};

async function measure({ name, sizes }: Shape, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { hosts, minutes, repeats } = sizes[scale];
  const workload = makeWorkload(clusterSeries(hosts), "host", { sizeBytes: 100_000 });
  const store = await filled(workload, minutes);
  const written = Array.from({ length: repeats }, () => writeAll(store));
  const [{ snapshots, sizeBytes }] = written;
  const loaded = Array.from({ length: repeats }, () => {
    const outcome = loadAll(snapshots);
    checkReadBack(checks, outcome.store, workload, minutes);
    return outcome;
  });
  const rate = (timeMs: number): number => sizeBytes / timeMs / 1000;
  const median = <Time>(times: readonly Time[], get: (time: Time) => number): number => rate(medianOf(times.map(get)));
  return [
    {
      what: `write, ${name}`,
      unit: "MB/s",
      value: median(written, ({ exportMs, encodeMs }) => exportMs + encodeMs),
      target: { kind: "value", must: 1000 },
    },
    { what: "of that: store → blocks", unit: "MB/s", value: median(written, ({ exportMs }) => exportMs) },
    { what: "of that: blocks → bytes", unit: "MB/s", value: median(written, ({ encodeMs }) => encodeMs) },
    {
      what: `load, ${name}`,
      unit: "MB/s",
      value: median(loaded, ({ decodeMs, importMs }) => decodeMs + importMs),
      target: { kind: "value", must: 2000, stretch: 5000 },
    },
    { what: "of that: bytes → blocks", unit: "MB/s", value: median(loaded, ({ decodeMs }) => decodeMs) },
    { what: "of that: blocks → store", unit: "MB/s", value: median(loaded, ({ importMs }) => importMs) },
    { what: "floor: memcpy of these bytes", unit: "MB/s", value: rate(copyInMemory(sizeBytes)) },
    { what: "floor: the same into new memory", unit: "MB/s", value: rate(copyIntoNewMemory(sizeBytes)) },
    ...(await measureOnDisk(store, workload, minutes, sizeBytes, checks)),
  ];
}

async function filled(workload: Workload, minutes: number): Promise<MetricStore> {
  const store = newStore();
  const target = newIngest(store);
  for (let minute = 0; minute < minutes; minute++) {
    for (const message of workload.messages) {
      setTime(message, BEGIN + minute * MINUTE_SECONDS);
      const batch = target.begin("");
      batch.add(message.bytes);
      await batch.finish();
    }
  }
  return store;
}

interface HostLevel {
  readonly cluster: string;
  readonly host: string;
  readonly level: Level;
}

function hostsOf(store: MetricStore): HostLevel[] {
  return store.paths(2).flatMap(([cluster, host]) => {
    const level = store.root.find([cluster, host]);
    return level === undefined ? [] : [{ cluster, host, level }];
  });
}

interface EncodedSnapshot {
  readonly cluster: string;
  readonly host: string;
  readonly bytes: Uint8Array;
}

/** Host by host, as a checkpoint does it: what one has exported is encoded while it is in the caches. */
function writeAll(store: MetricStore) {
  const snapshots: EncodedSnapshot[] = [];
  let [exportMs, encodeMs, sizeBytes] = [0, 0, 0];
  for (const { cluster, host, level } of hostsOf(store)) {
    const begin = performance.now();
    const parts: HostSnapshot[] = exportHost(store, level, -Infinity);
    const exported = performance.now();
    const encoded = parts.map(encodeSnapshot);
    exportMs += exported - begin;
    encodeMs += performance.now() - exported;
    for (const bytes of encoded) {
      snapshots.push({ cluster, host, bytes });
      sizeBytes += bytes.length;
    }
  }
  return { snapshots, exportMs, encodeMs, sizeBytes };
}

/** Into an empty store, where every series is new. */
function loadAll(snapshots: readonly EncodedSnapshot[]) {
  const store = newStore();
  let [decodeMs, importMs] = [0, 0];
  for (const { cluster, host, bytes } of snapshots) {
    const begin = performance.now();
    const decoded = decodeSnapshot(bytes);
    const end = performance.now();
    importHost(store, cluster, host, decoded);
    decodeMs += end - begin;
    importMs += performance.now() - end;
  }
  return { store, decodeMs, importMs };
}

async function measureOnDisk(
  store: MetricStore,
  workload: Workload,
  minutes: number,
  sizeBytes: number,
  checks: Checks,
): Promise<Figure[]> {
  const hosts = hostsOf(store);
  const rate = (timeMs: number): number => sizeBytes / timeMs / 1000;
  return withDirectory(async (directory) => {
    const root = join(directory, "checkpoints");
    const registry = new HostRegistry(nodeFileSystem, root);
    const checkpointer = new Checkpointer({
      store,
      files: nodeFileSystem,
      format: "bin",
      yieldToOthers: () => Promise.resolve(),
    });
    const begin = performance.now();
    for (const { cluster, host } of hosts) await checkpointer.checkpoint(registry.of(cluster, host));
    const writtenMs = performance.now() - begin;
    const loadBegin = performance.now();
    const loaded = await loadDirectory(nodeFileSystem, root, BEGIN);
    const loadedMs = performance.now() - loadBegin;
    checkLoaded(checks, loaded, workload, BEGIN, minutes);
    const plainMs = await writeFilesPlainly(join(directory, "plain"), hosts.length, sizeBytes);
    return [
      { what: "checkpoint on disk, host after host", unit: "MB/s", value: rate(writtenMs) },
      { what: "floor: as many files, append and fdatasync", unit: "MB/s", value: rate(plainMs) },
      { what: "load of these files, page cache warm", unit: "MB/s", value: rate(loadedMs) },
    ];
  });
}

async function writeFilesPlainly(directory: string, count: number, sizeBytes: number): Promise<number> {
  await mkdir(directory);
  let timeMs = 0;
  for (let i = 0; i < count; i++) timeMs += await appendPlainly(join(directory, String(i)), sizeBytes / count, "end");
  return timeMs;
}
