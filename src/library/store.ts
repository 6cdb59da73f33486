// A metric store inside a program: all that can be done with it once it is open.

import type { LevelPath, Selector } from "../core/level.ts";
import type { Resampler } from "../core/resample.ts";
import type { Statistics } from "../core/statistics.ts";
import type { HostHealth, MetricStore, ReadResult } from "../core/store.ts";
import type { Batch, Ingest } from "../ingest/ingest.ts";
import type { IngestReport } from "../ingest/report.ts";
import type { Sample } from "../ingest/sample-batch.ts";
import type { CheckpointSummary, Persistence } from "../persistence/persistence.ts";
import type { RecoveryReport } from "../persistence/recovery-report.ts";
import { answer, type QueryAnswer, type QueryInput } from "../query/answer.ts";
import type { History } from "../query/history.ts";
import type { JobService } from "../query/job-service.ts";
import type { QueryService } from "../query/query-service.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";
import type { Limits } from "./limits.ts";
import type { StorePlatform } from "./options.ts";
import type { Problems } from "./problems.ts";
import { statusOf } from "./status.ts";

/** What a store is made of. */
export interface StoreParts {
  readonly engine: MetricStore;
  readonly ingest: Ingest;
  readonly queries: QueryService;
  readonly jobs: JobService;
  /** Memory and disk as one. */
  readonly history: History;
  readonly upkeep: Upkeep;
  /** Absent: in memory only. */
  readonly persistence: Persistence | undefined;
  readonly problems: Problems;
  readonly limits: Limits;
  readonly platform: StorePlatform;
  /** Each ends a worker of the background. */
  readonly stopWorkers: readonly (() => void | Promise<void>)[];
}

/** What could not be read. */
export interface Incomplete {
  /** One text for each file on disk that should have been read and could not; absent if there is none. */
  readonly errors?: readonly string[];
}

/** Line protocol: as text, as bytes, or as bytes that come piece by piece, cut anywhere. */
export type Lines = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface ReadOptions {
  /** Seconds between values; default and 0: the metric's own. */
  readonly resolution?: number;
  /** How values are thinned out for a coarser resolution; default: largest triangle, three buckets. */
  readonly resampler?: Resampler;
}

/** Some milliseconds of parsing. */
const SLICE_BYTES = 1024 * 1024;

const utf8 = new TextEncoder();

