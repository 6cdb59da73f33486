// The answers of the routes for jobs and nodes: bytes of a request in, bytes of JSON out. Values are written as they are
// read; that is why this is not `JSON.stringify` of what load-data.ts gives, though it says the same.

import type { NumberPrinter } from "../codec/json/number-printer.ts";
import { JsonWriter } from "../codec/json/writer.ts";
import { decodeJson } from "./decode.ts";
import { GroupWriter } from "./group-writer.ts";
import type { ScopedStatistics } from "./job-metric.ts";
import {
  jobDataRequestSchema,
  jobScopedStatsRequestSchema,
  jobStatsRequestSchema,
  nodeDataRequestSchema,
  nodeListDataRequestSchema,
} from "./job-request.ts";
import type { LoadPlan } from "./load-plan.ts";
import { loadScopedStats, loadStats } from "./load-stats.ts";
import { planJob, planNodeList, planNodes } from "./plan-load.ts";
import { runLoad, type LoadContext } from "./run-load.ts";
import { writeEntries, writeProblems, writeStatistics } from "./write-entries.ts";

type Answer = Promise<Uint8Array<ArrayBuffer>>;

/** Each rejects with RequestError when the body is no such request, or asks for more than the limits allow. */
export class JobAnswers {
  readonly #context: LoadContext;
  readonly #printer: NumberPrinter;

  constructor(context: LoadContext, printer: NumberPrinter) {
    this.#context = context;
    this.#printer = printer;
  }

  /** `{"data": {metric: {scope: {unit, timestep, series}}}, "errors": […], "errorCount"}` */
  async jobData(body: Uint8Array): Answer {
    return this.#writeData(planJob(this.#context, decodeJson(jobDataRequestSchema, body, "exact")));
  }

  /** `{"data": {host: {metric: [{unit, timestep, series}]}}, …}` */
  async nodeData(body: Uint8Array): Answer {
    return this.#writeData(await planNodes(this.#context, decodeJson(nodeDataRequestSchema, body, "exact")), "list");
  }

  /** `{"data": {host: {metric: {scope: {unit, timestep, series}}}}, …}` */
  async nodeListData(body: Uint8Array): Answer {
    return this.#writeData(await planNodeList(this.#context, decodeJson(nodeListDataRequestSchema, body, "exact")));
  }

  /** `{"data": {metric: {host: {avg, min, max}}}, …}` */
  async jobStats(body: Uint8Array): Answer {
    const { data, ...problems } = await loadStats(this.#context, decodeJson(jobStatsRequestSchema, body, "exact"));
    const writer = this.#newWriter();
    writeEntries(writer, data, (hosts) =>
      writeEntries(writer, hosts, (statistics) => writeStatistics(writer, statistics)),
    );
    return finish(writer, problems);
  }

  /** `{"data": {metric: {scope: [{hostname, id?, data: {avg, min, max}}]}}, …}` */
  async jobScopedStats(body: Uint8Array): Answer {
    const { data, ...problems } = await loadScopedStats(
      this.#context,
      decodeJson(jobScopedStatsRequestSchema, body, "exact"),
    );
    const writer = this.#newWriter();
    writeEntries(writer, data, (scopes) => writeEntries(writer, scopes, (list) => writeScopedStatistics(writer, list)));
    return finish(writer, problems);
  }

  async #writeData(plan: LoadPlan, form: "single" | "list" = "single"): Answer {
    const writer = this.#newWriter();
    const groups = new GroupWriter(writer, form, plan.resultCount);
    const problems = await runLoad(plan, "passing values", this.#context, (series) => groups.write(series));
    groups.end();
    return finish(writer, problems.finish());
  }

  #newWriter(): JsonWriter {
    const writer = new JsonWriter(this.#printer);
    writer.raw('{"data":');
    return writer;
  }
}

function finish(writer: JsonWriter, problems: Parameters<typeof writeProblems>[1]): Uint8Array<ArrayBuffer> {
  writeProblems(writer, problems);
  writer.raw("}\n");
  return writer.finish();
}

function writeScopedStatistics(writer: JsonWriter, list: readonly ScopedStatistics[]): void {
  writer.raw("[");
  for (const [index, { hostname, id, data }] of list.entries()) {
    writer.raw(index === 0 ? '{"hostname":' : ',{"hostname":');
    writer.string(hostname);
    if (id !== undefined) {
      writer.raw(',"id":');
      writer.string(id);
    }
    writer.raw(',"data":');
    writeStatistics(writer, data);
    writer.raw("}");
  }
  writer.raw("]");
}
