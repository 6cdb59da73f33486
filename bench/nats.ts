// How fast do samples come from NATS? Publisher, NATS server and store are processes of their own on loopback; the server is
// as it comes, so that a store which does not follow loses messages. What counts is what is in the store, asked over HTTP.
// To pegel is published as fast as it takes the messages; the reference, which does not tell how far it is, is flooded.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AckPolicy, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { ALL_HOSTS, clusterSeries, type HostCounts } from "./cluster.ts";
import { Connection, requestHead } from "./connection.ts";
import type { Checks, Figure, Question, RunOptions, Scale, Target } from "./harness.ts";
import { startNatsServer, type NatsServer } from "./nats-server.ts";
import type { Grant, PublishOrder, PublisherSetup } from "./nats-publisher.ts";
import type { Answer } from "./query-cases.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { pegelCommand, startStoreServer, type Command } from "./store-server.ts";
import { makeWorkload, type MessageSize, type Workload, type WorkloadSeries } from "./workload.ts";

interface Sizes {
  readonly hosts: HostCounts;
  /** Published and timed, behind one that lets the store meet every series. */
  readonly minutes: number;
}

const SIZES: Readonly<Record<Scale, Sizes>> = {
  full: { hosts: ALL_HOSTS, minutes: 20 },
  smoke: { hosts: { alex: 1, fritz: 1 }, minutes: 2 },
};

interface Shape {
  readonly what: string;
  readonly messageSize: MessageSize;
  /** The part of the minutes that are published; small messages take their time. */
  readonly part?: number;
  readonly target?: Target;
}

/** Measured once on the reference: 1.03 and 0.62 M lines/s. */
const coreShapes: readonly Shape[] = [
  {
    what: "100 KB messages",
    messageSize: { sizeBytes: 100_000 },
    target: { kind: "value", must: 3.09, stretch: 6.18 },
  },
  { what: "2 KB messages", messageSize: { lines: 21 }, target: { kind: "value", must: 1.86, stretch: 3.72 } },
  { what: "messages of one line", messageSize: { lines: 1 }, part: 0.2 },
];

const streamShapes: readonly Shape[] = [
  { what: "100 KB messages", messageSize: { sizeBytes: 100_000 }, target: { kind: "value", must: 1, stretch: 3 } },
  { what: "2 KB messages", messageSize: { lines: 21 }, target: { kind: "value", must: 1, stretch: 3 } },
  { what: "messages of one line", messageSize: { lines: 1 }, part: 0.2 },
];

const SUBJECT = "hpc-nats";
const STREAM = "METRICS";
/** Series that are looked at, minute by minute, for what was lost. */
const LOOKED_AT = 200;
/** Nothing new in the store for so long: what is missing is lost. */
const QUIET_MS = 2000;
const POLL_MS = 10;
const MAX_ACK_PENDING = 100_000;

export const nats: Question = {
  name: "nats",
  title: "from NATS, published at full speed; from a stream, acknowledged when flushed to disk",
  cases: [
    { name: "core", run: (options, checks) => measureAll(coreShapes, measureCore, options, checks) },
    { name: "stream", run: (options, checks) => measureAll(streamShapes, measureStream, options, checks) },
  ],
};

type Measure = (shape: Shape, bench: Bench, options: RunOptions, checks: Checks) => Promise<Figure[]>;

/** One NATS server, and one process that publishes. */
interface Bench {
  readonly server: NatsServer;
  readonly publisher: ChildProcess;
  readonly workload: Workload;
  /** Unix seconds of the first minute. */
  readonly begin: number;
  readonly minutes: number;
}

async function measureAll(
  shapes: readonly Shape[],
  measure: Measure,
  options: RunOptions,
  checks: Checks,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const { hosts, minutes: allMinutes } = SIZES[options.scale];
  for (const shape of shapes) {
    const minutes = Math.ceil(allMinutes * (shape.part ?? 1));
    const server = await startNatsServer();
    const publisher = await startPublisher({ port: server.port, hosts, messageSize: shape.messageSize });
    try {
      const workload = makeWorkload(clusterSeries(hosts), "host", shape.messageSize);
      const begin = (Math.floor(Date.now() / 1000 / MINUTE_SECONDS) - 24 * 60) * MINUTE_SECONDS;
      figures.push(...(await measure(shape, { server, publisher, workload, begin, minutes }, options, checks)));
    } finally {
      publisher.disconnect();
      await server.stop();
    }
  }
  return figures;
}

/** Published and not in the store yet: far below the 64 MB at which the server cuts off a slow consumer. */
const PACE_BYTES = 48_000_000;

