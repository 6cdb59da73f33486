import { expect, test } from "vitest";
import { hostKey, MemoryCoverage } from "../../src/upkeep/memory-coverage.ts";

test("hosts that were spared reach back to where they did before, all others to where was freed", () => {
  const coverage = new MemoryCoverage(100);
  expect(coverage.since("c", "h1")).toBe(100);
  coverage.willFree(200, new Set([hostKey("c", "h1")]));
  expect([coverage.since("c", "h1"), coverage.since("c", "h2"), coverage.latestSince]).toEqual([100, 200, 200]);
  coverage.willFree(300, new Set([hostKey("c", "h1"), hostKey("c", "h2")]));
  expect([coverage.since("c", "h1"), coverage.since("c", "h2"), coverage.since("c", "h3")]).toEqual([100, 200, 300]);
});

test("a host whose job has ended reaches as far as all others", () => {
  const coverage = new MemoryCoverage(100);
  coverage.willFree(200, new Set([hostKey("c", "h1")]));
  coverage.willFree(300, new Set());
  expect(coverage.since("c", "h1")).toBe(300);
});

test("what was freed early does not come back when the retention frees less", () => {
  const coverage = new MemoryCoverage(100);
  coverage.willFree(500, new Set());
  coverage.willFree(300, new Set([hostKey("c", "h1")]));
  expect([coverage.since("c", "h1"), coverage.since("c", "h2")]).toEqual([500, 500]);
});
