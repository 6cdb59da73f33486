// Cleans up in the background, as often as the retention is long. (seed: Cleanup)

import type { Clock, Scheduler } from "../runtime/ports.ts";
import { cleanUp, type CleanupOptions, type CleanupSummary } from "./cleanup.ts";
import type { HostsInUse } from "./node-provider.ts";
import { repeat } from "./repeating.ts";

export interface CleanupWorkerOptions extends Omit<CleanupOptions, "signal"> {
  readonly retentionMs: number;
  readonly hostsInUse: HostsInUse;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onDone: (summary: CleanupSummary) => void;
  readonly onProblem: (what: string, error: unknown) => void;
}

/** What the status tells. */
export interface CleanupStatus {
  readonly mode: "delete" | "archive";
  /** Checkpoint files deleted or archived since the start. */
  readonly files: number;
  /** Of the last run: when it ended (Unix seconds), and the files and directories that it could not deal with. */
  readonly lastRun: { readonly time: number; readonly files: number; readonly problems: readonly string[] } | null;
}

/** A store that is started anew more often than the retention is long must clean up as well. */
const MAX_FIRST_DELAY_MS = 3_600_000;
/** So many problems of the last run are shown. */
const SHOWN_PROBLEMS = 20;

export class CleanupWorker {
  readonly #options: CleanupWorkerOptions;
  readonly #stopping = new AbortController();
  #files = 0;
  #lastRun: CleanupStatus["lastRun"] = null;

  constructor(options: CleanupWorkerOptions) {
    this.#options = options;
  }

  /** Starts; returns what stops it, and resolves when a run under way has ended with the host at hand. */
  start(): () => Promise<void> {
    const { retentionMs, scheduler, onProblem } = this.#options;
    const stop = repeat({
      scheduler,
      firstDelayMs: Math.min(retentionMs, MAX_FIRST_DELAY_MS),
      retryDelayMs: retentionMs,
      onError: (error) => onProblem("cleanup", error),
      task: async () => {
        await this.run();
        return retentionMs;
      },
    });
    return () => {
      this.#stopping.abort();
      return stop();
    };
  }

  /** Cleans up once. */
  async run(): Promise<CleanupSummary> {
    const { retentionMs, hostsInUse, clock, onDone, onProblem } = this.#options;
    const olderThan = clock.now() - retentionMs / 1000;
    const options = { ...this.#options, signal: this.#stopping.signal };
    const summary = await cleanUp(options, olderThan, await hostsInUse.startedBefore(olderThan));
    this.#files += summary.files;
    const problems = summary.problems.map(({ path, reason }) => `${path}: ${reason}`);
    for (const problem of problems) onProblem("cleanup", new Error(problem));
    this.#lastRun = { time: clock.now(), files: summary.files, problems: problems.slice(0, SHOWN_PROBLEMS) };
    onDone(summary);
    return summary;
  }

  status(): CleanupStatus {
    const mode = this.#options.archiveCluster === undefined ? "delete" : "archive";
    return { mode, files: this.#files, lastRun: this.#lastRun };
  }
}
