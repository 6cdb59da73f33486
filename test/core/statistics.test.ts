import { describe, expect, it } from "vitest";
import { statisticsOf } from "../../src/core/statistics.ts";

const N = NaN;

describe("statistics", () => {
  it.each([
    { values: [1, 2, 6], samples: 3, avg: 3, min: 1, max: 6 },
    { values: [-5], samples: 1, avg: -5, min: -5, max: -5 },
    { values: [N, 4, N, 2, N], samples: 2, avg: 3, min: 2, max: 4 },
    { values: [N, N], samples: 0, avg: N, min: N, max: N },
    { values: [], samples: 0, avg: N, min: N, max: N },
    { values: [-3, -1, -2], samples: 3, avg: -2, min: -3, max: -1 },
    { values: [0, -0], samples: 2, avg: 0, min: 0, max: 0 },
    { values: [Infinity, 1], samples: 2, avg: Infinity, min: 1, max: Infinity },
    { values: [-Infinity, 1], samples: 2, avg: -Infinity, min: -Infinity, max: 1 },
    { values: [Infinity, Infinity], samples: 2, avg: Infinity, min: Infinity, max: Infinity },
    { values: [Infinity, -Infinity], samples: 2, avg: N, min: -Infinity, max: Infinity },
    { values: [1e308, 1e308], samples: 2, avg: Infinity, min: 1e308, max: 1e308 },
  ])("of $values", ({ values, ...expected }) => {
    expect(statisticsOf(Float64Array.from(values))).toEqual(expected);
  });

  it("sums are taken in float64", () => {
    const values = new Float64Array(10_000).fill(16_777_217);
    expect(statisticsOf(values).avg).toBe(16_777_217);
  });
});
