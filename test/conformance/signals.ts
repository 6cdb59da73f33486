// What holds for every Signals.

import { describe, expect, test, vi } from "vitest";
import type { Signals, SignalName } from "../../src/runtime/ports.ts";

export interface SignalsUnderTest {
  readonly signals: Signals;
  /** Sends a signal to the one who listens. */
  readonly send: (signal: SignalName) => void;
}

const NAMES: readonly SignalName[] = ["SIGHUP", "SIGINT", "SIGTERM"];

export function describeSignals(name: string, { signals, send }: SignalsUnderTest): void {
  describe(`${name}:`, () => {
    test.each(NAMES)("%s calls its handler every time, and nobody else's", async (signal) => {
      const handler = vi.fn();
      const others = vi.fn();
      const removals = NAMES.map((each) => signals.on(each, each === signal ? handler : others));
      send(signal);
      await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1));
      send(signal);
      await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2));
      for (const remove of removals) remove();
      expect(others).not.toHaveBeenCalled();
    });

    test("two handlers are both called, until one is taken away", async () => {
      const [first, second] = [vi.fn(), vi.fn()];
      const removeFirst = signals.on("SIGHUP", first);
      const removeSecond = signals.on("SIGHUP", second);
      send("SIGHUP");
      await vi.waitFor(() => expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]));
      removeFirst();
      removeFirst(); // once more does no harm
      send("SIGHUP");
      await vi.waitFor(() => expect(second).toHaveBeenCalledTimes(2));
      removeSecond();
      expect(first).toHaveBeenCalledTimes(1);
    });
  });
}
