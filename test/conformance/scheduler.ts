// What holds for every Scheduler.

import { describe, expect, test } from "vitest";
import type { Scheduler } from "../../src/runtime/ports.ts";

export interface SchedulerUnderTest {
  readonly scheduler: Scheduler;
  /** Lets so much time pass, or somewhat more. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Long enough for a busy machine, since only what must not happen yet depends on it. */
const LATER_MS = 60_000;

export function describeScheduler(name: string, setUp: () => SchedulerUnderTest): void {
  describe(`${name}:`, () => {
    test("a task runs once, after its delay", async () => {
      const { scheduler, pass } = setUp();
      const ran: string[] = [];
      scheduler.after(10, () => ran.push("soon"));
      const cancel = scheduler.after(LATER_MS, () => ran.push("later"));
      expect(ran).toEqual([]);
      await pass(50);
      await pass(50);
      cancel();
      expect(ran).toEqual(["soon"]);
    });

    test("no delay is still not at once", async () => {
      const { scheduler, pass } = setUp();
      const ran: string[] = [];
      scheduler.after(0, () => ran.push("task"));
      ran.push("caller");
      await pass(20);
      expect(ran).toEqual(["caller", "task"]);
    });

    test("tasks run in the order in which they are due, and those due together in the order in which they came", async () => {
      const { scheduler, pass } = setUp();
      const ran: number[] = [];
      scheduler.after(40, () => ran.push(4));
      scheduler.after(5, () => ran.push(1));
      scheduler.after(5, () => ran.push(2));
      scheduler.after(20, () => ran.push(3));
      await pass(100);
      expect(ran).toEqual([1, 2, 3, 4]);
    });

    test("a cancelled task does not run; cancelling twice, or too late, does no harm", async () => {
      const { scheduler, pass } = setUp();
      const ran: string[] = [];
      const cancel = scheduler.after(5, () => ran.push("cancelled"));
      const cancelTooLate = scheduler.after(5, () => ran.push("ran"));
      cancel();
      cancel();
      await pass(50);
      cancelTooLate();
      expect(ran).toEqual(["ran"]);
    });

    test("a task may set the next one, after awaiting something, too", async () => {
      const { scheduler, pass } = setUp();
      const ticks: string[] = [];
      const tick = async (): Promise<void> => {
        await scheduler.yieldToOthers();
        if (ticks.push("tick") < 3) scheduler.after(10, () => void tick());
      };
      scheduler.after(10, () => void tick());
      // In pieces: a machine that stalls may let the test overtake the ticks.
      for (let i = 0; i < 100 && ticks.length < 3; i++) await pass(20);
      await pass(20);
      expect(ticks.length).toBe(3);
    });

    test("two who yield take turns", async () => {
      const { scheduler } = setUp();
      const order: string[] = [];
      const work = async (who: string): Promise<void> => {
        for (let i = 0; i < 3; i++) {
          order.push(who);
          await scheduler.yieldToOthers();
        }
      };
      await Promise.all([work("a"), work("b")]);
      expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
    });
  });
}
