// Bytes sixteen at a time. These functions load whole vectors and mask off what lies outside of the text.

export const NEWLINE: u8 = 0x0a;
export const SPACE: u8 = 0x20;
export const BACKSLASH: u8 = 0x5c;

// 20 zeros, then 32 ones, then 16 zeros: a vector loaded at the right offset is the mask of its first or last n bytes.
const ZEROS: usize = 20;
const ONES: usize = 32;
const MASKS: usize = memory.data(68, 16);
memory.fill(MASKS + ZEROS, 0xff, ONES);

/** Mask of the first `count` bytes of a vector, 0 to 16. */
export function firstBytes(count: usize): v128 {
  return v128.load(MASKS + ZEROS + ONES - count);
}

/** Mask of the last `count` bytes of a vector, 0 to 32; from 16 on all of them. */
export function lastBytes(count: usize): v128 {
  return v128.load(MASKS + ZEROS - 16 + count);
}

/** Continues `lastBytes` upwards: the mask of the four bytes before that vector, for the same `count`. */
export function lastBytesBefore(count: usize): u32 {
  return load<u32>(MASKS + ZEROS - 20 + count);
}

/** Whether the `length` bytes at `a` and at `b` are the same. */
export function sameBytes(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i))) !== 0xffff) return false;
  }
  const rest = v128.xor(v128.load(a + i), v128.load(b + i));
  return !v128.any_true(v128.and(rest, firstBytes(length - i)));
}

/** Length of what the `length` bytes at `a` and at `b` begin with in common. */
export function sharedPrefix(a: usize, b: usize, length: usize): usize {
  for (let i: usize = 0; i < length; i += 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i)));
    if (same !== 0xffff) return min(i + ctz<usize>(~same), length);
  }
  return length;
}

/** Distance from `text` to the first space, 32 when it is farther. */
export function distanceToSpace(text: usize): usize {
  const low = <u32>i8x16.bitmask(i8x16.eq(v128.load(text), i8x16.splat(SPACE)));
  const high = <u32>i8x16.bitmask(i8x16.eq(v128.load(text + 16), i8x16.splat(SPACE)));
  return <usize>ctz(low | (high << 16));
}

/** Bit i is set when byte i at `text` is no decimal digit, for 32 bytes. */
export function nonDigits(text: usize): u32 {
  return nonDigitsOfVector(text) | (nonDigitsOfVector(text + 16) << 16);
}

function nonDigitsOfVector(text: usize): u32 {
  // Ten values from the least signed byte on: SSE compares signed bytes only.
  const digit = i8x16.add(v128.load(text), i8x16.splat(0x50));
  return <u32>i8x16.bitmask(i8x16.gt_s(digit, i8x16.splat(-0x77)));
}

/** First byte behind the newline at or after `text`. There must be one. */
export function behindNewline(text: usize): usize {
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(text), i8x16.splat(NEWLINE)));
    if (found) return text + ctz<usize>(found) + 1;
    text += 16;
  }
}
