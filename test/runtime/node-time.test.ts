import { describe, expect, test } from "vitest";
import { nodeClock, nodeScheduler } from "../../src/runtime/node.ts";
import { describeClock } from "../conformance/clock.ts";
import { describeScheduler } from "../conformance/scheduler.ts";

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeClock("the clock of Node", () => ({ clock: nodeClock, pass }));
describeScheduler("the scheduler of Node", () => ({ scheduler: nodeScheduler, pass }));

describe("the clock of Node", () => {
  test("now is what everybody calls now", () => {
    expect(Math.abs(nodeClock.now() - Date.now() / 1000)).toBeLessThan(5);
  });
});
