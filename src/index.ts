// The library: a metric store inside a program. Named exports, no logic.

export { StoreError, type StoreErrorCode } from "./core/errors.ts";
export type { HealthMetrics, MonitoringState } from "./core/health.ts";
export type { LevelPath, Selector, SelectorElement } from "./core/level.ts";
export type { Aggregation, Metric, MetricConfig } from "./core/metrics.ts";
export { averageBuckets, everyNth, largestTriangleThreeBuckets, type Resampler } from "./core/resample.ts";
export type { Statistics } from "./core/statistics.ts";
export { MetricStore, type ReadResult, type StoreOptions, type StoreSizes } from "./core/store.ts";
export { Ingest, type Batch, type IngestOptions } from "./ingest/ingest.ts";
export type { IngestReport, Rejection } from "./ingest/report.ts";
export { StorageError, type SampleLog } from "./ingest/sample-log.ts";
export { Persistence, type CheckpointSummary, type PersistenceOptions } from "./persistence/persistence.ts";
export type { RecoveryReport } from "./persistence/recovery-report.ts";
export { QueryService, type QueryOptions } from "./query/query-service.ts";
export { RequestError } from "./query/request-error.ts";
