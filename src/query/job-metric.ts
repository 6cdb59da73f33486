// What loading the metrics of jobs and nodes gives. (seed: schema.JobData, schema.ScopedJobStats)

import type { Unit } from "../topology/cluster.ts";
import type { Scope } from "../topology/scope.ts";

/** All three are 0 where there are no values. */
export interface MetricStatistics {
  readonly avg: number;
  readonly min: number;
  readonly max: number;
}

/** The values of one host, or of one of its parts. */
export interface JobSeries {
  readonly hostname: string;
  /** Socket, core, hardware thread …, by the metric's scope; absent for the node. */
  readonly id?: string;
  readonly statistics: MetricStatistics;
  /** Seconds between values, where it is not the metric's: short series are never downsampled. */
  readonly timestep?: number;
  /** Value i belongs to the i-th step from the time asked for; NaN = no sample. */
  readonly data: Float64Array<ArrayBuffer>;
}

/** A metric in one scope. */
export interface JobMetric {
  readonly unit: Unit;
  /** Seconds between values. */
  readonly timestep: number;
  readonly series: readonly JobSeries[];
}

/** Metric → scope → values. */
export type JobData = ReadonlyMap<string, ReadonlyMap<Scope, JobMetric>>;

/** Metric → host → statistics; hosts without samples are left out. */
export type JobStats = ReadonlyMap<string, ReadonlyMap<string, MetricStatistics>>;

/** Statistics of one host, or of one of its parts. */
export interface ScopedStatistics {
  readonly hostname: string;
  readonly id?: string;
  readonly data: MetricStatistics;
}

/** Metric → scope → statistics. */
export type ScopedJobStats = ReadonlyMap<string, ReadonlyMap<Scope, readonly ScopedStatistics[]>>;

/** Host → metric → values of the whole node. */
export type NodeData = ReadonlyMap<string, ReadonlyMap<string, readonly JobMetric[]>>;

/** Host → metric → scope → values. */
export type NodeListData = ReadonlyMap<string, JobData>;

/** Something that was asked for and is not there, or cannot be had. */
export interface LoadProblem {
  readonly metric?: string;
  readonly scope?: Scope;
  readonly host?: string;
  readonly error: string;
}

/** What was found, and what was not. */
export interface Loaded<Data> {
  readonly data: Data;
  /** The first of the problems. */
  readonly errors: readonly LoadProblem[];
  /** How many there are in all. */
  readonly errorCount: number;
}
