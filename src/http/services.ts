// What the HTTP layer is given: the services behind the routes, and the limits it keeps.

import type { MetricStore } from "../core/store.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { JobAnswers } from "../query/job-answers.ts";
import type { QueryService } from "../query/query-service.ts";
import type { Gzip } from "../runtime/ports.ts";

/** The limits that the HTTP layer itself keeps; each has its reason in library/limits.ts. */
export interface HttpLimits {
  /** Largest body of a write, after decompression. */
  readonly bodySizeBytes: number;
  /** Largest body of all other requests, which are JSON. */
  readonly jsonBodySizeBytes: number;
  /** Answers smaller than this are sent uncompressed. */
  readonly gzipMinSizeBytes: number;
}

export interface Services {
  readonly store: MetricStore;
  readonly ingest: Ingest;
  readonly query: QueryService;
  /** The metrics of jobs and nodes; absent where no clusters are described. */
  readonly jobs?: JobAnswers;
  readonly limits: HttpLimits;
  readonly gzip: Gzip;
  /** Unix seconds, not rounded. */
  readonly now: () => number;
  /** Lets others have the thread; resolves when it is the caller's turn again. */
  readonly yieldToOthers: () => Promise<void>;
  /** Writes what is in no snapshot yet; absent for a store that lives in memory only. */
  readonly checkpoint?: () => Promise<{ readonly written: number; readonly failures: readonly unknown[] }>;
  /** Answer of GET /api/status, as plain data. */
  readonly status: () => Record<string, unknown>;
  /** Reports what no client is told in full: failures of the store itself. */
  readonly reportError: (error: unknown, context: string) => void;
  /** Raw 32-byte Ed25519 public key; without it requests need no token. */
  readonly jwtPublicKey?: Uint8Array<ArrayBuffer>;
  /** Files of the API documentation UI by name; present with -dev only. */
  readonly swaggerAsset?: (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
}
