// What a load has to read, known and counted before the first sample is looked at.

import type { ClusterMetric, SubCluster } from "../topology/cluster.ts";
import { coarserScope, type Scope } from "../topology/scope.ts";
import type { LoadProblem } from "./job-metric.ts";
import type { QueryLimits } from "./query-limits.ts";
import { RequestError } from "./request-error.ts";
import { buildScopeQueries, type HostPart, type ScopeQuery } from "./scope-queries.ts";

/** A metric in one scope, of the hosts that stand together in the answer. */
export interface LoadGroup {
  /** Where it stands in the answer, from the outside: metric, scope; or host, metric … */
  readonly keys: readonly string[];
  readonly metric: ClusterMetric;
  readonly scope: Scope;
  readonly hosts: readonly HostQueries[];
}

export interface HostQueries {
  readonly host: string;
  readonly queries: readonly ScopeQuery[];
}

export interface LoadPlan {
  readonly cluster: string;
  /** Unix seconds. */
  readonly from: number;
  /** Unix seconds, exclusive. */
  readonly to: number;
  /** Seconds between values asked for; 0 = the metric's own. */
  readonly resolution: number;
  /** Groups with the same outer keys follow each other. */
  readonly groups: readonly LoadGroup[];
  /** Series at most. */
  readonly resultCount: number;
  /** What is known to fail already. */
  readonly problems: readonly LoadProblem[];
}

/** A host, and what of it is asked for. */
export interface PlannedHost {
  readonly host: string;
  readonly subCluster: SubCluster;
  readonly part: HostPart;
}

/** What there is to be planned. */
export interface Selection {
  readonly metrics: readonly ClusterMetric[];
  readonly scopes: readonly Scope[];
  readonly hosts: readonly PlannedHost[];
}

/** Makes the groups of one plan, counting as it goes. */
export class LoadPlanner {
  readonly problems: LoadProblem[] = [];
  readonly #limits: QueryLimits;
  /** Hosts are mostly alike: what is to be read of a part is the same for all metrics of a scope. */
  readonly #known = new Map<HostPart, Map<string, readonly ScopeQuery[] | undefined>>();
  #resultCount = 0;

  constructor(limits: QueryLimits) {
    this.#limits = limits;
  }

  /** Metric → scope, with all hosts in each group. */
  byMetric({ metrics, scopes, hosts }: Selection): LoadGroup[] {
    return metrics.flatMap((metric) =>
      distinctScopes(metric, scopes).map((scope) => ({
        keys: [metric.name, scope],
        metric,
        scope,
        hosts: this.#hostsOf(metric, scope, hosts),
      })),
    );
  }

  /** Host → metric → scope, each group of one host. */
  byHost({ metrics, scopes, hosts }: Selection): LoadGroup[] {
    return hosts.flatMap((host) =>
      metrics.flatMap((metric) =>
        distinctScopes(metric, scopes).map((scope) => ({
          keys: [host.host, metric.name, scope],
          metric,
          scope,
          hosts: this.#hostsOf(metric, scope, [host]),
        })),
      ),
    );
  }

  #hostsOf(metric: ClusterMetric, scope: Scope, hosts: readonly PlannedHost[]): HostQueries[] {
    const planned: HostQueries[] = [];
    for (const { host, subCluster, part } of hosts) {
      if (metric.removedFrom.has(subCluster.name)) continue;
      const queries = this.#queriesOf(metric.scope, scope, part);
      if (queries === undefined) {
        this.#reportUnsupported(metric, scope);
        return [];
      }
      this.count(queries.reduce((sum, query) => sum + resultCount(query), 0));
      planned.push({ host, queries });
    }
    return planned;
  }

  #queriesOf(native: Scope, scope: Scope, part: HostPart): readonly ScopeQuery[] | undefined {
    const known = this.#known.get(part) ?? new Map<string, readonly ScopeQuery[] | undefined>();
    this.#known.set(part, known);
    const key = `${native} ${scope}`;
    if (!known.has(key)) known.set(key, buildScopeQueries(native, scope, part));
    return known.get(key);
  }

  #reportUnsupported({ name, scope: native }: ClusterMetric, scope: Scope): void {
    const isReported = this.problems.some((problem) => problem.metric === name && problem.scope === scope);
    if (isReported) return;
    this.problems.push({ metric: name, scope, error: `values of scope ${native} cannot be combined to ${scope}` });
  }

  get resultCount(): number {
    return this.#resultCount;
  }

  /** Takes so many results off what a request may have. */
  count(results: number): void {
    this.#resultCount += results;
    const { queriesPerRequest } = this.#limits;
    if (this.#resultCount <= queriesPerRequest) return;
    throw new RequestError(
      `expected a request with at most ${queriesPerRequest} results (limit queries-per-request), found more: ` +
        "ask for fewer hosts, metrics or scopes",
    );
  }
}

function resultCount({ isAggregated, type, typeIds }: ScopeQuery): number {
  return isAggregated || type === "node" ? 1 : typeIds.length;
}

/** Scopes asked for that come out as the same one, since the metric has none finer, are answered once. */
function distinctScopes(metric: ClusterMetric, scopes: readonly Scope[]): Scope[] {
  return [...new Set(scopes.map((scope) => coarserScope(metric.scope, scope)))];
}
