// The clock and the timers.

import type { Clock, Scheduler } from "../ports.ts";

export const nodeClock: Clock = {
  now: () => Date.now() / 1000,
  monotonicMs: () => performance.now(),
};

export const nodeScheduler: Scheduler = {
  yieldToOthers: (forMs = 0) =>
    new Promise((resolve) => void (forMs > 0 ? setTimeout(resolve, forMs) : setImmediate(resolve))),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
