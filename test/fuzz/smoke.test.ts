// The fuzz targets themselves must not rot: each runs for a second, with the same inputs every time.
import { expect, test } from "vitest";
import { targets } from "../../fuzz/targets.ts";

test.each(Object.keys(targets))("%s finds nothing wrong within a second", async (name) => {
  const { runs, failure } = await targets[name](20_240_713, { deadlineMs: performance.now() + 1000, runs: Infinity });
  expect(failure).toBeUndefined();
  expect(runs).toBeGreaterThan(10);
});
