// The slow and sure way to a float32, for the few numbers near the middle between two of them.

export const MINUS: u8 = 0x2d;
export const DOT: u8 = 0x2e;
export const ZERO: u8 = 0x30;

/** More would not fit an i64. */
const MAX_SIGNIFICANT: u32 = 18;
/** Integers up to 2^53, and powers of ten up to 10^22, are exact in float64. */
const MAX_EXACT: u64 = 1 << 53;
const MAX_EXACT_POWER: i32 = 22;

/**
 * Reads the digits with their dot in [text, end), times 10^exponent, and stores the nearest float32 at `target`.
 * @returns whether it is certain
 */
export function readExactly(text: usize, end: usize, exponent: i32, minus: u32, target: usize): bool {
  let decimal: u64 = 0;
  let significant: u32 = 0;
  let dot = end - 1;
  for (let at = text; at < end; at++) {
    const byte = load<u8>(at);
    if (byte === DOT) {
      dot = at;
      continue;
    }
    decimal = decimal * 10 + (byte - ZERO);
    significant += <u32>(decimal !== 0);
  }
  const power = exponent - <i32>(end - 1 - dot);
  if (significant > MAX_SIGNIFICANT || abs(power) > MAX_EXACT_POWER) return false;

  const scale = powerOfTen(abs(power));
  const value = power < 0 ? <f64>(<i64>decimal) / scale : <f64>(<i64>decimal) * scale;
  if (!isCertain(value, decimal, power)) return false;
  store<f32>(target, <f32>(minus ? -value : value));
  return true;
}

/** Whether a normal float64 is at most `margin` units of its last place away from the middle between two float32s. */
export function isNearMiddle(value: f64, margin: u32): bool {
  // A float32 has 29 bits less: the middle is a one and 28 zeros.
  const fromMiddle = (<u32>reinterpret<u64>(value) & 0x1fffffff) - 0x10000000;
  return fromMiddle + margin <= 2 * margin;
}

/**
 * Whether decimal × 10^power, which was scaled to `value`, rounds to the same float32 as that.
 *
 * Up to 2^53 the scaling is one operation on exact numbers, so only in the very middle it may have hidden on which side
 * the number is. Beyond, it is the second rounding, and `value` little more than two units in its last place off.
 */
function isCertain(value: f64, decimal: u64, power: i32): bool {
  if (decimal > MAX_EXACT) return !isNearMiddle(value, 4);
  const isExact = power >= 0 && value <= <f64>MAX_EXACT;
  return isExact || !isNearMiddle(value, 0);
}

function powerOfTen(power: i32): f64 {
  let scale: f64 = 1;
  for (let i = 0; i < power; i++) scale *= 10;
  return scale;
}
