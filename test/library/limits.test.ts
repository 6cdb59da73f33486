import { expect, test } from "vitest";
import { checkLimits, defaultLimits, limitKey, type Limits } from "../../src/library/limits.ts";

test("the defaults are sound", () => {
  expect(checkLimits(defaultLimits)).toEqual([]);
});

test("a limit's key in the configuration is its name in kebab case", () => {
  expect(limitKey("gzipMinSizeBytes")).toBe("gzip-min-size-bytes");
});

const upTo = (min: number, found: string, max = 2_147_483_647) =>
  `expected a whole number from ${min} to ${max}, found ${found}`;

test.each<[Partial<Limits>, string]>([
  [{ seriesCount: 0 }, `series-count: ${upTo(1, "0")}`],
  [{ seriesCount: 1.5 }, `series-count: ${upTo(1, "1.5")}`],
  [{ queriesPerRequest: -1 }, `queries-per-request: ${upTo(1, "-1")}`],
  [{ rejectionsListed: -1 }, `rejections-listed: ${upTo(0, "-1")}`],
  [{ pointsPerAnswer: Number.NaN }, `points-per-answer: ${upTo(1, "NaN")}`],
  [{ bodyTimeoutMs: 2 ** 31 }, `body-timeout-ms: ${upTo(1, "2147483648")}`],
  [{ nameLengthBytes: 256 }, `name-length-bytes: ${upTo(1, "256", 255)}`],
  [
    { jsonBodySizeBytes: 300 * 1024 * 1024 },
    "json-body-size-bytes: expected at most 268435456 (body-size-bytes), found 314572800",
  ],
  [
    { lineLengthBytes: 300 * 1024 * 1024 },
    "line-length-bytes: expected at most 268435456 (body-size-bytes), found 314572800",
  ],
  [{ lineLengthBytes: 100 }, "name-length-bytes: expected at most 100 (line-length-bytes), found 255"],
  [{ headersTimeoutMs: 40_000 }, "headers-timeout-ms: expected at most 30000 (body-timeout-ms), found 40000"],
])("%o is refused", (changed, problem) => {
  expect(checkLimits({ ...defaultLimits, ...changed })).toEqual([problem]);
});

test("what may be turned off may be 0", () => {
  expect(checkLimits({ ...defaultLimits, rejectionsListed: 0, contexts: 0, ignoredKeys: 0 })).toEqual([]);
});
