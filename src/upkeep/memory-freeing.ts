// Freeing memory by age, host by host so that no request waits for all of them, and never what is not on disk yet.

import type { MetricStore } from "../core/store.ts";
import type { HostStorage } from "../persistence/host-storage.ts";
import { Mutex } from "../persistence/mutex.ts";
import { hostKey, type MemoryCoverage } from "./memory-coverage.ts";

export interface MemoryFreeingOptions {
  readonly store: MetricStore;
  readonly coverage: MemoryCoverage;
  /** Absent: the store is in memory only, and what is freed is gone. */
  readonly storage: HostStorage | undefined;
  /** Gives memory that waits for use back to the system. Returns the bytes. */
  readonly trim: () => number;
  readonly yieldToOthers: () => Promise<void>;
}

/** What one pass over all hosts has freed. */
export interface Freed {
  readonly buffers: number;
  /** Buffers that are old enough but stay in memory: they could not be written to disk. */
  readonly unsavedBuffers: number;
  /** Memory given back to the system. */
  readonly returnedBytes: number;
  /** Why hosts could not be written. */
  readonly failures: readonly unknown[];
}

/** Clusters and hosts: the tree is freed by hosts, then what is empty above them goes. */
const HOST_DEPTH = 2;

export class MemoryFreeing {
  readonly #options: MemoryFreeingOptions;
  /** One pass at a time. */
  readonly #lock = new Mutex();

  constructor(options: MemoryFreeingOptions) {
    this.#options = options;
  }

  /**
   * Frees buffers that ended before `time` (Unix seconds).
   * @param spared keys (`hostKey`) of hosts that keep theirs
   */
  free(time: number, spared: ReadonlySet<string>): Promise<Freed> {
    return this.#lock.run(() => this.#free(time, spared));
  }

  async #free(time: number, spared: ReadonlySet<string>): Promise<Freed> {
    const { store, coverage, trim, yieldToOthers } = this.#options;
    const failures: unknown[] = [];
    let buffers = 0;
    let unsavedBuffers = 0;
    coverage.willFree(time, spared);
    for (const [cluster, host] of store.paths(HOST_DEPTH)) {
      if (spared.has(hostKey(cluster, host))) continue;
      const { freed, unsaved } = await this.#freeHost(cluster, host, time, failures);
      buffers += freed;
      unsavedBuffers += unsaved;
      await yieldToOthers();
    }
    store.pruneEmpty();
    return { buffers, unsavedBuffers, returnedBytes: trim(), failures };
  }

  async #freeHost(
    cluster: string,
    host: string,
    time: number,
    failures: unknown[],
  ): Promise<{ freed: number; unsaved: number }> {
    const { store, storage } = this.#options;
    const path = [cluster, host];
    if (storage === undefined) return { freed: store.free(path, time), unsaved: 0 };
    // While a snapshot is being written nobody knows whether it will be: then its samples must stay.
    const freeSaved = () => storage.exclusive(cluster, host, async () => store.freeSaved(path, time));
    const first = await freeSaved();
    if (first.unsaved === 0) return first;
    try {
      await storage.checkpoint(cluster, host);
    } catch (error) {
      failures.push(error);
      return first;
    }
    const second = await freeSaved();
    return { freed: first.freed + second.freed, unsaved: second.unsaved };
  }
}
