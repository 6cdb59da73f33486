// The requests for the metrics of jobs and nodes: their schemas validate, document (OpenAPI) and type them. A program
// that embeds the store gives the same as values. (spec §6; seed: InternalMetricStore)

import * as v from "valibot";
import { integer, objectWith, text, textList } from "./schema-parts.ts";

const resourceSchema = objectWith({
  hostname: text(),
  /** Hardware threads of the job; none given means all of the node's. */
  hwthreads: v.optional(v.array(integer(), "a list of hardware threads")),
  /** Ids of the job's accelerators, such as `00000000:3F:00.0`; none given means none. */
  accelerators: v.optional(textList()),
});

/** What of a ClusterCockpit job says where and when it ran; its other members are ignored. */
const jobSchema = objectWith({
  cluster: text(),
  /** Without it the subcluster of each host is found by the host's name. */
  subCluster: v.optional(text()),
  /** Unix seconds. */
  startTime: integer(),
  /** Unix seconds, exclusive. */
  stopTime: v.optional(integer()),
  /** Seconds; instead of `stopTime`. */
  duration: v.optional(integer()),
  resources: v.array(resourceSchema, "a list of resources"),
});

const selection = {
  /** Names; absent = all of the cluster's description. */
  metrics: v.optional(textList()),
  /** Absent = `node`. A scope finer than the metric's own gives the metric's own. */
  scopes: v.optional(textList()),
};

const timeRange = {
  /** Unix seconds. */
  from: integer(),
  /** Unix seconds, exclusive. */
  to: integer(),
};

/** Seconds between values asked for; 0 = the metric's own. */
const resolution = v.optional(integer(), 0);

/** Names, or host lists such as `node[001-100,205]`; absent = all hosts of the cluster that the store knows. */
const nodes = v.optional(textList());

export const jobDataRequestSchema = objectWith({ job: jobSchema, ...selection, resolution });
export const jobStatsRequestSchema = objectWith({ job: jobSchema, metrics: selection.metrics });
export const jobScopedStatsRequestSchema = objectWith({ job: jobSchema, ...selection });
export const nodeDataRequestSchema = objectWith({ cluster: text(), nodes, metrics: selection.metrics, ...timeRange });
export const nodeListDataRequestSchema = objectWith({
  cluster: text(),
  subCluster: v.optional(text()),
  nodes,
  ...selection,
  ...timeRange,
  resolution,
});

/** A ClusterCockpit job; members that say neither where nor when it ran are ignored. */
export interface Job {
  readonly cluster: string;
  readonly subCluster?: string | undefined;
  /** Unix seconds. */
  readonly startTime: number;
  /** Unix seconds, exclusive. */
  readonly stopTime?: number | undefined;
  /** Seconds; instead of `stopTime`. */
  readonly duration?: number | undefined;
  readonly resources: readonly JobResource[];
}

export interface JobResource {
  readonly hostname: string;
  readonly hwthreads?: readonly number[] | undefined;
  readonly accelerators?: readonly string[] | undefined;
}

interface Selection {
  readonly metrics?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
}

interface Resolution {
  /** Seconds between values asked for; default and 0: the metric's own. */
  readonly resolution?: number;
}

interface TimeRange {
  /** Unix seconds. */
  readonly from: number;
  /** Unix seconds, exclusive. */
  readonly to: number;
}

export interface JobDataRequest extends Selection, Resolution {
  readonly job: Job;
}

export interface JobStatsRequest extends Pick<Selection, "metrics"> {
  readonly job: Job;
}

export interface JobScopedStatsRequest extends Selection {
  readonly job: Job;
}

export interface NodeDataRequest extends TimeRange, Pick<Selection, "metrics"> {
  readonly cluster: string;
  readonly nodes?: readonly string[] | undefined;
}

export interface NodeListDataRequest extends TimeRange, Selection, Resolution {
  readonly cluster: string;
  readonly subCluster?: string | undefined;
  readonly nodes?: readonly string[] | undefined;
}
