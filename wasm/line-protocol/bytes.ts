// Bytes sixteen at a time. These functions load whole vectors and mask off what lies outside of the text.

export const NEWLINE: u8 = 0x0a;
export const SPACE: u8 = 0x20;
export const QUOTE: u8 = 0x22;
export const BACKSLASH: u8 = 0x5c;

/** All lanes of a comparison. */
const ALL: i32 = 0xffff;

// 64 ones, then 64 zeros: what is loaded n bytes before the border is the mask of the first n bytes.
const BORDER: usize = 64;
const MASKS: usize = memory.data(128, 16);
memory.fill(MASKS, 0xff, BORDER);

/** Mask of the first `count` bytes of a vector, 0 to 64; from 16 on all of them. */
export function firstBytes(count: usize): v128 {
  return v128.load(MASKS + BORDER - count);
}

/** Whether the `length` bytes at `a` and at `b` are the same. */
export function sameBytes(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 64 < length; i += 64) {
    if (v128.any_true(difference64(a + i, b + i, MASKS))) return false;
  }
  return !v128.any_true(difference64(a + i, b + i, MASKS + BORDER - (length - i)));
}

/** Not zero where 64 bytes differ that the mask at `mask` covers. No branches: most heads are about that long. */
function difference64(a: usize, b: usize, mask: usize): v128 {
  const first = v128.or(maskedDifference(a, b, mask, 0), maskedDifference(a, b, mask, 16));
  const last = v128.or(maskedDifference(a, b, mask, 32), maskedDifference(a, b, mask, 48));
  return v128.or(first, last);
}

function maskedDifference(a: usize, b: usize, mask: usize, offset: usize): v128 {
  return v128.and(v128.xor(v128.load(a + offset), v128.load(b + offset)), v128.load(mask + offset));
}

/** Length of what the `length` bytes at `a` and at `b` begin with in common. */
export function sharedPrefix(a: usize, b: usize, length: usize): usize {
  for (let i: usize = 0; i < length; i += 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i)));
    if (same !== ALL) return min(i + ctz<usize>(~same), length);
  }
  return length;
}

/** Bit i is set when byte i of the 32 at `text` is no decimal digit. */
export function nonDigits(text: usize): u32 {
  const low = isNoDigit(v128.load(text));
  const high = isNoDigit(v128.load(text, 16));
  return <u32>i8x16.bitmask(low) | (<u32>i8x16.bitmask(high) << 16);
}

function isNoDigit(text: v128): v128 {
  // SSE compares signed bytes only: the digits are moved to the ten lowest of them.
  return i8x16.gt_s(i8x16.add(text, i8x16.splat(0x50)), i8x16.splat(-0x77));
}

/** Longer lines are the grammar's: it knows how long a line may be. With the longest head this is below any limit. */
const MAX_SKIPPED_BYTES: usize = 1024;

/**
 * First byte behind the newline at or after `text`; 0 when that is far away, or a quote comes first, which may hold
 * newlines.
 */
export function behindLine(text: usize): usize {
  const limit = text + MAX_SKIPPED_BYTES;
  let at = text;
  while (at < limit) {
    const bytes = v128.load(at);
    const newlines = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(NEWLINE)));
    const quotes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(QUOTE)));
    if (newlines | quotes) {
      const first = ctz(newlines | quotes);
      return (newlines >> first) & 1 ? at + first + 1 : 0;
    }
    at += 16;
  }
  return 0;
}
