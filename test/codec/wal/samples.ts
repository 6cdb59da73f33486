// Samples for the tests of the WAL, and the nasty ones.
import fc from "fast-check";
import type { WalSample } from "../../../src/codec/wal/record.ts";

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("cpu_load", "flops_any", "socket0", "hwthread127", "memctrl1") },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom("", "\u{feff}bom", "größe", "温度", "🌡", "\0", "\u00a1\u00a7\u001d\u00cc") },
  { weight: 1, arbitrary: fc.integer({ min: 230, max: 255 }).map((length) => "x".repeat(length)) },
);

const metric = fc.oneof(
  { weight: 20, arbitrary: name },
  // Around the length of payload from which on the kernel has no timestamp table, and far beyond.
  { weight: 1, arbitrary: fc.integer({ min: 480, max: 520 }).map((length) => "m".repeat(length)) },
  { weight: 1, arbitrary: fc.constant("m".repeat(5000)) },
);

export const key = fc.record({ metric, selector: fc.array(name, { maxLength: 4 }) });

export const timestamp = fc.oneof(
  fc.integer({ min: 1_700_000_000, max: 1_700_000_100 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 53, -(2 ** 63), 2 ** 63 - 1024),
);

export const value = fc.oneof(
  fc.float(),
  fc.constantFrom(0, -0, Infinity, -Infinity, NaN, 1, 3.4028234663852886e38, 1.401298464324817e-45),
);

export const sample: fc.Arbitrary<WalSample> = fc
  .tuple(key, timestamp, value)
  .map(([names, at, number]) => ({ ...names, timestamp: at, value: number }));

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
