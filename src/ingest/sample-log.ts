// The seam between ingest and what makes samples durable.

import type { SampleColumns } from "../core/chain.ts";

export interface SampleLog {
  /** Takes note of samples that were stored: the first `count` of the columns, which are copied. */
  append(columns: SampleColumns, count: number): void;
  /**
   * Resolves when everything appended so far is durable.
   * Rejects with StorageError when that failed: the samples may be read, but a crash may lose them.
   */
  commit(): Promise<void>;
}

/** One sample as columns. */
export function oneSample(series: number, timestamp: number, value: number): SampleColumns {
  return {
    series: Uint32Array.of(series),
    timestamps: Float64Array.of(timestamp),
    values: Float32Array.of(value),
  };
}

/** Samples could not be made durable: the disk is full or broken. Nothing of the batch is acknowledged. */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
  }
}
