// The ports in memory, for tests: a disk whose power can be cut, and time that passes when the test says so.

import type { Clock, Scheduler } from "./ports.ts";

export type { Random } from "./memory-file.ts";
export { IO_ERROR, MemoryFileSystem, NO_SPACE, PowerCut, failAt, shuffled } from "./memory-file-system.ts";
export { memoryWorker } from "./memory-worker.ts";
export type { Fault, Operation, OperationHook, OperationName, Outcome } from "./memory-file-system.ts";

export class MemoryClock implements Clock {
  #nowSeconds: number;
  #passedMs = 0;

  constructor(nowSeconds = 0) {
    this.#nowSeconds = nowSeconds;
  }

  now(): number {
    return this.#nowSeconds;
  }

  monotonicMs(): number {
    return this.#passedMs;
  }

  /** Sets the wall clock, as an operator or NTP does; `monotonicMs` does not notice. */
  set(nowSeconds: number): void {
    this.#nowSeconds = nowSeconds;
  }

  /** Lets time pass. Timers do not see it: for them there is `MemoryScheduler.advance`. */
  advance(ms: number): void {
    this.#nowSeconds += ms / 1000;
    this.#passedMs += ms;
  }
}

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

/** As with the timers of the runtimes, which hold 31 bits. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class MemoryScheduler implements Scheduler {
  readonly #clock: MemoryClock;
  /** In the order in which they were set: those due together run in it. */
  readonly #timers = new Set<Timer>();

  constructor(clock = new MemoryClock()) {
    this.#clock = clock;
  }

  /** Timers that wait. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** With everything in memory the others are promises, and these run before a promise made later. */
  async yieldToOthers(): Promise<void> {
    await Promise.resolve();
  }

  after(delayMs: number, task: () => void): () => void {
    if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) throw new Error(`BUG: a delay of ${delayMs} ms`);
    const timer = { dueMs: this.#clock.monotonicMs() + delayMs, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass and runs what falls due, each at its time and after what the one before has set off has settled. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + ms;
    await settled();
    for (let timer = this.#firstUntil(endMs); timer !== undefined; timer = this.#firstUntil(endMs)) {
      this.#timers.delete(timer);
      this.#passUntil(timer.dueMs);
      timer.task();
      await settled();
    }
    this.#passUntil(endMs);
  }

  #firstUntil(endMs: number): Timer | undefined {
    return [...this.#timers].filter(({ dueMs }) => dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
  }

  #passUntil(timeMs: number): void {
    this.#clock.advance(Math.max(0, timeMs - this.#clock.monotonicMs()));
  }
}

/** Resolves when no promise is left that waits only for others in memory: a timer of the runtime comes after all of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
