// From the queries of a request to the selectors to be read, one per result. (spec §2, "Selectors")

import type { Selector, SelectorElement } from "../core/level.ts";
import type { Query } from "./request.ts";

/** How many results a query has: known before any selector is made, so that a limit can be kept. */
export function resultCount(query: Query): number {
  if (query.aggreg || query.type === undefined) return 1;
  const ids = query["type-ids"]?.length ?? 0;
  return query.subtype === undefined ? ids : ids * (query["subtype-ids"]?.length ?? 0);
}

/** The selectors of a query, one for each result, in the order of the answer. */
export function selectorsOf(cluster: string, query: Query): Selector[] {
  const { host, type, subtype } = query;
  if (type === undefined) return [[cluster, host]];
  const typeIds = query["type-ids"] ?? [];
  const subtypeIds = query["subtype-ids"] ?? [];
  if (query.aggreg) return groupSelector(cluster, query);
  const selectors: Selector[] = [];
  for (const id of typeIds) {
    if (subtype === undefined) selectors.push([cluster, host, type + id]);
    else for (const subtypeId of subtypeIds) selectors.push([cluster, host, type + id, subtype + subtypeId]);
  }
  return selectors;
}

function groupSelector(cluster: string, query: Query): Selector[] {
  const { host, type, subtype } = query;
  if (type === undefined) return [[cluster, host]];
  const selector: SelectorElement[] = [cluster, host, elementOf(type, query["type-ids"] ?? [])];
  if (subtype !== undefined) selector.push(elementOf(subtype, query["subtype-ids"] ?? []));
  return [selector];
}

/** One id is an exact name, several are a group, none is a group that matches nothing. */
function elementOf(type: string, ids: readonly string[]): SelectorElement {
  const names = ids.map((id) => type + id);
  return names.length === 1 ? names[0] : names;
}
