// The request of /api/query: its schema, which validates, documents (OpenAPI) and types it. (spec §2; seed: APIQuery)

import * as v from "valibot";
import { decimal, flag, integer, object, text, textList } from "./schema-parts.ts";

export const querySchema = object({
  metric: v.optional(text(), ""),
  host: v.optional(text(), ""),
  /** Seconds between values asked for; 0 = the metric's own. */
  resolution: v.optional(integer(), 0),
  aggreg: v.optional(flag(), false),
  type: v.optional(text()),
  "type-ids": v.optional(textList()),
  subtype: v.optional(text()),
  "subtype-ids": v.optional(textList()),
  /** Not in the reference: one result for each socket, core … of the host, of a cluster that is described. */
  scope: v.optional(text()),
  /** Factor for data and statistics; 0 and 1 change nothing. */
  "scale-by": v.optional(decimal()),
});

/** One query: a metric of one host, or of parts of it. */
export type Query = v.InferOutput<typeof querySchema>;

const requestFields = object({
  cluster: v.optional(text(), ""),
  /** Unix seconds. */
  from: v.optional(integer(), 0),
  /** Unix seconds, exclusive. */
  to: v.optional(integer(), 0),
  "with-stats": v.optional(flag(), true),
  "with-data": v.optional(flag(), true),
  "with-padding": v.optional(flag(), true),
  /** Metrics to be read for every host of the cluster. */
  "for-all-nodes": v.optional(textList(), []),
  queries: v.optional(v.array(v.nullable(querySchema, {}), "a list of queries"), []),
});

/** A body of null is an empty request. */
export const queryRequestSchema = v.nullable(requestFields, {});

export type QueryRequest = v.InferOutput<typeof queryRequestSchema>;
