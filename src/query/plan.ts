// From the queries of a request to the selectors to be read, one per result. (spec §2, "Selectors")

import type { Selector, SelectorElement } from "../core/level.ts";
import type { Query } from "./request.ts";

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
