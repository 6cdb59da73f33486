// Numbers with a fixed count of decimals, as Go's strconv.FormatFloat(value, 'f', decimals, 64) prints them.
// `Number.prototype.toFixed` will not do: it rounds ties up (0.0625 → 0.063) and prints large values with an exponent.

/** Decimals of an answer's numbers: three for `data`, two for the statistics. */
export type Decimals = 2 | 3;

/** From here on a float64 product no longer holds every digit before the point. */
const FAST_LIMIT = 2 ** 53;

/**
 * Prints a value with exactly `decimals` decimals and never an exponent. The value is taken as what it is, a binary
 * fraction; an exact tie goes to the even digit. A negative value that rounds to zero keeps its sign, so does -0.
 * NaN and the infinities, which JSON has no text for, are `null`.
 */
export function formatFixed(value: number, decimals: Decimals): string {
  if (!Number.isFinite(value)) return "null";
  const magnitude = Math.abs(value);
  const scale = decimals === 3 ? 1000 : 100;
  const digits = roundedDigits(magnitude, scale).padStart(decimals + 1, "0");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The digits of magnitude · scale, rounded half-even to an integer. */
function roundedDigits(magnitude: number, scale: number): string {
  const product = magnitude * scale;
  const below = Math.floor(product);
  const fraction = product - below;
  // The product may itself be rounded, but never across a half: only when it lies on one are its digits in doubt.
  if (product >= FAST_LIMIT || fraction === 0.5) return exactDigits(magnitude, scale);
  return String(fraction > 0.5 ? below + 1 : below);
}

function exactDigits(magnitude: number, scale: number): string {
  const { significand, exponent } = binaryParts(magnitude);
  const scaled = significand * BigInt(scale);
  if (exponent >= 0n) return (scaled << exponent).toString();
  const below = scaled >> -exponent;
  const twiceRest = (scaled - (below << -exponent)) << 1n;
  const one = 1n << -exponent;
  const up = twiceRest > one || (twiceRest === one && (below & 1n) === 1n);
  return (up ? below + 1n : below).toString();
}

/** magnitude = significand · 2^exponent (IEEE 754 binary64, normal: nothing smaller gets near a tie). */
function binaryParts(magnitude: number): { significand: bigint; exponent: bigint } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, magnitude);
  const bits = view.getBigUint64(0);
  const hiddenBit = 1n << 52n;
  return { significand: hiddenBit | (bits & (hiddenBit - 1n)), exponent: (bits >> 52n) - 1075n };
}
