// What holds for every Clock.

import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/runtime/ports.ts";

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets so much time pass, or somewhat more. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Timers of the runtimes may fire so much early. */
const EARLY_MS = 2;
const SOON_MS = 5000;

export function describeClock(name: string, setUp: () => ClockUnderTest): void {
  describe(`${name}:`, () => {
    test("both times go on with the time that passes: one in seconds, one in milliseconds", async () => {
      const { clock, pass } = setUp();
      const [now, ms] = [clock.now(), clock.monotonicMs()];
      await pass(30);
      const passedMs = [(clock.now() - now) * 1000, clock.monotonicMs() - ms];
      for (const passed of passedMs) {
        expect(passed).toBeGreaterThanOrEqual(30 - EARLY_MS);
        expect(passed).toBeLessThan(SOON_MS);
      }
    });

    test("milliseconds never go back", async () => {
      const { clock, pass } = setUp();
      let last = clock.monotonicMs();
      for (let i = 0; i < 1000; i++) {
        const ms = clock.monotonicMs();
        expect(ms).toBeGreaterThanOrEqual(last);
        last = ms;
      }
      await pass(1);
      expect(clock.monotonicMs()).toBeGreaterThanOrEqual(last);
    });
  });
}