/** Made by `openStore`. After `close` it must not be used. */
export class Store {
  /** What this store is made of, for what is built on top of it, such as the HTTP API. */
  readonly parts: StoreParts;
  readonly #writing = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    this.parts = parts;
  }

  /** What was found on disk when the store was opened; undefined for one in memory. */
  get recovery(): Readonly<RecoveryReport> | undefined {
    return this.parts.persistence?.report;
  }

  // — Writing —

  /**
   * Writes samples in line protocol. Valid lines are stored whatever becomes of the others. Resolves when they are on
   * disk (with `sync: "commit"`), with what was stored and what was not.
   * Rejects with StorageError when the disk failed, and with what `lines` fails with; complete lines then stay stored.
   * Bytes must not be changed before it resolves.
   * @param cluster counts for lines without a tag of that name
   */
  async write(lines: Lines, cluster = ""): Promise<IngestReport> {
    this.#assertOpen();
    return this.#untilDone(this.#writeLines(lines, cluster));
  }

  /** Writes samples that the program has as values; all else as with `write`. The report counts samples from 1. */
  async writeSamples(samples: Iterable<Sample>): Promise<IngestReport> {
    this.#assertOpen();
    return this.#untilDone(this.parts.ingest.writeSamples(samples));
  }

  async #writeLines(lines: Lines, cluster: string): Promise<IngestReport> {
    const batch = this.parts.ingest.begin(cluster);
    try {
      const source = typeof lines === "string" ? utf8.encode(lines) : lines;
      if (source instanceof Uint8Array) await this.#addInSlices(batch, source);
      else {
        for await (const piece of source) {
          // A source may never end; closing does not wait for it.
          this.#assertOpen();
          batch.add(piece);
        }
      }
    } catch (error) {
      batch.abort();
      throw error;
    }
    return batch.finish();
  }

  /** Many lines at once must not hold up all else in the process. */
  async #addInSlices(batch: Batch, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      if (at > 0) await this.parts.platform.scheduler.yieldToOthers();
      batch.add(bytes.subarray(at, at + SLICE_BYTES));
    }
  }

  /** What was begun before `close` is finished by it. */
  async #untilDone<T>(writing: Promise<T>): Promise<T> {
    this.#writing.add(writing);
    try {
      return await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  // — Reading —

  /**
   * Reads one metric of what the selector stands for, aggregated if that is more than one series.
   * @param selector such as `["alex", "a0101"]` or `["alex", ["a0101", "a0102"], "cpu0"]`
   * @param from Unix seconds
   * @param to Unix seconds, exclusive
   * Rejects with StoreError: unknown metric, no such level, a wrong range, aggregation or resolution.
   */
  async read(
    selector: Selector,
    metric: string,
    from: number,
    to: number,
    { resolution = 0, resampler }: ReadOptions = {},
  ): Promise<ReadResult & Incomplete> {
    this.#assertOpen();
    return this.parts.history.read(selector, metric, from, to, (store, errors) => ({
      ...store.read(selector, metric, from, to, resolution, resampler),
      ...(errors.length > 0 && { errors }),
    }));
  }

  /** Statistics over the values at the metric's own resolution. Parameters and errors as `read`. */
  async stats(
    selector: Selector,
    metric: string,
    from: number,
    to: number,
  ): Promise<Statistics & { from: number; to: number } & Incomplete> {
    this.#assertOpen();
    return this.parts.history.read(selector, metric, from, to, (store, errors) => ({
      ...store.statistics(selector, metric, from, to),
      ...(errors.length > 0 && { errors }),
    }));
  }

  /** Answers a request of `/api/query`. Rejects with RequestError when it is none, or asks for more than the limits. */
  async query(request: QueryInput): Promise<QueryAnswer> {
    this.#assertOpen();
    return answer(this.parts.queries, request);
  }

  /** The metrics of jobs and nodes, in terms of the clusters that the store was opened with. */
  get jobs(): JobService {
    this.#assertOpen();
    return this.parts.jobs;
  }

  /** Names of the levels below a path; those of all clusters for `[]`. */
  children(path: LevelPath): string[] {
    this.#assertOpen();
    return this.parts.engine.listChildren(path);
  }

  /** The health of a host, judged by the metrics expected of it. */
  health(cluster: string, host: string, expectedMetrics: readonly string[]): HostHealth {
    this.#assertOpen();
    const { engine, platform } = this.parts;
    return engine.hostHealth(cluster, host, expectedMetrics, platform.clock.now());
  }

  /** What the store holds and what it has done, as plain data. */
  status(): Record<string, unknown> {
    return statusOf(this.parts);
  }

  // — Keeping —

  /** Writes all that is in no snapshot yet. Failures are in the summary; nothing is lost by them. */
  async checkpoint(): Promise<CheckpointSummary> {
    this.#assertOpen();
    return this.parts.persistence?.checkpoint() ?? { written: 0, failures: [] };
  }

  /**
   * Frees the memory of what is older at and below a path; the empty path is everything. What is on disk stays there.
   * @param before Unix seconds
   * @returns the number of buffers freed
   */
  free(path: LevelPath, before: number): number {
    this.#assertOpen();
    return this.parts.engine.free(path, before);
  }

  /** Finishes what is being written, writes the last checkpoint and ends. Rejects when that could not be written; the next start reads the logs then. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#writing);
    await Promise.all(this.parts.stopWorkers.map(async (stopWorker) => stopWorker()));
    await this.parts.persistence?.close();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new Error("the store is closed");
  }
}
