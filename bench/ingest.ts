// How fast do lines become samples in buffers, and does any batch stall? One thread, in process, no HTTP, no disk.

import type { Ingest } from "../src/ingest/ingest.ts";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import type { Case, Checks, Figure, Question, RunOptions, Scale, Target } from "./harness.ts";
import { BEGIN, checkReadBack, MINUTE_SECONDS, newIngest, newStore } from "./stores.ts";
import { makeWorkload, setTime, type Message, type MessageSize, type Order, type Workload } from "./workload.ts";

interface Shape {
  readonly name: string;
  readonly order: Order;
  readonly messageSize: MessageSize;
  readonly minutes: Readonly<Record<Scale, number>>;
  readonly target: Target;
}

/** More than the 512 of a buffer, so that the minute in which all series change their buffers is measured too. */
const BEYOND_TURNOVER = { full: 540, smoke: 3 };

const shapes: readonly Shape[] = [
  {
    name: "host-wise, 100 KB messages",
    order: "host",
    messageSize: { sizeBytes: 100_000 },
    minutes: BEYOND_TURNOVER,
    target: { kind: "value", must: 10, stretch: 25 },
  },
  {
    name: "metric-wise, 100 KB messages",
    order: "metric",
    messageSize: { sizeBytes: 100_000 },
    minutes: BEYOND_TURNOVER,
    target: { kind: "value", must: 10, stretch: 25 },
  },
  {
    name: "host-wise, 20-line messages",
    order: "host",
    messageSize: { lines: 20 },
    minutes: { full: 120, smoke: 3 },
    target: { kind: "value", must: 5, stretch: 12 },
  },
];

const HOSTS: Readonly<Record<Scale, HostCounts>> = { full: ALL_HOSTS, smoke: { alex: 1, fritz: 1 } };

/** Messages are timed in groups of about so many bytes: a group is what one POST of a busy collector holds. */
const GROUP_BYTES = 100_000;
const STALL_TARGET: Target = { kind: "value", must: 20 };

export const ingest: Question = {
  name: "ingest",
  title: "line protocol → buffers, in process, one thread",
  cases: shapes.map((shape): Case => ({ name: shape.name, run: (options, checks) => measure(shape, options, checks) })),
};

async function measure(shape: Shape, { scale }: RunOptions, checks: Checks): Promise<Figure[]> {
  const workload = makeWorkload(clusterSeries(HOSTS[scale]), shape.order, shape.messageSize);
  const groups = groupsOf(workload.messages);
  const store = newStore();
  const target = newIngest(store);
  const minutes = shape.minutes[scale];

  // The first minute is checked and told apart: the store meets every series for the first time.
  const first = await addMinute(target, workload, groups, BEGIN);
  checks.equal("samples stored in the first minute", target.counters.stored, workload.series.length);
  checkReadBack(checks, store, workload, 1);
  const later: MinuteTimes[] = [];
  for (let minute = 1; minute < minutes; minute++) {
    later.push(await addMinute(target, workload, groups, BEGIN + minute * MINUTE_SECONDS));
  }
  checks.equal("samples stored", target.counters.stored, workload.series.length * minutes);
  checkReadBack(checks, store, workload, minutes);

  const laterMs = later.reduce((sum, { totalMs }) => sum + totalMs, 0);
  const { name } = shape;
  return [
    { what: name, unit: "M lines/s", value: rate(workload, later.length, laterMs), target: shape.target },
    { what: `${name}: first minute, all series new`, unit: "M lines/s", value: rate(workload, 1, first.totalMs) },
    { what: `${name}: slowest 100 KB`, unit: "ms", value: slowest(later), target: STALL_TARGET },
    { what: `${name}: slowest 100 KB of the first minute`, unit: "ms", value: first.slowestMs, target: STALL_TARGET },
  ];
}

interface MinuteTimes {
  readonly totalMs: number;
  readonly slowestMs: number;
}

async function addMinute(
  target: Ingest,
  workload: Workload,
  groups: readonly (readonly Message[])[],
  time: number,
): Promise<MinuteTimes> {
  for (const message of workload.messages) setTime(message, time);
  let slowestMs = 0;
  const begin = performance.now();
  let groupBegin = begin;
  for (const group of groups) {
    for (const { bytes } of group) {
      const batch = target.begin("");
      batch.add(bytes);
      await batch.finish();
    }
    const groupEnd = performance.now();
    slowestMs = Math.max(slowestMs, groupEnd - groupBegin);
    groupBegin = groupEnd;
  }
  return { totalMs: groupBegin - begin, slowestMs };
}

function groupsOf(messages: readonly Message[]): Message[][] {
  const groups: Message[][] = [];
  let sizeBytes = GROUP_BYTES;
  for (const message of messages) {
    if (sizeBytes >= GROUP_BYTES) {
      groups.push([]);
      sizeBytes = 0;
    }
    groups[groups.length - 1].push(message);
    sizeBytes += message.bytes.length;
  }
  return groups;
}

/** In millions of lines a second. */
function rate({ series }: Workload, minutes: number, timeMs: number): number {
  return (series.length * minutes) / timeMs / 1000;
}

function slowest(minutes: readonly MinuteTimes[]): number {
  return minutes.reduce((max, { slowestMs }) => Math.max(max, slowestMs), 0);
}
