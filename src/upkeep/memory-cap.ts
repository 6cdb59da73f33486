// The memory cap: when the process is larger, old samples leave memory before their time, in steps, until it is not.
// (spec §4, Retention)

import type { Clock, Memory, Scheduler } from "../runtime/ports.ts";
import type { Freed, MemoryFreeing } from "./memory-freeing.ts";
import type { HostsInUse } from "./node-provider.ts";
import { repeat } from "./repeating.ts";

export interface MemoryCapOptions {
  /** `Infinity` = no cap. */
  readonly capBytes: number;
  readonly memory: Memory;
  readonly freeing: MemoryFreeing;
  /** Gives memory that waits for use back to the system. Returns the bytes. */
  readonly trim: () => number;
  readonly hostsInUse: HostsInUse;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Told of every check that found the process over its cap. */
  readonly onOverCap: (report: OverCapReport) => void;
  readonly onProblem: (what: string, error: unknown) => void;
}

/** What was done about a process over its cap. */
export interface OverCapReport {
  readonly capBytes: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** The last step taken; undefined if giving idle memory back was enough. */
  readonly step: string | undefined;
  /** Buffers freed, and those that could not be since they are not on disk. */
  readonly buffers: number;
  readonly unsavedBuffers: number;
  /** Samples older than this (Unix seconds) have left memory; undefined if none had to. */
  readonly olderThan: number | undefined;
}

/** What the status tells. */
export interface MemoryCapStatus {
  /** Null = no cap. */
  readonly capBytes: number | null;
  /** Where the process is now; near = above 80 % of the cap. */
  readonly state: "off" | "below" | "near" | "over";
  /** Checks that found the process over its cap. */
  readonly timesOver: number;
  /** Buffers freed before the end of the retention. */
  readonly buffersFreedEarly: number;
  readonly lastOver: (OverCapReport & { readonly time: number }) | null;
}

const CHECK_INTERVAL_MS = 300_000;
/** Above this share of the cap it is checked more often. */
const NEAR_SHARE = 0.8;
const NEAR_CHECK_INTERVAL_MS = 30_000;

interface Step {
  readonly name: string;
  readonly shareOfRetention: number;
  readonly sparesHostsInUse: boolean;
  /** Whether what it frees has not outlived the retention. */
  readonly isEarly: boolean;
}

const STEPS: readonly Step[] = [
  { name: "retention", shareOfRetention: 1, sparesHostsInUse: true, isEarly: false },
  { name: "hosts in use", shareOfRetention: 1, sparesHostsInUse: false, isEarly: false },
  ...[0.75, 0.5, 0.25].map((share) => ({
    name: `${share * 100} % of the retention`,
    shareOfRetention: share,
    sparesHostsInUse: false,
    isEarly: true,
  })),
];

export class MemoryCap {
  readonly #options: MemoryCapOptions;
  #timesOver = 0;
  #buffersFreedEarly = 0;
  #lastOver: MemoryCapStatus["lastOver"] = null;

  constructor(options: MemoryCapOptions) {
    this.#options = options;
  }

  status(): MemoryCapStatus {
    const { capBytes } = this.#options;
    return {
      capBytes: capBytes === Infinity ? null : capBytes,
      state: this.#state(),
      timesOver: this.#timesOver,
      buffersFreedEarly: this.#buffersFreedEarly,
      lastOver: this.#lastOver,
    };
  }

  /** Starts the worker; returns what stops it. */
  start(): () => Promise<void> {
    const { capBytes, scheduler, onProblem } = this.#options;
    if (capBytes === Infinity) return async () => {};
    return repeat({
      scheduler,
      firstDelayMs: CHECK_INTERVAL_MS,
      retryDelayMs: CHECK_INTERVAL_MS,
      onError: (error) => onProblem("memory cap", error),
      task: async () => {
        await this.check();
        return this.#state() === "below" ? CHECK_INTERVAL_MS : NEAR_CHECK_INTERVAL_MS;
      },
    });
  }

  /** Measures the process, and frees what must be freed. */
  async check(): Promise<void> {
    const { capBytes, memory, clock, onOverCap } = this.#options;
    const beforeBytes = memory.usage().rssBytes;
    if (beforeBytes <= capBytes) return;
    const report = await this.#free(beforeBytes);
    this.#timesOver++;
    this.#lastOver = { ...report, time: clock.now() };
    onOverCap(report);
  }

  #state(): MemoryCapStatus["state"] {
    const { capBytes, memory } = this.#options;
    if (capBytes === Infinity) return "off";
    const { rssBytes } = memory.usage();
    if (rssBytes > capBytes) return "over";
    return rssBytes > NEAR_SHARE * capBytes ? "near" : "below";
  }

  async #free(beforeBytes: number): Promise<OverCapReport> {
    const { capBytes, trim } = this.#options;
    let afterBytes = this.#measure(beforeBytes, trim());
    let buffers = 0;
    let unsavedBuffers = 0;
    let step: string | undefined;
    let olderThan: number | undefined;
    for (const next of STEPS) {
      if (afterBytes <= capBytes) break;
      const { time, freed } = await this.#take(next);
      buffers += freed.buffers;
      unsavedBuffers = freed.unsavedBuffers;
      step = next.name;
      olderThan = time;
      if (next.isEarly) this.#buffersFreedEarly += freed.buffers;
      if (freed.buffers > 0) afterBytes = this.#measure(afterBytes, freed.returnedBytes);
    }
    return { capBytes, beforeBytes, afterBytes, step, buffers, unsavedBuffers, olderThan };
  }

  async #take(step: Step): Promise<{ time: number; freed: Freed }> {
    const { freeing, hostsInUse, retentionMs, clock, onProblem } = this.#options;
    const time = clock.now() - (retentionMs / 1000) * step.shareOfRetention;
    const spared = step.sparesHostsInUse ? await hostsInUse.startedBefore(time) : new Set<string>();
    const freed = await freeing.free(time, spared);
    for (const failure of freed.failures) onProblem("memory cap: checkpoint before freeing", failure);
    return { time, freed };
  }

  /** What was dropped goes back to the system when it is collected; where that cannot be asked for it is taken for gone. */
  #measure(beforeBytes: number, returnedBytes: number): number {
    const { memory } = this.#options;
    const isCollected = memory.collect();
    const { rssBytes } = memory.usage();
    return isCollected ? rssBytes : Math.min(rssBytes, beforeBytes - returnedBytes);
  }
}
