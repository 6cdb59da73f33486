// The nearest float32 of a decimal, by integer arithmetic alone: slow, plain, and sharing nothing with src.

const MAX_EXPONENT = 128;
const MIN_QUANTUM_EXPONENT = -149;
const SIGNIFICAND_BITS = 24;

/** The float32 nearest to (-1)^isNegative × numerator / denominator, ties to even; Infinity from 2^128 on. */
export function nearestFloat32(isNegative: boolean, numerator: bigint, denominator: bigint): number {
  const magnitude = nearestMagnitude(numerator, denominator);
  return isNegative ? -magnitude : magnitude;
}

function nearestMagnitude(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  // The quantum is the spacing of float32 around the number: 2^24 of them reach to the next power of two.
  let exponent = bitLength(numerator) - bitLength(denominator) - SIGNIFICAND_BITS - 1;
  exponent = Math.max(exponent, MIN_QUANTUM_EXPONENT);
  while (quotient(numerator, denominator, exponent) >= 1n << BigInt(SIGNIFICAND_BITS)) exponent++;
  let count = quotient(numerator, denominator, exponent);
  const [n, d] = scaled(numerator, denominator, exponent);
  const twiceRest = 2n * (n - count * d);
  if (twiceRest > d || (twiceRest === d && count % 2n === 1n)) count++;
  const value = Number(count) * 2 ** exponent;
  return value >= 2 ** MAX_EXPONENT ? Number.POSITIVE_INFINITY : value;
}

function quotient(numerator: bigint, denominator: bigint, exponent: number): bigint {
  const [n, d] = scaled(numerator, denominator, exponent);
  return n / d;
}

function scaled(numerator: bigint, denominator: bigint, exponent: number): [bigint, bigint] {
  return exponent < 0 ? [numerator << BigInt(-exponent), denominator] : [numerator, denominator << BigInt(exponent)];
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** digits × 10^exponent as a fraction. */
export function fraction(digits: bigint, exponent: number): [bigint, bigint] {
  return exponent < 0 ? [digits, 10n ** BigInt(-exponent)] : [digits * 10n ** BigInt(exponent), 1n];
}

/** The exact decimal digits of count × 2^exponent: count × 5^-exponent × 10^exponent for a negative exponent. */
export function exactDecimal(count: bigint, exponent: number): { digits: bigint; exponent: number } {
  return exponent < 0
    ? { digits: count * 5n ** BigInt(-exponent), exponent }
    : { digits: count << BigInt(exponent), exponent: 0 };
}
