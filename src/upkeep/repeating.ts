// Workers of the background: a task again and again, with a pause in between.

import type { Scheduler } from "../runtime/ports.ts";

/** Timers hold 31 bits of milliseconds, 24.8 days. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

export interface Repeating {
  readonly scheduler: Scheduler;
  /** Time before the first run. */
  readonly firstDelayMs: number;
  /** Runs once; tells how long to wait for the next. */
  readonly task: () => Promise<number>;
  /** After a failure, the next run is so far away. */
  readonly retryDelayMs: number;
  readonly onError: (error: unknown) => void;
}

/** Starts; returns what stops, and resolves when a run under way is over. */
export function repeat({ scheduler, firstDelayMs, task, retryDelayMs, onError }: Repeating): () => Promise<void> {
  let isStopped = false;
  let cancel = (): void => {};
  let running: Promise<void> = Promise.resolve();
  const runOnce = async (): Promise<void> => {
    let delayMs = retryDelayMs;
    try {
      delayMs = await task();
    } catch (error) {
      onError(error);
    }
    schedule(delayMs);
  };
  const schedule = (delayMs: number): void => {
    if (isStopped) return;
    cancel = scheduler.after(Math.min(delayMs, MAX_DELAY_MS), () => {
      running = runOnce();
    });
  };
  schedule(firstDelayMs);
  return () => {
    isStopped = true;
    cancel();
    return running;
  };
}
