// The shortest decimal text of a float32. JavaScript prints the shortest text of a float64 only: the float32 nearest to
// 0.1 would come out as 0.10000000149011612.

/** 10^0 … 10^22, the powers that float64 holds exactly: a product or quotient with one of them is rounded once. */
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Every decimal of so many digits survives float32 and back, so that rounding a float32 to them finds it again. */
const SAFE_DIGITS = 6;
/** So many digits tell any two float32 apart. */
const MAX_DIGITS = 9;

/** Integers below have no shorter text than their own digits, and none of them needs rounding. */
const PLAIN_INTEGER_LIMIT = 2 ** 24;

/** The decimal exponents from which no digit count up to MAX_DIGITS needs a power of ten that is not exact. */
const MIN_FAST_EXPONENT = MAX_DIGITS - 1 - 22;
const MAX_FAST_EXPONENT = SAFE_DIGITS - 1 + 20;

/**
 * Below a power of two the float32 lie twice as dense as above. Only for these three (all were tried) does the nearest
 * decimal of some length miss while its upper neighbour of that length reads back.
 */
const SHORTER_ABOVE: ReadonlyMap<number, number> = new Map([
  [2 ** -96, 1.2621775e-29],
  [2 ** 87, 1.5474251e26],
  [2 ** 90, 1.2379401e27],
]);

/**
 * Prints a float32 as a JSON number with the fewest significant digits that read back as the same float32, the nearest
 * of those: 0.1, 16777216, 3.4028235e+38, -0. Exponents are written where JavaScript writes them (below 1e-6 and from
 * 1e21 on). NaN and the infinities, which JSON has no text for, are `null`.
 * @param value a float32; another number is rounded to one first
 */
export function shortestFloat32(value: number): string {
  const float = Math.fround(value);
  if (!Number.isFinite(float)) return "null";
  if (float === 0) return Object.is(float, -0) ? "-0" : "0";
  const decimal = shortestDecimal(Math.abs(float));
  return String(float < 0 ? -decimal : decimal);
}

/** The float64 nearest to the decimal searched for; String() prints just those digits, 9 being fewer than 15. */
function shortestDecimal(magnitude: number): number {
  if (magnitude < PLAIN_INTEGER_LIMIT && Number.isInteger(magnitude)) return magnitude;
  const exponent = Math.floor(Math.log10(magnitude));
  if (exponent < MIN_FAST_EXPONENT || exponent > MAX_FAST_EXPONENT) return shortestExtreme(magnitude);
  // With fewer digits than SAFE_DIGITS the zeros behind them fall away in printing.
  for (let digits = SAFE_DIGITS; digits < MAX_DIGITS; digits++) {
    const decimal = roundToDigits(magnitude, digits - 1 - exponent);
    if (Math.fround(decimal) === magnitude) return decimal;
  }
  return roundToDigits(magnitude, MAX_DIGITS - 1 - exponent);
}

/** Rounds to so many decimals, behind the point or (negative) before it. */
function roundToDigits(magnitude: number, decimals: number): number {
  const power = POWERS_OF_TEN[Math.abs(decimals)] ?? 1;
  return decimals < 0 ? Math.round(magnitude / power) * power : Math.round(magnitude * power) / power;
}

/** The same for the very large and the very small, subnormals included: slower, with the engine's exact rounding. */
function shortestExtreme(magnitude: number): number {
  const known = SHORTER_ABOVE.get(magnitude);
  if (known !== undefined) return known;
  for (let digits = 1; digits < MAX_DIGITS; digits++) {
    const decimal = Number(magnitude.toPrecision(digits));
    if (Math.fround(decimal) === magnitude) return decimal;
  }
  return Number(magnitude.toPrecision(MAX_DIGITS));
}
