// Reads what a plan says, series by series, and hands each over as it comes: who takes them may write them down at once
// and need not hold them all.

import { ownValues, type NewValues } from "../core/adder.ts";
import { StoreError } from "../core/errors.ts";
import type { Selector } from "../core/level.ts";
import { statisticsOf, type Statistics } from "../core/statistics.ts";
import { LoadProblems } from "./load-problems.ts";
import type { HostQueries, LoadGroup, LoadPlan } from "./load-plan.ts";
import { padFront } from "./pad-front.ts";
import type { PlanContext } from "./plan-load.ts";
import { RequestError } from "./request-error.ts";
import { stepsBelowHost, type ScopeQuery } from "./scope-queries.ts";
import type { SourceResult } from "./series-source.ts";

/** What loads are made with. */
export interface LoadContext extends PlanContext {
  /** Lets others have the thread; resolves when it is this load's turn again. */
  readonly yieldToOthers: () => Promise<void>;
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
}

/** One series that was read. */
export interface LoadedSeries {
  readonly group: LoadGroup;
  readonly host: string;
  /** Undefined for the node itself. */
  readonly id: string | undefined;
  /** Seconds between values. */
  readonly resolution: number;
  /** From the time asked for on, with NaN in front where samples begin later. */
  readonly values: Float64Array<ArrayBuffer>;
  readonly statistics: Statistics;
}

export type TakeSeries = (series: LoadedSeries) => void;

/**
 * Whether values are the taker's from then on, or, which is faster, gone when it returns. Statistics alone are small: then
 * values are neither padded nor counted, and gone as well.
 */
export type LoadContent = "kept values" | "passing values" | "statistics";

/** As a query: a wide load pauses after so long, so that small requests do not wait for all of it. */
const SLICE_MS = 4;

/**
 * Runs a plan. Resolves to what was not found.
 * Rejects with RequestError when the values are more than an answer may hold.
 */
export async function runLoad(
  plan: LoadPlan,
  content: LoadContent,
  context: LoadContext,
  take: TakeSeries,
): Promise<LoadProblems> {
  const run = new LoadRun(plan, content, context, take);
  let sliceEnd = context.monotonicMs() + SLICE_MS;
  for (const group of plan.groups) {
    for (const host of group.hosts) {
      await run.readHost(group, host);
      if (context.monotonicMs() < sliceEnd) continue;
      await context.yieldToOthers();
      sliceEnd = context.monotonicMs() + SLICE_MS;
    }
  }
  return run.problems;
}

class LoadRun {
  readonly problems: LoadProblems;
  readonly #plan: LoadPlan;
  readonly #content: LoadContent;
  readonly #context: LoadContext;
  readonly #take: TakeSeries;
  readonly #newValues: NewValues;
  /** Queries are shared by hosts and metrics, and so are the names of levels in them. */
  readonly #steps = new Map<ScopeQuery, readonly Selector[]>();
  #pointsLeft: number;

  constructor(plan: LoadPlan, content: LoadContent, context: LoadContext, take: TakeSeries) {
    this.problems = new LoadProblems(plan.problems);
    this.#plan = plan;
    this.#content = content;
    this.#context = context;
    this.#take = take;
    this.#newValues = content === "kept values" ? ownValues : reusedValues();
    this.#pointsLeft = context.limits.pointsPerAnswer;
  }

  /** Reads all series of one host in a group. */
  async readHost(group: LoadGroup, { host, queries }: HostQueries): Promise<void> {
    const missing: string[] = [];
    let found = 0;
    for (const query of queries) {
      for (const [index, selector] of this.#selectorsOf(host, query).entries()) {
        const id = query.resultIds[index];
        try {
          const reading = this.#read(selector, group);
          // Awaited only where it must be: most are in memory, and there may be ten thousand.
          this.#hand(group, host, id, reading instanceof Promise ? await reading : reading);
          found++;
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          if (error.code === "not-found") missing.push(`${query.scope} ${id}`);
          else this.problems.add(group, host, error.message);
        }
      }
    }
    if (found > 0) this.problems.found(host);
    if (missing.length > 0) this.problems.missing(group, host, found > 0 ? missing : []);
  }

  #selectorsOf(host: string, query: ScopeQuery): Selector[] {
    const { cluster } = this.#plan;
    const steps = this.#steps.get(query) ?? stepsBelowHost(query);
    this.#steps.set(query, steps);
    return steps.map((below) => [cluster, host, ...below]);
  }

  #read(selector: Selector, { metric }: LoadGroup): SourceResult | Promise<SourceResult> {
    const { from, to, resolution } = this.#plan;
    return this.#context.source.read(selector, metric.name, from, to, resolution, this.#newValues);
  }

  #hand(group: LoadGroup, host: string, id: string | undefined, result: SourceResult): void {
    const { values, from, resolution, errors = [] } = result;
    for (const error of errors) this.problems.add(group, host, error);
    if (values.length === 0) throw new StoreError("not-found", "no samples in this range of time");
    const statistics = statisticsOf(values);
    if (this.#content === "statistics") return this.#take({ group, host, id, resolution, values, statistics });
    const padding = Math.max(0, Math.trunc(from / resolution) - Math.trunc(this.#plan.from / resolution));
    this.#takePoints(values.length + padding);
    this.#take({ group, host, id, resolution, values: padFront(values, padding), statistics });
  }

  #takePoints(points: number): void {
    const { pointsPerResult, pointsPerAnswer } = this.#context.limits;
    if (points > pointsPerResult) {
      throw new StoreError(
        "too-many-points",
        `too many values: ${points} with those missing in front (limit points-per-result, ${pointsPerResult})`,
      );
    }
    this.#pointsLeft -= points;
    if (this.#pointsLeft >= 0) return;
    throw new RequestError(
      `expected a request for at most ${pointsPerAnswer} values (limit points-per-answer), found more: ` +
        "ask for fewer hosts, metrics or scopes, or for a coarser resolution",
    );
  }
}

/** The same room for each answer. */
function reusedValues(): NewValues {
  let room = new Float64Array(0);
  return (length) => {
    if (room.length < length) room = new Float64Array(length);
    return room.length === length ? room : room.subarray(0, length);
  };
}
