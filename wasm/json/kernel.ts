// Prints float64 values as JSON numbers with three decimals, each followed by a comma. Half-even on the exact value,
// as Go's strconv prints; NaN and the infinities are `null`. Twin: src/codec/json/fixed-decimals.ts.

/** Values per call. Input, output and tables together (24 KB) stay inside a 32 KB first-level cache. */
export const BLOCK_VALUES: i32 = 512;
/** `-`, 13 digits, `.ddd,`: 19 bytes; and what the widest store writes beyond its text. */
const MAX_VALUE_BYTES: i32 = 24;

const INPUT: usize = memory.data(BLOCK_VALUES * 8, 16);
const OUTPUT: usize = memory.data(BLOCK_VALUES * MAX_VALUE_BYTES, 16);
/** 0…999 without leading zeros: up to three digits, first digit lowest; their number (1…3) in the top byte. */
const HEAD: usize = memory.data(1000 * 4, 16);
/** 0…999 as `.ddd`: the fraction. Shifted right by a byte it is the same three digits without the point. */
const FRACTION: usize = memory.data(1000 * 4, 16);

const COMMA: u32 = 0x2c;
const POINT: u32 = 0x2e;
const MINUS: u32 = 0x2d;
/** `null`, and the comma behind it. */
const NULL_COMMA: u64 = 0x2c6c6c756e;

/** Adding 2^52 to 0 ≤ x < 2^52 leaves no bits for a fraction: the addition itself rounds x half-even. */
const ROUNDER: f64 = 4503599627370496.0;
/** From here on a float64 holds only even integers: the product with 1000 no longer tells the digits. */
const PRODUCT_LIMIT: f64 = 9007199254740992.0;

/** Values printed by the last call; fewer than asked for when it met one that is too large. */
export let printedValues: i32 = 0;

for (let n: u32 = 0; n < 1000; n++) {
  const a = 48 + n / 100, b = 48 + n / 10 % 10, c = 48 + n % 10;
  store<u32>(FRACTION + (<usize>n << 2), POINT | a << 8 | b << 16 | c << 24);
  const digits = n >= 100 ? a | b << 8 | c << 16 | 3 << 24 : n >= 10 ? b | c << 8 | 2 << 24 : c | 1 << 24;
  store<u32>(HEAD + (<usize>n << 2), digits);
}

export function inputOffset(): usize { return INPUT; }
export function outputOffset(): usize { return OUTPUT; }

/**
 * Prints values[from … to) of the input block to the start of the output block.
 * @returns bytes written. Stops in front of a value with |value| · 1000 ≥ 2^53; `printedValues` tells how many are done.
 */
export function printThousandths(from: i32, to: i32): i32 {
  let out = OUTPUT;
  let at = INPUT + (<usize>from << 3);
  const end = INPUT + (<usize>to << 3);
  for (; at < end; at += 8) {
    const value = load<f64>(at);
    const magnitude = abs<f64>(value);
    const product = magnitude * 1000.0;
    if (product < 4294967295.0) {
      // Written always, kept only when negative: signs are random, a branch on them would be missed half the time.
      store<u8>(out, <u8>MINUS);
      out += <usize>(reinterpret<u64>(value) >>> 63);
      const sum = product + ROUNDER;
      const distance = abs<f64>(product - (sum - ROUNDER));
      const n = distance == 0.5 ? <u32>roundTie(magnitude, product) : <u32>reinterpret<u64>(sum);
      out = printSmall(n, out);
    } else if (product < PRODUCT_LIMIT) {
      store<u8>(out, <u8>MINUS);
      out += <usize>(reinterpret<u64>(value) >>> 63);
      out = printLarge(round(magnitude, product), out);
    } else if (magnitude < Infinity) {
      break;
    } else {
      store<u64>(out, NULL_COMMA);
      out += 5;
    }
  }
  printedValues = <i32>((at - INPUT) >>> 3) - from;
  return <i32>(out - OUTPUT);
}

/** n thousandths, n < 2^32. */
@inline
function printSmall(n: u32, out: usize): usize {
  let whole = n / 1000;
  const fraction = n - whole * 1000;
  if (whole < 1000) {
    out = printHead(whole, out);
  } else {
    const thousands = whole / 1000;
    whole -= thousands * 1000;
    if (thousands < 1000) {
      out = printHead(thousands, out);
    } else {
      out = printHead(thousands / 1000, out);
      out = printGroup(thousands % 1000, out);
    }
    out = printGroup(whole, out);
  }
  return printFraction(fraction, out);
}

/** n thousandths, n ≤ 2^53. */
function printLarge(n: u64, out: usize): usize {
  const billions = n / 1000000000000;
  const rest = n - billions * 1000000000000;
  const millions = <u32>(rest / 1000000000);
  if (billions >= 1000) {
    out = printHead(<u32>(billions / 1000), out);
    out = printGroup(<u32>(billions % 1000), out);
    out = printGroup(millions, out);
  } else if (billions > 0) {
    out = printHead(<u32>billions, out);
    out = printGroup(millions, out);
  } else {
    out = printHead(millions, out);
  }
  const small = <u32>(rest - <u64>millions * 1000000000);
  out = printGroup(small / 1000000, out);
  out = printGroup(small / 1000 % 1000, out);
  return printFraction(small % 1000, out);
}

// Each of these stores a few bytes more than it counts; what follows overwrites them.
@inline
function printHead(n: u32, out: usize): usize {
  const digits = load<u32>(HEAD + (<usize>n << 2));
  store<u32>(out, digits);
  return out + <usize>(digits >>> 24);
}

@inline
function printGroup(n: u32, out: usize): usize {
  store<u32>(out, load<u32>(FRACTION + (<usize>n << 2)) >>> 8);
  return out + 3;
}

@inline
function printFraction(n: u32, out: usize): usize {
  store<u32>(out, load<u32>(FRACTION + (<usize>n << 2)));
  store<u8>(out + 4, <u8>COMMA);
  return out + 5;
}

function round(magnitude: f64, product: f64): u64 {
  // A product of 2^52 and more was rounded to an integer, half-even, by the multiplication.
  if (product >= ROUNDER) return <u64>product;
  const sum = product + ROUNDER;
  const distance = abs<f64>(product - (sum - ROUNDER));
  return distance == 0.5 ? roundTie(magnitude, product) : reinterpret<u64>(sum) & 0xfffffffffffff;
}

/**
 * The product looks like a tie, but it was rounded itself: what the rounding cut off decides, and only if that is
 * nothing does the even digit. Dekker: magnitude = high + low, both short enough that their products are exact.
 */
function roundTie(magnitude: f64, product: f64): u64 {
  const high = reinterpret<f64>(reinterpret<u64>(magnitude) & 0xfffffffff8000000);
  const highProduct = high * 1000.0, lowProduct = (magnitude - high) * 1000.0;
  const cutOff = lowProduct - (product - highProduct);
  const below = <u64>product;
  if (cutOff == 0) return below + (below & 1);
  return cutOff > 0 ? below + 1 : below;
}