const BESIDE_REFERENCE: Target = { kind: "times-reference", must: 3, stretch: 6 };

async function measureCore(shape: Shape, bench: Bench, options: RunOptions, checks: Checks): Promise<Figure[]> {
  const pegel = await feedStore(pegelCommand, bench, checks, publishPaced);
  checks.equal(`${shape.what}: part of the lines that is lost`, pegel.lost, 0);
  const { referencePath } = options;
  const reference =
    referencePath === undefined ? undefined : await feedStore([referencePath], bench, checks, publishAll);
  const what = `subscription, ${shape.what}`;
  return [
    {
      what: reference === undefined ? what : `${what} (reference loses ${(reference.lost * 100).toFixed(0)} %)`,
      unit: "M lines/s",
      value: pegel.rate,
      ...(reference !== undefined && { referenceValue: reference.rate }),
      ...(shape.target !== undefined && { target: reference === undefined ? shape.target : BESIDE_REFERENCE }),
    },
  ];
}

interface Flood {
  /** M lines/s that got into the store. */
  readonly rate: number;
  /** The part that did not, from 0 to 1. */
  readonly lost: number;
}

async function feedStore(command: Command, bench: Bench, checks: Checks, publish: Publish): Promise<Flood> {
  const { server, publisher, begin, minutes, workload } = bench;
  const store = await startStoreServer(command, {
    fileFormat: "wal",
    nats: { address: `nats://127.0.0.1:${server.port}`, subscriptions: [{ "subscribe-to": SUBJECT }] },
  });
  const connection = await Connection.open(store.port);
  try {
    await untilSubscribed(server);
    await publish(publisher, connection, { subject: SUBJECT, begin, minutes: 1 });
    await untilStored(connection, workload, begin);
    const first = begin + MINUTE_SECONDS;
    const start = performance.now();
    await publish(publisher, connection, { subject: SUBJECT, begin: first, minutes });
    const end = await untilStored(connection, workload, first + (minutes - 1) * MINUTE_SECONDS);
    const lost = await lostPart(connection, workload, first, minutes, checks);
    return { rate: (workload.series.length * minutes * (1 - lost)) / (end - start) / 1000, lost };
  } finally {
    connection.close();
    await store.stop();
  }
}

/** The stream is full before the store comes: how fast does it catch up, once it has met every series? */
async function measureStream(shape: Shape, bench: Bench, _options: RunOptions, checks: Checks): Promise<Figure[]> {
  const { server, publisher, begin, minutes, workload } = bench;
  const address = `nats://127.0.0.1:${server.port}`;
  const client = await connect({ servers: address });
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: STREAM, subjects: [SUBJECT] });
  await manager.consumers.add(STREAM, {
    durable_name: "pegel",
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: MAX_ACK_PENDING,
  });
  await publishAll(publisher, undefined, { subject: SUBJECT, begin, minutes: minutes + 1, window: windowOf(workload) });
  const store = await startStoreServer(pegelCommand, {
    fileFormat: "wal",
    nats: { address, subscriptions: [{ stream: STREAM, consumer: "pegel" }] },
  });
  const left = async (): Promise<number> => {
    const { num_pending: waiting, num_ack_pending: delivered } = await manager.consumers.info(STREAM, "pegel");
    return waiting + delivered;
  };
  try {
    const { first, rest } = await catchUp(left, workload.messages.length * minutes);
    // Not before: the store cuts off a connection that asks for nothing.
    const connection = await Connection.open(store.port);
    const lost = await lostPart(connection, workload, begin, minutes + 1, checks);
    connection.close();
    checks.equal(`${shape.what}: part of the lines that is lost`, lost, 0);
    const rate = (first.left * workload.series.length) / workload.messages.length / (rest - first.time) / 1000;
    const target = shape.target === undefined ? {} : { target: shape.target };
    return [{ what: `stream, catching up, ${shape.what}`, unit: "M lines/s", value: rate, ...target }];
  } finally {
    await client.close();
    await store.stop();
  }
}

/** Messages under way to the stream: the server keeps so many in memory, but not so many bytes. */
const windowOf = ({ messages, sizeBytes }: Workload): number =>
  Math.max(10, Math.min(5000, Math.floor((20_000_000 * messages.length) / sizeBytes)));

