import * as fc from "fast-check";

const view = new DataView(new ArrayBuffer(8));

/** The float64 that lies `ulps` representable numbers above (below, if negative) a positive value. */
export function neighbour(value: number, ulps: number): number {
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + BigInt(ulps));
  return view.getFloat64(0);
}

/** Where a product with 1000 lands on a half, and the floats just beside it: 0.0005, 1.0005, 2.6745, 8191.9995, … */
const nearTies = fc
  .tuple(fc.oneof(fc.nat(5000), fc.nat(2 ** 31 - 1), fc.maxSafeNat()), fc.integer({ min: -2, max: 2 }))
  .map(([thousandths, ulps]) => neighbour((thousandths + 0.5) / 1000, ulps));

/** Ties that float64 holds exactly: odd multiples of 1/16. */
const exactTies = fc.oneof(fc.nat(100_000), fc.nat(2 ** 31 - 1)).map((k) => (2 * k + 1) / 16);

/** The widths at which the printer takes another way: 1000, 10^6 and 10^9 thousandths, 2^32, 2^52, 2^53. */
const edges = fc
  .tuple(
    fc.constantFrom(0.001, 1, 999.9995, 1e3, 999_999.9995, 1e6, 1e9, 1e12, 2 ** 32, 2 ** 51, 2 ** 52, 2 ** 53, 2 ** 63),
    fc.constantFrom(1, 1000),
    fc.integer({ min: -3, max: 3 }),
  )
  .map(([edge, scale, ulps]) => neighbour(edge / scale, ulps));

const oddities = fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, -5e-324, Number.MAX_VALUE, 1e20, 1e21);

const bits = fc.bigInt(0n, 2n ** 64n - 1n).map((pattern) => {
  view.setBigUint64(0, pattern);
  return view.getFloat64(0);
});

const plain = fc.oneof(
  fc.float(),
  fc.float({ min: -1000, max: 1000, noNaN: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ min: -1e13, max: 1e13, noNaN: true }),
);

/** Any float64, the ones that are hard to print with three decimals far more often than by chance. */
export const anyNumber: fc.Arbitrary<number> = fc
  .tuple(fc.oneof(plain, nearTies, exactTies, edges, oddities, bits), fc.boolean())
  .map(([value, negate]) => (negate ? -value : value));
