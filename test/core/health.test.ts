// The health of hosts. (spec §2, GET /api/healthcheck; seed: HealthCheck, GetHealthyMetrics)

import { describe, expect, it } from "vitest";
import type { MonitoringState } from "../../src/core/health.ts";
import type { MetricStore } from "../../src/core/store.ts";
import { newStore, T0, write } from "./fixtures.ts";

const METRICS = {
  fresh: { frequency: 60, aggregation: "avg" },
  stale: { frequency: 60, aggregation: "avg" },
  below: { frequency: 10, aggregation: "sum" },
  never: { frequency: 60, aggregation: null },
} as const;

const NOW = T0 + 3600;

/** fresh came just now; of `below` one hwthread is stale and one is not; `stale` is an hour old. */
function host(): MetricStore {
  const store = newStore(METRICS);
  const path = ["alex", "a0101"];
  write(store, path, "fresh", [[NOW - 10, 1]]);
  write(store, path, "stale", [[T0, 1]]);
  write(store, [...path, "hwthread0"], "below", [[NOW - 10, 1]]);
  write(store, [...path, "hwthread1"], "below", [[NOW - 1000, 1]]);
  return store;
}

describe("the health of a host", () => {
  const cases: { expected: string[]; state: MonitoringState; degraded?: string[]; missing?: string[] }[] = [
    { expected: ["fresh"], state: "full" },
    { expected: [], state: "full" },
    { expected: ["stale"], state: "failed", degraded: ["stale"] },
    { expected: ["never"], state: "failed", missing: ["never"] },
    { expected: ["unknown"], state: "failed", missing: ["unknown"] },
    { expected: ["fresh", "stale"], state: "partial", degraded: ["stale"] },
    { expected: ["fresh", "never"], state: "partial", missing: ["never"] },
    { expected: ["fresh", "below"], state: "partial", degraded: ["below"] },
    { expected: ["stale", "never"], state: "failed", degraded: ["stale"], missing: ["never"] },
    { expected: ["stale", "below", "fresh"], state: "partial", degraded: ["stale", "below"] },
    { expected: ["below", "fresh", "stale"], state: "partial", degraded: ["below", "stale"] },
    { expected: ["unknown", "never", "fresh"], state: "partial", missing: ["unknown", "never"] },
    { expected: ["fresh", "fresh", "never", "never"], state: "partial", missing: ["never", "never"] },
    { expected: ["stale", "stale"], state: "failed", degraded: ["stale", "stale"] },
  ];
  it.each(cases)("expected $expected is $state", ({ expected, state, degraded = [], missing = [] }) => {
    expect(host().hostHealth("alex", "a0101", expected, NOW)).toEqual({ state, metrics: { degraded, missing } });
  });

  it.each([
    { cluster: "alex", name: "nobody" },
    { cluster: "nocluster", name: "a0101" },
  ])("of the unknown host $cluster/$name is failed, without metrics", ({ cluster, name }) => {
    expect(host().hostHealth(cluster, name, [], NOW)).toEqual({ state: "failed" });
  });
});

describe("a metric becomes stale", () => {
  // The newest buffer ends one frequency after the start of its last slot; five frequencies are allowed after that.
  it.each([
    { frequency: 60, samples: 1, staleAfter: -30 + 60 + 300 },
    { frequency: 60, samples: 4, staleAfter: -30 + 240 + 300 },
    { frequency: 61, samples: 1, staleAfter: -30 + 61 + 305 },
    { frequency: 1, samples: 600, staleAfter: 600 + 5 },
  ])("$staleAfter s after the first of $samples samples every $frequency s", ({ frequency, samples, staleAfter }) => {
    const store = newStore({ m: { frequency, aggregation: null } });
    for (let i = 0; i < samples; i++) write(store, ["alex", "a"], "m", [[T0 + i * frequency, 1]]);
    expect(store.hostHealth("alex", "a", ["m"], T0 + staleAfter).state).toBe("full");
    expect(store.hostHealth("alex", "a", ["m"], T0 + staleAfter + 1).state).toBe("failed");
  });

  it("not by late samples, and not before its newest sample is old", () => {
    const store = newStore(METRICS);
    write(store, ["alex", "a"], "fresh", [
      [NOW, 1],
      [T0 - 90_000, 2],
    ]);
    expect(store.hostHealth("alex", "a", ["fresh"], NOW).state).toBe("full");
  });

  it("and missing when its buffers are freed or it was never written", () => {
    const store = newStore(METRICS);
    write(store, ["alex", "a"], "fresh", [[T0, 1]]);
    write(store, ["alex", "a"], "stale", []);
    store.free(["alex", "a"], NOW);
    const metrics = { degraded: [], missing: ["fresh", "stale"] };
    expect(store.hostHealth("alex", "a", ["fresh", "stale"], NOW)).toEqual({ state: "failed", metrics });
  });

  it("missing while a series has been made but not written", () => {
    const store = newStore(METRICS);
    write(store, ["alex", "a"], "fresh", []);
    const metrics = { degraded: [], missing: ["fresh"] };
    expect(store.hostHealth("alex", "a", ["fresh"], NOW)).toEqual({ state: "failed", metrics });
  });
});