/** When no more than `start` messages were left, and when none; on the clock of `performance`. */
async function catchUp(
  left: () => Promise<number>,
  start: number,
): Promise<{ first: { time: number; left: number }; rest: number }> {
  // Of a small stream nothing may be left at the first look.
  let first = { time: performance.now(), left: await left() };
  for (;;) {
    const now = await left();
    if (now === 0) return { first, rest: performance.now() };
    if (first.left > start && now <= start) first = { time: performance.now(), left: now };
    await delay(POLL_MS);
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(POLL_MS);
}

// — Publishing —

async function startPublisher(setup: PublisherSetup): Promise<ChildProcess> {
  const publisher = fork(fileURLToPath(new URL("nats-publisher.js", import.meta.url)), { execArgv: [] });
  publisher.send(setup);
  await once(publisher, "message");
  return publisher;
}

type Publish = (publisher: ChildProcess, connection: Connection, order: PublishOrder) => Promise<void>;

async function publishAll(publisher: ChildProcess, _store: unknown, order: PublishOrder): Promise<void> {
  publisher.send(order);
  await once(publisher, "message");
}

/** As fast as the store takes it. */
async function publishPaced(publisher: ChildProcess, connection: Connection, order: PublishOrder): Promise<void> {
  const before = await receivedBytes(connection);
  const over = publishAll(publisher, undefined, { ...order, grantedBytes: PACE_BYTES });
  while (!(await Promise.race([over.then(() => true), delay(PACE_POLL_MS).then(() => false)]))) {
    const grant: Grant = { grantedBytes: (await receivedBytes(connection)) - before + PACE_BYTES };
    publisher.send(grant);
  }
}

/** Seldom: the status counts samples, which is time that the store does not have for messages. */
const PACE_POLL_MS = 50;

async function receivedBytes(connection: Connection): Promise<number> {
  const { body } = await connection.send(requestHead("GET", "/api/status", 0), Buffer.alloc(0));
  const status: { nats: { core: { subscriptions: readonly { bytes: number }[] } } } = JSON.parse(body.toString());
  return status.nats.core.subscriptions[0].bytes;
}

/** The store's connection is there, and its subscription was behind it. */
async function untilSubscribed({ port }: NatsServer): Promise<void> {
  const client = await connect({ servers: `127.0.0.1:${port}` });
  try {
    // A request to a subject that nobody is subscribed to is told so at once.
    await until(() =>
      client.request(SUBJECT, "", { timeout: 100 }).then(
        () => true,
        (error: unknown) => !String(error).includes("no responders"),
      ),
    );
  } finally {
    await client.close();
  }
}

// — Looking —

/** When the last line of a minute is in the store, or nothing new has come for a while; on the clock of `performance`. */
async function untilStored(connection: Connection, { series }: Workload, minute: number): Promise<number> {
  const last = series[series.length - 1];
  const start = performance.now();
  while (performance.now() - start < QUIET_MS) {
    const [found] = await valuesOf(connection, last, minute, 1);
    if (found !== null && found !== undefined) return performance.now();
    await delay(POLL_MS);
  }
  return start;
}

/** Of some series all over the workload, minute by minute: the part that is missing. Values that are there must be right. */
async function lostPart(
  connection: Connection,
  { series }: Workload,
  begin: number,
  minutes: number,
  checks: Checks,
): Promise<number> {
  const step = Math.max(1, Math.floor(series.length / LOOKED_AT));
  let missing = 0;
  let looked = 0;
  for (let i = 0; i < series.length; i += step) {
    const values = await valuesOf(connection, series[i], begin, minutes);
    for (let minute = 0; minute < minutes; minute++) {
      const found = values[minute] ?? null;
      looked++;
      if (found === null) missing++;
      else checks.equal("a value", Math.abs(found - series[i].value) <= tolerance(series[i].value), true);
    }
  }
  return missing / looked;
}

/** Answers have three decimals, and float32 may have rounded. */
const tolerance = (value: number): number => 0.0005 + Math.abs(value) * 2 ** -23;

async function valuesOf(
  connection: Connection,
  { name: { cluster, host, metric, type, typeId } }: WorkloadSeries,
  begin: number,
  minutes: number,
): Promise<readonly (number | null)[]> {
  const level = typeId === undefined ? {} : { type, "type-ids": [typeId] };
  const request = { cluster, from: begin, to: begin + minutes * MINUTE_SECONDS, queries: [{ metric, host, ...level }] };
  const text = JSON.stringify(request);
  const { body } = await connection.send(requestHead("GET", "/api/query?version=v2", text.length), Buffer.from(text));
  const { results }: Answer = JSON.parse(body.toString());
  const [result] = results[0] ?? [];
  // An answer may begin later than asked for.
  const offset = Math.round(((result?.from ?? begin) - begin) / MINUTE_SECONDS);
  return [...Array.from({ length: Math.max(0, offset) }, () => null), ...(result?.data ?? [])];
}
