import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseTimestamp } from "../../../src/codec/line-protocol/timestamp.ts";

function parse(text: string): number | string {
  const bytes = new TextEncoder().encode(`9${text}9`);
  return parseTimestamp(bytes, 1, bytes.length - 1);
}

describe("a timestamp", () => {
  test.each<[string, number | "syntax" | "range"]>([
    ["1720879260", 1720879260],
    ["1720879260000", 1720879260],
    ["1720879260000000", 1720879260],
    ["1720879260000000000", 1720879260],
    ["1720879320499", 1720879320],
    ["1720879380999999", 1720879380],
    ["1720879440123456789", 1720879440],
    ["0", 0],
    ["-0", 0],
    ["-600", -600],
    ["-1720879260001", -1720879261],
    ["-1720879260000", -1720879260],
    ["000000000000001720879260", 1720879260],
    ["9223372036", 9223372036],
    ["9223372037", 9223372],
    ["9223372036854", 9223372036],
    ["9223372036855", 9223372],
    ["9223372036854775", 9223372036],
    ["9223372036854776", 9223372],
    ["9223372036854775807", 9223372036],
    ["9223372036854775808", "range"],
    ["-9223372036", -9223372036],
    ["-9223372037", -9223373],
    ["-9223372036854775808", -9223372037],
    ["-9223372036854775809", "range"],
    ["99999999999999999999", "range"],
    ["", "syntax"],
    ["-", "syntax"],
    ["--5", "syntax"],
    ["+5", "syntax"],
    ["1.5", "syntax"],
    ["1e9", "syntax"],
    ["12x", "syntax"],
    ["0x10", "syntax"],
    ["1720879260i", "syntax"],
    ["1720879260-5", "syntax"],
  ])("%j is %j", (text, seconds) => {
    expect(parse(text)).toBe(seconds);
  });

  test("of any size is the floor of its count in the coarsest unit that fits", () => {
    const count = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc
        .tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer({ min: 0, max: 60 }))
        .map(([n, s]) => n >> BigInt(s)),
    );
    fc.assert(
      fc.property(count, (n) => {
        expect(parse(`${n}`)).toBe(expectedSeconds(n));
      }),
      { numRuns: 2000 },
    );
  });
});

function expectedSeconds(count: bigint): number {
  const magnitude = count < 0n ? -count : count;
  const perSecond = [1n, 1_000n, 1_000_000n, 1_000_000_000n].find(
    (unit) => magnitude * (1_000_000_000n / unit) < 2n ** 63n || unit === 1_000_000_000n,
  );
  if (perSecond === undefined) throw new Error("BUG: nanoseconds always fit");
  const rest = ((count % perSecond) + perSecond) % perSecond;
  return Number((count - rest) / perSecond);
}
