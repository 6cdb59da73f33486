// The library: a metric store inside a program. Named exports, no logic.

export { openStore } from "./library/open-store.ts";
export type { CleanupMode, OpenOptions, StoreEvents, StorePlatform } from "./library/options.ts";
export type { Incomplete, Lines, ReadOptions, Store } from "./library/store.ts";
export { defaultLimits, type Limits } from "./library/limits.ts";
export type { Freed } from "./upkeep/memory-freeing.ts";
export type { Losses } from "./library/rejection-watch.ts";

export { StoreError, type StoreErrorCode } from "./core/errors.ts";
export type { HealthMetrics, MonitoringState } from "./core/health.ts";
export type { LevelPath, Selector, SelectorElement } from "./core/level.ts";
export type { Aggregation, MetricConfig } from "./core/metrics.ts";
export { averageBuckets, everyNth, largestTriangleThreeBuckets, type Resampler } from "./core/resample.ts";
export type { Statistics } from "./core/statistics.ts";
export type { HostHealth, ReadResult } from "./core/store.ts";
export type { IngestReport, Rejection } from "./ingest/report.ts";
export type { Sample } from "./ingest/sample-batch.ts";
export { StorageError } from "./ingest/sample-log.ts";
export type { CheckpointSummary } from "./persistence/persistence.ts";
export type { DamagedFile, RecoveryReport } from "./persistence/recovery-report.ts";
export type { QueryAnswer, QueryInput, QueryItem, QueryResult } from "./query/answer.ts";
export { RequestError } from "./query/request-error.ts";
export { HttpNodeProvider, type HttpNodeProviderOptions } from "./upkeep/http-node-provider.ts";
export type { NodeProvider, UsedNodes } from "./upkeep/node-provider.ts";
export type {
  JobData,
  JobMetric,
  JobSeries,
  JobStats,
  Loaded,
  LoadProblem,
  MetricStatistics,
  NodeData,
  NodeListData,
  ScopedJobStats,
  ScopedStatistics,
} from "./query/job-metric.ts";
export type {
  Job,
  JobDataRequest,
  JobResource,
  JobScopedStatsRequest,
  JobStatsRequest,
  NodeDataRequest,
  NodeListDataRequest,
} from "./query/job-request.ts";
export type { JobService } from "./query/job-service.ts";
export { buildScopeQueries, type HostPart, type ScopeQuery } from "./query/scope-queries.ts";
export type { Cluster, ClusterMetric, SubCluster, Unit } from "./topology/cluster.ts";
export { HostListError, parseHostList } from "./topology/host-list.ts";
export { buildMetricList, type MetricList } from "./topology/metric-list.ts";
export { ClusterError, parseCluster, type ParsedCluster } from "./topology/parse-cluster.ts";
export { SCOPES, type Scope } from "./topology/scope.ts";
export { Topology, type Accelerator, type TopologyParts } from "./topology/topology.ts";
