// Answers /api/query: bytes of a request in, bytes of the answer out. (spec §2; seed: FetchData)

import { NumberPrinter } from "../codec/json/number-printer.ts";
import { JsonWriter } from "../codec/json/writer.ts";
import type { MetricStore } from "../core/store.ts";
import { decodeJson } from "./decode.ts";
import type { QueryLimits } from "./query-limits.ts";
import { resultCount, SelectorPlanner } from "./plan.ts";
import { RequestError } from "./request-error.ts";
import { queryRequestSchema, type Query, type QueryRequest } from "./request.ts";
import { writeResult, type Answer } from "./result.ts";

export interface QueryOptions {
  readonly store: MetricStore;
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
    const made = this.#queriesForAllNodes(request);
    const queries = [...request.queries, ...made];
    this.#checkCount(queries);
    const writer = new JsonWriter(this.#printer);
    writer.raw("{");
    if (made.length > 0) writeQueries(writer, made);
    writer.raw('"results":[');
    await this.#writeResults(request, queries, writer);
    writer.raw("]}\n");
    return writer.finish();
  }

  async #writeResults(request: QueryRequest, queries: readonly Query[], writer: JsonWriter): Promise<void> {
    const { store, limits, monotonicMs, yieldToOthers } = this.#options;
    const answer: Answer = { store, request, writer, limits, pointsLeft: limits.pointsPerAnswer };
    const planner = new SelectorPlanner(request.cluster);
    let sliceEnd = monotonicMs() + SLICE_MS;
    for (const [index, query] of queries.entries()) {
      writer.raw(index === 0 ? "[" : ",[");
      let separator = "";
      for (const selector of planner.selectorsOf(query)) {
        if (writeResult(answer, query, selector, separator)) separator = ",";
        if (monotonicMs() < sliceEnd) continue;
        await yieldToOthers();
        sliceEnd = monotonicMs() + SLICE_MS;
      }
      writer.raw("]");
    }
  }

  #queriesForAllNodes(request: QueryRequest): Query[] {
    const metrics = request["for-all-nodes"];
    if (metrics.length === 0) return [];
    if (request.cluster === "") throw new RequestError("[METRICSTORE]> for-all-nodes: cluster name cannot be empty");
    const hosts = this.#options.store.listChildren([request.cluster]);
    this.#checkLimit(hosts.length * metrics.length);
    return hosts.flatMap((host) => metrics.map((metric) => ({ metric, host, resolution: 0, aggreg: false })));
  }

  #checkCount(queries: readonly Query[]): void {
    this.#checkLimit(queries.length);
    this.#checkLimit(queries.reduce((count, query) => count + resultCount(query), 0));
  }

  #checkLimit(count: number): void {
    const { queriesPerRequest } = this.#options.limits;
    if (count <= queriesPerRequest) return;
    throw new RequestError(
      `queries: expected at most ${queriesPerRequest} results (limit queries-per-request), found ${count}`,
    );
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
