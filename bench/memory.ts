// What does a sample cost in memory, all in? The growth of a fresh process over the samples it has taken in.

import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import type { Checks, Figure, Question, RunOptions, Scale } from "./harness.ts";
import { BEGIN, checkReadBack, MINUTE_SECONDS, newIngest, newStore } from "./stores.ts";
import { makeWorkload, setTime } from "./workload.ts";

const SIZES: Readonly<Record<Scale, { readonly hosts: HostCounts; readonly minutes: number }>> = {
  full: { hosts: ALL_HOSTS, minutes: 960 },
  smoke: { hosts: { alex: 2, fritz: 2 }, minutes: 60 },
};

export const memory: Question = {
  name: "memory",
  title: "resident memory of a store",
  cases: [{ name: "resident memory", run: measure }],
};

async function measure({ scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const { hosts, minutes } = SIZES[scale];
  const workload = makeWorkload(clusterSeries(hosts), "host", { sizeBytes: 100_000 });
  const before = residentBytes();
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
  const samples = workload.series.length * minutes;
  const grownBytes = residentBytes() - before;
  // Only now: reading makes garbage that would count as the store's.
  checks.equal("samples stored", target.counters.stored, samples);
  checks.equal("slots in use", store.countAll().slots, samples);
  checkReadBack(checks, store, workload, minutes);
  return [
    {
      what: `RAM per sample, ${workload.series.length} series × ${minutes}`,
      unit: "B",
      value: grownBytes / samples,
      target: { kind: "value", must: 5, stretch: 4.5 },
    },
  ];
}

function residentBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("BUG: the memory question needs node --expose-gc");
  // Once more for what the first collection only finalised.
  gc();
  gc();
  return process.memoryUsage.rss();
}
