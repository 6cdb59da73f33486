// From the queries of a request to the selectors to be read, one per result. (spec §2, "Selectors")

import type { Selector, SelectorElement } from "../core/level.ts";
import type { Clusters } from "../topology/cluster.ts";
import type { Query } from "./request.ts";
import { RequestError } from "./request-error.ts";
import { ScopeTargets, type Target } from "./scope-targets.ts";

/** How many results a query has: known before any selector is made, so that a limit can be kept. */
export function resultCount(query: Query): number {
  if (query.aggreg || query.type === undefined) return 1;
  const ids = query["type-ids"]?.length ?? 0;
  return query.subtype === undefined ? ids : ids * (query["subtype-ids"]?.length ?? 0);
}

/** Makes the selectors of the queries of one request. */
export class SelectorPlanner {
  readonly #cluster: string;
  #names: LevelNames = { type: "", ids: [], names: [] };
  #subnames: LevelNames = { type: "", ids: [], names: [] };

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** The selectors of a query, one for each result, in the order of the answer. */
  selectorsOf(query: Query): Selector[] {
    const { host, type, subtype } = query;
    if (type === undefined) return [[this.#cluster, host]];
    this.#names = namesOf(type, query["type-ids"] ?? [], this.#names);
    const { names } = this.#names;
    if (subtype === undefined) return this.#select(query, names);
    this.#subnames = namesOf(subtype, query["subtype-ids"] ?? [], this.#subnames);
    return this.#selectBelow(query, names, this.#subnames.names);
  }

  #select({ host, aggreg }: Query, names: readonly string[]): Selector[] {
    if (aggreg) return [[this.#cluster, host, groupOf(names)]];
    return names.map((name) => [this.#cluster, host, name]);
  }

  #selectBelow({ host, aggreg }: Query, names: readonly string[], subnames: readonly string[]): Selector[] {
    if (aggreg) return [[this.#cluster, host, groupOf(names), groupOf(subnames)]];
    return names.flatMap((name) => subnames.map((subname) => [this.#cluster, host, name, subname]));
  }
}

/** One is an exact name, several are a group, none is a group that matches nothing. */
function groupOf(names: readonly string[]): SelectorElement {
  return names.length === 1 ? names[0] : names;
}

interface LevelNames {
  readonly type: string;
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

/**
 * The names of levels of a type. Wide requests ask for the same ids of host after host: if they are those of `last`, so
 * are the names, which saves making and hashing ten thousand strings.
 */
function namesOf(type: string, ids: readonly string[], last: LevelNames): LevelNames {
  const isSame = type === last.type && ids.length === last.ids.length && ids.every((id, i) => id === last.ids[i]);
  return isSame ? last : { type, ids, names: ids.map((id) => type + id) };
}

/** Makes the targets of all queries of one request: those of selectors, and those of scopes. */
export class TargetPlanner {
  readonly #cluster: string;
  readonly #selectors: SelectorPlanner;
  readonly #scopes: ScopeTargets;
  /** Targets of the queries with a scope, or what is wrong with them. */
  readonly #scoped = new Map<Query, readonly Target[] | string>();

  constructor(cluster: string, clusters: Clusters) {
    this.#cluster = cluster;
    this.#selectors = new SelectorPlanner(cluster);
    this.#scopes = new ScopeTargets(clusters);
  }

  /** As the function of this name. */
  resultCount(query: Query): number {
    const scoped = this.#inScope(query);
    if (scoped === undefined) return resultCount(query);
    return typeof scoped === "string" ? 1 : scoped.length;
  }

  /** Why a query has no targets; undefined if nothing is wrong. */
  problemOf(query: Query): string | undefined {
    const scoped = this.#inScope(query);
    return typeof scoped === "string" ? scoped : undefined;
  }

  /** What to read for a query, one for each result, in the order of the answer. */
  targetsOf(query: Query): readonly Target[] {
    const scoped = this.#inScope(query);
    if (scoped === undefined) return this.#selectors.selectorsOf(query).map((selector) => ({ selector, label: "" }));
    return typeof scoped === "string" ? [] : scoped;
  }

  #inScope(query: Query): readonly Target[] | string | undefined {
    if (query.scope === undefined) return undefined;
    const scoped = this.#scoped.get(query) ?? this.#findInScope(query);
    this.#scoped.set(query, scoped);
    return scoped;
  }

  #findInScope(query: Query): readonly Target[] | string {
    try {
      return this.#scopes.of(this.#cluster, query);
    } catch (error) {
      if (error instanceof RequestError) return error.message;
      throw error;
    }
  }
}
