import { describe, expect, test } from "vitest";
import { Checks, DisagreementError, medianOf, summarise, type Figure } from "../../bench/harness.ts";

describe("checks", () => {
  test("a right result counts", () => {
    const checks = new Checks();
    checks.equal("samples", 3, 3);
    checks.equalNumbers("values", [1, NaN], Float64Array.of(1, NaN));
    expect(checks.count).toBe(2);
  });

  test.each([
    ["a wrong value", [1, 2], [1, 3], "values[1]: expected 3, found 2"],
    ["a missing value", [1], [1, 3], "values, length: expected 2, found 1"],
    ["a gap that should not be there", [1, NaN], [1, 3], "values[1]: expected 3, found NaN"],
  ])("%s stops the question and says where", (_, actual, expected, message) => {
    const compare = (): void => new Checks().equalNumbers("values", actual, expected);
    expect(compare).toThrow(DisagreementError);
    expect(compare).toThrow(message);
  });
});

describe("the summary of several rounds", () => {
  const rounds = (unit: Figure["unit"], must: number, ...values: number[]): Figure[][] =>
    values.map((value) => [{ what: "x", unit, value, target: { kind: "value", must } }]);

  test.each<[string, Figure[][], object]>([
    ["more lines a second are better", rounds("M lines/s", 10, 9, 12, 11), { best: 12, median: 11, isReached: true }],
    ["a slow median does not reach the target", rounds("M lines/s", 10, 9, 12, 8), { median: 9, isReached: false }],
    ["less time is better", rounds("ms", 0.4, 0.5, 0.3, 0.35), { best: 0.3, median: 0.35, isReached: true }],
  ])("%s", (_, figures, expected) => {
    expect(summarise(figures)[0]).toMatchObject(expected);
  });

  test.each<[string, Figure["unit"], number, number, object]>([
    ["twice as many lines", "M lines/s", 4, 2, { timesReference: 2, isReached: false }],
    ["a third of the time", "ms", 1, 3, { timesReference: 3, isReached: true }],
  ])("%s: the ratio tells how many times better than the reference", (_, unit, value, referenceValue, expected) => {
    const target = { kind: "times-reference", must: 3 } as const;
    expect(summarise([[{ what: "x", unit, value, referenceValue, target }]])[0]).toMatchObject(expected);
  });

  test("without a reference there is no verdict on a ratio", () => {
    const target = { kind: "times-reference", must: 3 } as const;
    expect(summarise([[{ what: "x", unit: "ms", value: 1, target }]])[0]).not.toHaveProperty("isReached");
  });
});

test("the median of an even number of values is the mean of the middle two", () => {
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
});
