// From the scope in which a metric is measured to the one that is asked for: which levels of a host are to be read, and
// which of them belong together. (spec §6, the table; seed: scopequery.go)

import type { Selector } from "../core/level.ts";
import { coarserScope, type Scope } from "../topology/scope.ts";
import type { Grouping, Topology } from "../topology/topology.ts";

/** What of a host is to be read for one metric in one scope. */
export interface ScopeQuery {
  /** The scope of the results. */
  readonly scope: Scope;
  /** Whether the levels are combined to one result; else each is a result of its own. */
  readonly isAggregated: boolean;
  /** What kind of level is read; `node` is the host itself, which has no ids. */
  readonly type: Scope;
  readonly typeIds: readonly string[];
  /** What the results are results of, one id for each: the socket, the core …; none for the node. */
  readonly resultIds: readonly string[];
}

/** The part of a host that is asked for. */
export interface HostPart {
  readonly topology: Topology;
  readonly hwthreads: readonly number[];
  readonly accelerators: readonly string[];
}

/**
 * The queries for one metric of one host. The scope of the results is the coarser of the two; see `ScopeQuery.scope`.
 * An empty list: there is nothing to read, and that is no mistake (no accelerators, or not in this scope).
 * Undefined: values of the native scope cannot be combined to that.
 */
export function buildScopeQueries(native: Scope, requested: Scope, part: HostPart): ScopeQuery[] | undefined {
  const scope = coarserScope(native, requested);
  if (scope === native) return ownScope(native, part);
  if (scope === "node") return wholeNode(native, part);
  if (native === "accelerator") return [];
  if (scope === "socket") return perGroup("socket", native, part, part.topology.sockets);
  if (scope === "core") return perGroup("core", native, part, part.topology.cores);
  return undefined; // to memoryDomain
}

/** One result for each level of the metric's own scope. */
function ownScope(scope: Scope, part: HostPart): ScopeQuery[] {
  if (scope === "node") return [{ scope, isAggregated: false, type: "node", typeIds: [], resultIds: [] }];
  const typeIds = idsTouched(scope, part);
  return typeIds.length === 0 ? [] : [{ scope, isAggregated: false, type: scope, typeIds, resultIds: typeIds }];
}

function wholeNode(native: Scope, part: HostPart): ScopeQuery[] {
  const typeIds = idsTouched(native, part);
  if (typeIds.length === 0) return [];
  return [{ scope: "node", isAggregated: true, type: native, typeIds, resultIds: [] }];
}

/** One result for each socket, or core, that is touched: of all its levels, since it is more than the job's part of it. */
function perGroup(scope: Scope, native: Scope, part: HostPart, grouping: Grouping): ScopeQuery[] {
  return grouping.touchedBy(part.hwthreads).map((group) => {
    const hwthreads = grouping.groups[group];
    const typeIds = idsTouched(native, { ...part, hwthreads });
    return { scope, isAggregated: true, type: native, typeIds, resultIds: [String(group)] };
  });
}

/** Ids of the levels of a scope that a part of a host touches. */
function idsTouched(scope: Scope, { topology, hwthreads, accelerators }: HostPart): readonly string[] {
  if (scope === "node") return [];
  if (scope === "accelerator") return accelerators;
  if (scope === "hwthread") return hwthreads.map(String);
  return topology.groupingOf(scope).touchedBy(hwthreads).map(String);
}

/** What the results of a query select below the host, in their order: nothing, a level, or a group of levels. */
export function stepsBelowHost({ isAggregated, type, typeIds }: ScopeQuery): Selector[] {
  if (type === "node") return [[]];
  const levels = typeIds.map((id) => type + id);
  if (!isAggregated) return levels.map((level) => [level]);
  return [[levels.length === 1 ? levels[0] : levels]];
}
