// Where loads read from: memory, and what is on disk only where the range begins before what memory holds.

import type { NewValues } from "../core/adder.ts";
import { StoreError } from "../core/errors.ts";
import type { Selector } from "../core/level.ts";
import type { MetricStore, ReadResult } from "../core/store.ts";
import type { History } from "./history.ts";

/** What was read, and which files should have been read for it and could not be. */
export interface SourceResult extends ReadResult {
  readonly errors?: readonly string[];
}

export interface SeriesSource {
  /** Values are in the room that `newValues` gives, or in their own. Other parameters and errors as `MetricStore.read`; a promise only where the disk has to be asked. */
  read(
    selector: Selector,
    metric: string,
    from: number,
    to: number,
    resolution: number,
    newValues: NewValues,
  ): SourceResult | Promise<SourceResult>;
  /** Hosts of a cluster that have samples, or may have some of [from, to) on disk. */
  hosts(cluster: string, from: number, to: number): Promise<readonly string[]>;
  /** Seconds between the samples that are stored of a metric; undefined for one that is not stored. */
  frequencyOf(metric: string): number | undefined;
}

/** Memory alone. */
export function memorySource(store: MetricStore): SeriesSource {
  return {
    read: (selector, metric, from, to, resolution, newValues) =>
      store.read(selector, metric, from, to, resolution, undefined, newValues),
    hosts: async (cluster) => store.listChildren([cluster]),
    frequencyOf: (metric) => store.metrics.get(metric)?.frequency,
  };
}

/** Memory and disk. */
export function historySource(store: MetricStore, history: History): SeriesSource {
  const memory = memorySource(store);
  return {
    ...memory,
    read(selector, metric, from, to, resolution, newValues) {
      if (!history.reachesBehindMemory(from)) return memory.read(selector, metric, from, to, resolution, newValues);
      return history.read(selector, metric, from, to, (found, errors) =>
        withErrors(errors, () => found.read(selector, metric, from, to, resolution)),
      );
    },
    hosts: (cluster, from, to) => history.hosts(cluster, from, to),
  };
}

/** Where nothing is found, files that could not be read may be the reason: then they are the answer. */
function withErrors(errors: readonly string[], read: () => ReadResult): SourceResult {
  try {
    return { ...read(), errors };
  } catch (error) {
    const isUnexplained = !(error instanceof StoreError) || error.code !== "not-found" || errors.length === 0;
    if (isUnexplained) throw error;
    return { values: new Float64Array(0), from: 0, to: 0, resolution: 1, errors };
  }
}
