// Where everything lies in the module's memory. `init` lays it out once; only the arena of key bytes grows afterwards.
//
//   input 1 MiB | slack | columns | table 16 B × keys | entries 32 B × keys | arena of key bytes ──► grows

/** Size of the input area in bytes: the longest run of lines of one `parse` call. */
export const INPUT_BYTES: usize = 1 << 20;
/** Samples the columns hold; a longer run of lines is taken in several calls. */
export const OUTPUT_SAMPLES: usize = 1 << 14;
/** Bytes one entry takes, see `Entry`. */
export const ENTRY_BYTES: usize = 32;

// Vectors are loaded whole wherever they begin. What they cover beyond the text is masked off; it only has to exist.
const SLACK_BYTES: usize = 128;

const CACHE_LINE: usize = 64;
const PAGE_BITS: usize = 16;
/** The last page is left out, so that no address behind the memory wraps around to 0. */
const END_OF_MEMORY: usize = 0xffff0000;
/** Growth of the arena, in pages of 64 KiB. Each step detaches the host's views, so the steps are large. */
const ARENA_STEP_PAGES: i32 = 64;

export let input: usize = 0;
export let series: usize = 0;
export let timestamps: usize = 0;
export let values: usize = 0;
/** Three u32 that tell the host of the last `parse`: samples, lines, position. */
export let report: usize = 0;
export let table: usize = 0;
export let entries: usize = 0;
export let arena: usize = 0;

let top: usize = 0;

/** Lays the memory out for `maxKeys` keys. False when the host does not give that much. */
export function layOut(maxKeys: usize): bool {
  top = __heap_base;
  input = take(INPUT_BYTES + SLACK_BYTES);
  series = take(OUTPUT_SAMPLES * 4);
  timestamps = take(OUTPUT_SAMPLES * 8);
  values = take(OUTPUT_SAMPLES * 4);
  report = take(3 * 4);
  table = take(maxKeys * 16);
  entries = take((maxKeys + 1) * ENTRY_BYTES); // one more: the entry before the first line
  arena = take(0);
  return reach(arena, 1);
}

/** Makes sure that there is memory up to `end` (and slack behind it). False when the host gives no more. */
export function reachArena(end: usize): bool {
  return reach(end, ARENA_STEP_PAGES);
}

function take(sizeBytes: usize): usize {
  const address = (top + CACHE_LINE - 1) & ~(CACHE_LINE - 1);
  top = address + sizeBytes;
  return address;
}

function reach(end: usize, stepPages: i32): bool {
  if (end + SLACK_BYTES > END_OF_MEMORY) return false;
  const neededPages = <i32>((end + SLACK_BYTES + (1 << PAGE_BITS) - 1) >> PAGE_BITS);
  const missingPages = neededPages - memory.size();
  return missingPages <= 0 || memory.grow(max(missingPages, stepPages)) >= 0;
}
