// Request and answer of a query as values, for programs; on the wire they are JSON.

import type { QueryService } from "./query-service.ts";

/** As the body of `/api/query`, where more is said of each member; times in Unix seconds. */
export interface QueryInput {
  readonly cluster: string;
  readonly from: number;
  readonly to: number;
  readonly "with-stats"?: boolean;
  readonly "with-data"?: boolean;
  readonly "with-padding"?: boolean;
  /** Metrics to be read for every host of the cluster. */
  readonly "for-all-nodes"?: readonly string[];
  readonly queries?: readonly QueryItem[];
}

/** A metric of one host, or of parts of it. */
export interface QueryItem {
  readonly metric: string;
  readonly host: string;
  /** Seconds between values; 0 = the metric's own. */
  readonly resolution?: number;
  /** One result for all type-ids together. */
  readonly aggreg?: boolean;
  readonly type?: string;
  readonly "type-ids"?: readonly string[];
  readonly subtype?: string;
  readonly "subtype-ids"?: readonly string[];
  /** One result for each socket, core … of the host, of a cluster that is described; instead of `type` and `aggreg`. */
  readonly scope?: string;
  readonly "scale-by"?: number;
}

export interface QueryAnswer {
  /** With `for-all-nodes`: what was asked for, in the order of the results. */
  readonly queries?: readonly { readonly metric: string; readonly host: string }[];
  /** For each query its results: one, or one for each of its type-ids. */
  readonly results: readonly (readonly QueryResult[])[];
}

export interface QueryResult {
  /** Of queries with a scope: that of the result, the metric's own if it has none as fine as asked for. */
  readonly scope?: string;
  /** Of queries with a scope: which socket, core …; absent for the node. */
  readonly id?: string;
  /** Why there is no data, or, beside `data`, which files on disk could not be read: their samples are missing. */
  readonly error?: string;
  /** Value i is that of `from + i · resolution`; null = no sample. Absent unless asked for. */
  readonly data?: readonly (number | null)[];
  /** Unix seconds. */
  readonly from: number;
  /** Unix seconds, exclusive. */
  readonly to: number;
  /** Seconds. */
  readonly resolution: number;
  /** Null without samples. */
  readonly avg: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

const utf8 = new TextEncoder();

/** Answers a request given as values: exactly what a client of the API would be told. Errors as `service.run`. */
export async function answer(service: QueryService, request: QueryInput): Promise<QueryAnswer> {
  const text = await service.run(utf8.encode(JSON.stringify(request)));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- query-service.ts wrote it
  return JSON.parse(new TextDecoder().decode(text)) as QueryAnswer;
}
