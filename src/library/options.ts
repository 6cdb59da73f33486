// What a store is opened with: in terms of the domain, with defaults for all but the metrics.

import type { Losses } from "./rejection-watch.ts";
import type { Limits } from "./limits.ts";
import type { MetricConfig } from "../core/metrics.ts";
import type { RecoveryReport } from "../persistence/recovery-report.ts";
import type { StorePlatform } from "../runtime/store-platform.ts";
import type { Cluster } from "../topology/cluster.ts";
import type { NodeProvider } from "../upkeep/node-provider.ts";
import type { UpkeepEvents } from "../upkeep/upkeep.ts";

export type { StorePlatform };

export interface OpenOptions {
  /** By name. Samples of other metrics are not stored. May be left out when `clusters` are given: then it is theirs. */
  readonly metrics?: Readonly<Record<string, MetricConfig>>;
  /** Described clusters (see `parseCluster`), for the metrics of jobs and nodes by their topology. */
  readonly clusters?: readonly Cluster[];
  /** Where snapshots and logs are kept; one store at a time may use it. Without it samples are in memory only. */
  readonly directory?: string;
  /** Samples older than this are refused, and freed; default 48 h. */
  readonly retentionMs?: number;
  /** Default 12 h. */
  readonly checkpointIntervalMs?: number;
  /** Of snapshots: "bin" (the default) is smaller and faster, "json" can be read by people. */
  readonly format?: "bin" | "json";
  /**
   * "commit" (the default): a write resolves when its samples are on disk. Otherwise a power cut may cost what was
   * written in the last so many milliseconds.
   */
  readonly sync?: "commit" | { readonly everyMs: number };
  /** A host whose log is larger is checkpointed early; default: no matter how large. */
  readonly maxWalSizeBytes?: number;
  /** Hosts that are checkpointed at once; default by the number of cores. */
  readonly workers?: number;
  /** A process that is larger frees samples before they are as old as the retention; default: no matter how large. */
  readonly memoryCapBytes?: number;
  /** Tells which hosts run jobs: their samples stay in memory, however old. */
  readonly nodeProvider?: NodeProvider;
  /** What becomes of snapshots that are older than the retention; default: they are deleted. */
  readonly cleanup?: CleanupMode;
  /** Whether reading goes on in the files on disk where a range reaches behind what is in memory; default: yes. */
  readonly readOldFromDisk?: boolean;
  /** Those not given have their defaults. */
  readonly limits?: Partial<Limits>;
  readonly events?: StoreEvents;
  /** Clock, timers, files; default: those of the runtime that the program runs on. */
  readonly platform?: StorePlatform;
}

/**
 * Old snapshots are deleted, or put together in Parquet files below a directory. What is in such a directory already is
 * read in both cases.
 */
export type CleanupMode =
  | { readonly mode: "delete"; readonly directory?: string }
  | { readonly mode: "archive"; readonly directory: string };

/** Called as things happen; none may throw. */
export interface StoreEvents extends UpkeepEvents {
  /** While samples are loaded from disk, at first and every half second: what was found so far. */
  readonly loading?: (progress: Readonly<RecoveryReport>) => void;
  /** All is loaded: what was found, what was damaged and what that has cost. */
  readonly loaded?: (recovery: Readonly<RecoveryReport>) => void;
  /** Something failed in the background: `what` names it. The store goes on; the status counts these. */
  readonly problem?: (what: string, error: unknown) => void;
  /** Samples of the last ten seconds that were not stored, by reason. */
  readonly rejected?: (losses: Losses) => void;
}

export const DEFAULT_RETENTION_MS = 48 * 3_600_000;
export const DEFAULT_CHECKPOINT_INTERVAL_MS = 12 * 3_600_000;

const MAX_DEFAULT_WORKERS = 10;

/** Hosts that are checkpointed at once unless told otherwise, as in the reference. */
export function defaultWorkers(cores: number): number {
  return Math.min(Math.floor(cores / 2) + 1, MAX_DEFAULT_WORKERS);
}
