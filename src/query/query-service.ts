// Answers /api/query: bytes of a request in, bytes of the answer out. (spec §2; seed: FetchData)

import { NumberPrinter } from "../codec/json/number-printer.ts";
import { JsonWriter } from "../codec/json/writer.ts";
import { StoreError } from "../core/errors.ts";
import type { MetricStore } from "../core/store.ts";
import type { Clusters } from "../topology/cluster.ts";
import { decodeJson } from "./decode.ts";
import type { History } from "./history.ts";
import type { QueryLimits } from "./query-limits.ts";
import { TargetPlanner } from "./plan.ts";
import { RequestError } from "./request-error.ts";
import { queryRequestSchema, type Query, type QueryRequest } from "./request.ts";
import { writeError, writeResult, type Answer, type Source } from "./result.ts";
import type { Target } from "./scope-targets.ts";

export interface QueryOptions {
  readonly store: MetricStore;
  /** Absent: what is not in memory is not answered. */
  readonly history?: History;
  /** The clusters that are described; absent: none. */
  readonly clusters?: Clusters;
  readonly limits: QueryLimits;
  /** Lets others have the thread; resolves when it is this query's turn again. */
  readonly yieldToOthers: () => Promise<void>;
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
}

/** A wide query pauses after so long, so that small requests do not wait for all of it. */
const SLICE_MS = 4;

export class QueryService {
  readonly #options: QueryOptions;
  readonly #printer = new NumberPrinter();

  constructor(options: QueryOptions) {
    this.#options = options;
  }

  /**
   * Runs the request in `body` (JSON) and returns the answer (JSON and a newline).
   * @throws RequestError when the body is no such request, or asks for more than the limits allow
   */
  async run(body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const request = decodeJson(queryRequestSchema, body);
    const made = await this.#queriesForAllNodes(request);
    const queries = [...request.queries, ...made];
    const planner = new TargetPlanner(request.cluster, this.#options.clusters ?? new Map());
    this.#checkCount(queries, planner);
    const writer = new JsonWriter(this.#printer);
    writer.raw("{");
    if (made.length > 0) writeQueries(writer, made);
    writer.raw('"results":[');
    await this.#writeResults(request, queries, planner, writer);
    writer.raw("]}\n");
    return writer.finish();
  }

  async #writeResults(
    request: QueryRequest,
    queries: readonly Query[],
    planner: TargetPlanner,
    writer: JsonWriter,
  ): Promise<void> {
    const { store, limits, monotonicMs, yieldToOthers } = this.#options;
    const answer: Answer = { request, writer, limits, pointsLeft: limits.pointsPerAnswer };
    const memory: Source = { store, errors: [] };
    const history = this.#historyFor(request);
    let sliceEnd = monotonicMs() + SLICE_MS;
    for (const [index, query] of queries.entries()) {
      writer.raw(index === 0 ? "[" : ",[");
      let separator = "";
      const problem = planner.problemOf(query);
      if (problem !== undefined) writeError(writer, problem, separator);
      for (const target of planner.targetsOf(query)) {
        const isWritten =
          history === undefined
            ? writeResult(answer, query, target, separator, memory)
            : await writeFromHistory(answer, query, target, separator, history);
        if (isWritten) separator = ",";
        if (monotonicMs() < sliceEnd) continue;
        await yieldToOthers();
        sliceEnd = monotonicMs() + SLICE_MS;
      }
      writer.raw("]");
    }
  }

  /** Undefined if all that the request may want is in memory. */
  #historyFor({ from }: QueryRequest): History | undefined {
    const { history } = this.#options;
    return history?.reachesBehindMemory(from) === true ? history : undefined;
  }

  async #queriesForAllNodes(request: QueryRequest): Promise<Query[]> {
    const metrics = request["for-all-nodes"];
    if (metrics.length === 0) return [];
    if (request.cluster === "") throw new RequestError("[METRICSTORE]> for-all-nodes: cluster name cannot be empty");
    const { cluster, from, to } = request;
    const hosts =
      (await this.#historyFor(request)?.hosts(cluster, from, to)) ?? this.#options.store.listChildren([cluster]);
    this.#checkLimit(hosts.length * metrics.length);
    return hosts.flatMap((host) => metrics.map((metric) => ({ metric, host, resolution: 0, aggreg: false })));
  }

  #checkCount(queries: readonly Query[], planner: TargetPlanner): void {
    this.#checkLimit(queries.length);
    this.#checkLimit(queries.reduce((count, query) => count + planner.resultCount(query), 0));
  }

  #checkLimit(count: number): void {
    const { queriesPerRequest } = this.#options.limits;
    if (count <= queriesPerRequest) return;
    throw new RequestError(
      `queries: expected at most ${queriesPerRequest} results (limit queries-per-request), found ${count}`,
    );
  }
}

/** As `writeResult`, of memory and disk. */
async function writeFromHistory(
  answer: Answer,
  query: Query,
  target: Target,
  separator: string,
  history: History,
): Promise<boolean> {
  const { from, to } = answer.request;
  try {
    return await history.read(target.selector, query.metric, from, to, (store, errors) =>
      writeResult(answer, query, target, separator, { store, errors }),
    );
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    writeError(answer.writer, error.message, separator);
    return true;
  }
}

/** Only the queries that the store made itself are echoed, so that the client knows what results[i] belongs to. */
function writeQueries(writer: JsonWriter, queries: readonly Query[]): void {
  writer.raw('"queries":[');
  for (const [index, { metric, host }] of queries.entries()) {
    writer.raw(index === 0 ? '{"metric":' : ',{"metric":');
    writer.string(metric);
    writer.raw(',"host":');
    writer.string(host);
    writer.raw(',"resolution":0,"aggreg":false}');
  }
  writer.raw("],");
}
