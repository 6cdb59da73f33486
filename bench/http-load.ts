// The load generator: posts a workload over many connections, minute after minute, and asks queries one by one.

import { timeEach, type Checks } from "./harness.ts";
import { Connection, requestHead, type Reply } from "./connection.ts";
import { QUERY_CLUSTER, threadsOf, timeOf, valueOf, type Block, type Dataset, type QueryCase } from "./query-cases.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { lineHead, setTime, type Message, type Workload } from "./workload.ts";

export interface Post {
  readonly port: number;
  readonly workload: Workload;
  readonly connections: number;
  /** Time of the first minute, Unix seconds. */
  readonly begin: number;
}

const WRITE_PATH = "/api/write";
const QUERY_PATH = "/api/query?version=v2";
const FILL_POST_CHARS = 1_000_000;

/**
 * Posts one minute and checks that it is there, then posts for `loadMs` at full speed, one minute after the other.
 * Returns acknowledged lines a second.
 */
export async function postFor(post: Post, loadMs: number, checks: Checks): Promise<number> {
  const connections = await openAll(post.port, post.connections);
  try {
    await postMinute(connections, post.workload, post.begin);
    await checkMinute(connections[0], post, post.begin, checks);
    let time = post.begin;
    const begin = performance.now();
    while (performance.now() - begin < loadMs) {
      time += MINUTE_SECONDS;
      await postMinute(connections, post.workload, time);
    }
    const elapsedMs = performance.now() - begin;
    await checkMinute(connections[0], post, time, checks);
    const minutes = (time - post.begin) / MINUTE_SECONDS;
    return (post.workload.series.length * minutes * 1000) / elapsedMs;
  } finally {
    for (const connection of connections) connection.close();
  }
}

function openAll(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
}

/** All messages once; each connection takes the next that nobody has taken. */
async function postMinute(connections: readonly Connection[], { messages }: Workload, time: number): Promise<void> {
  let next = 0;
  const work = async (connection: Connection): Promise<void> => {
    while (next < messages.length) await postMessage(connection, messages[next++], time);
  };
  await Promise.all(connections.map(work));
}

async function postMessage(connection: Connection, message: Message, time: number): Promise<void> {
  setTime(message, time);
  acknowledged(await connection.send(requestHead("POST", WRITE_PATH, message.bytes.length), message.bytes));
}

/** A server that refuses lines may be quick, but not at what is measured. */
function acknowledged({ status, body }: Reply): Reply {
  if (status !== 200) throw new Error(`the server answered ${status}: ${body.toString().slice(0, 500)}`);
  return { status, body };
}

/** Checks that series from all over the workload have their value at `time`. */
async function checkMinute(connection: Connection, { workload }: Post, time: number, checks: Checks): Promise<void> {
  const step = Math.max(1, Math.floor(workload.series.length / 50));
  for (let i = 0; i < workload.series.length; i += step) {
    const { name, value } = workload.series[i];
    const { cluster, host, metric, type, typeId } = name;
    const level = typeId === undefined ? {} : { type, "type-ids": [typeId] };
    const request = { cluster, from: time, to: time + MINUTE_SECONDS, queries: [{ metric, host, ...level }] };
    const { results } = JSON.parse((await query(connection, JSON.stringify(request))).body.toString());
    const [found] = results[0][0].data;
    // The reference keeps float64 and pegel float32: what is compared is float32, as it is in the files of both.
    const isClose = Math.abs(found - value) <= 0.0005 + Math.abs(value) * 2 ** -23;
    checks.equal(`${host} ${metric} at ${time}: found ${found}, sent ${value}`, isClose, true);
  }
}

async function query(connection: Connection, body: string): Promise<Reply> {
  return acknowledged(await connection.send(requestHead("GET", QUERY_PATH, body.length), Buffer.from(body)));
}

/** Posts the data of the queries, in order of time. */
export async function fillOverHttp(port: number, dataset: Dataset, end: number, checks: Checks): Promise<void> {
  const connection = await Connection.open(port);
  try {
    let posts = 0;
    for (const text of linesOf(dataset, end)) {
      const body = Buffer.from(text);
      acknowledged(await connection.send(requestHead("POST", WRITE_PATH, body.length), body));
      posts++;
    }
    checks.equal("data of the queries is posted", posts > 0, true);
  } finally {
    connection.close();
  }
}

function* linesOf(dataset: Dataset, end: number): Generator<string> {
  let text = "";
  for (let minute = 0; minute < dataset.minutes; minute++) {
    const minutesBeforeEnd = dataset.minutes - minute;
    const time = timeOf(dataset, minute, end);
    for (const block of dataset.blocks) {
      if (minutesBeforeEnd <= block.minutes) text += blockLines(block, minutesBeforeEnd, time);
      if (text.length < FILL_POST_CHARS) continue;
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}

function blockLines(block: Block, minutesBeforeEnd: number, time: number): string {
  const { host, metrics } = block;
  let lines = "";
  for (const metric of metrics) {
    for (const thread of threadsOf(block)) {
      const level = thread === undefined ? { type: "node" } : { type: "hwthread", typeId: String(thread) };
      const value = valueOf(host, metric, thread, minutesBeforeEnd);
      lines += `${lineHead({ cluster: QUERY_CLUSTER, host, metric, ...level })} value=${value} ${time}\n`;
    }
  }
  return lines;
}

/** Asks one query again and again over one connection; returns the milliseconds of each answer. */
export async function queryTimes(
  port: number,
  { body, check }: QueryCase,
  end: number,
  { queries, warmUp }: { readonly queries: number; readonly warmUp: number },
  checks: Checks,
): Promise<number[]> {
  const connection = await Connection.open(port);
  try {
    const request = body(end);
    check(checks, (await query(connection, request)).body.toString(), end);
    return await timeEach(queries, warmUp, () => query(connection, request));
  } finally {
    connection.close();
  }
}
