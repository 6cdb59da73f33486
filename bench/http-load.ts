// The load generator: posts a workload over many connections, minute after minute, and asks queries one by one.

import type { Checks } from "./harness.ts";
import { Connection, requestHead, type Reply } from "./connection.ts";
import {
  QUERY_CLUSTER,
  threadsOf,
  timeOf,
  valueOf,
  type Answer,
  type Block,
  type Dataset,
  type QueryCase,
} from "./query-cases.ts";
import { MINUTE_SECONDS } from "./stores.ts";
import { lineHead, setTime, type Message, type Workload, type WorkloadSeries } from "./workload.ts";

const WRITE_PATH = "/api/write";
const QUERY_PATH = "/api/query?version=v2";
const FILL_POST_CHARS = 1_000_000;
/** Series whose last sample is asked for after each slice of load. */
const CHECKED_SERIES = 50;

/** Posts a workload to one server over many connections, minute after minute. */
export class PostLoad {
  readonly #workload: Workload;
  readonly #connections: readonly Connection[];
  /** Unix seconds. */
  #minute: number;

  private constructor(workload: Workload, connections: readonly Connection[], begin: number) {
    this.#workload = workload;
    this.#connections = connections;
    this.#minute = begin;
  }

  /** Opens the connections and posts the minute `begin` (Unix seconds), so that the server has met every series. */
  static async open(port: number, workload: Workload, connections: number, begin: number): Promise<PostLoad> {
    const load = new PostLoad(workload, await openAll(port, connections), begin);
    await load.#postMinute();
    return load;
  }

  /** Posts so many minutes at full speed. */
  async postMinutes(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#minute += MINUTE_SECONDS;
      await this.#postMinute();
    }
  }

  /** Posts at full speed for so long, up to the end of a minute. Returns acknowledged lines a second. */
  async postFor(timeMs: number): Promise<number> {
    const begin = performance.now();
    let minutes = 0;
    while (performance.now() - begin < timeMs) {
      this.#minute += MINUTE_SECONDS;
      await this.#postMinute();
      minutes++;
    }
    return (this.#workload.series.length * minutes * 1000) / (performance.now() - begin);
  }

  /** Checks that series from all over the workload have their value in the minute posted last. */
  check(checks: Checks): Promise<void> {
    return checkSamples(this.#connections[0], this.#workload, this.#minute, checks);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** All messages once; each connection takes the next that nobody has taken. */
  async #postMinute(): Promise<void> {
    const { messages } = this.#workload;
    let next = 0;
    const work = async (connection: Connection): Promise<void> => {
      while (next < messages.length) await postMessage(connection, messages[next++], this.#minute);
    };
    await Promise.all(this.#connections.map(work));
  }
}

function openAll(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
}

/** Checks that series from all over the workload have their value in the minute of `time` (Unix seconds). */
export async function checkSamples(
  connection: Connection,
  { series }: Workload,
  time: number,
  checks: Checks,
): Promise<void> {
  const step = Math.max(1, Math.floor(series.length / CHECKED_SERIES));
  for (let i = 0; i < series.length; i += step) await checkSample(connection, series[i], time, checks);
}

/** Posts a message with this time (Unix seconds). Rejects unless it is acknowledged. */
export async function postMessage(connection: Connection, message: Message, time: number): Promise<void> {
  setTime(message, time);
  acknowledged(await connection.send(requestHead("POST", WRITE_PATH, message.bytes.length), message.bytes));
}

/** A server that refuses lines may be quick, but not at what is measured. */
function acknowledged({ status, body }: Reply): Reply {
  if (status !== 200) throw new Error(`the server answered ${status}: ${body.toString().slice(0, 500)}`);
  return { status, body };
}

async function checkSample(
  connection: Connection,
  { name, value }: WorkloadSeries,
  time: number,
  checks: Checks,
): Promise<void> {
  const { cluster, host, metric, type, typeId } = name;
  const level = typeId === undefined ? {} : { type, "type-ids": [typeId] };
  const request = { cluster, from: time, to: time + MINUTE_SECONDS, queries: [{ metric, host, ...level }] };
  const { body } = await ask(connection, JSON.stringify(request));
  const { results }: Answer = JSON.parse(body.toString());
  const found = results[0][0]?.data?.[0] ?? NaN;
  // The reference keeps float64 and pegel float32: what is compared is float32, as it is in the files of both.
  const isClose = Math.abs(found - value) <= 0.0005 + Math.abs(value) * 2 ** -23;
  checks.equal(`${host} ${metric} at ${time}: found ${found}, sent ${value}; equal`, isClose, true);
}

async function ask(connection: Connection, body: string): Promise<Reply> {
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

/** Asks one query over a connection of its own. */
export class QueryLoad {
  readonly #connection: Connection;
  readonly #request: string;

  private constructor(connection: Connection, request: string) {
    this.#connection = connection;
    this.#request = request;
  }

  /** Opens the connection and checks the first answer. @param end of the data, Unix seconds */
  static async open(port: number, query: QueryCase, end: number, checks: Checks): Promise<QueryLoad> {
    const load = new QueryLoad(await Connection.open(port), query.body(end));
    const { body } = await ask(load.#connection, load.#request);
    query.check(checks, body.toString(), end);
    return load;
  }

  /** Asks once; returns the milliseconds until the answer was there. */
  async ask(): Promise<number> {
    const begin = performance.now();
    await ask(this.#connection, this.#request);
    return performance.now() - begin;
  }

  close(): void {
    this.#connection.close();
  }
}
