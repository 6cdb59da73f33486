// Where everything lies in the module's memory, one layout for both uses: the framer reads the columns and writes the
// records, the replayer reads the records and writes the columns.
//
//   records 1 MiB | columns | runs | taught record | report | tables | arena of templates ──► grows

/** Size of the records area. The longest record takes an eighth of it. */
export const RECORDS_BYTES: usize = 1 << 20;
/** Samples the columns hold, and runs at most. */
export const BLOCK_SAMPLES: usize = 1 << 14;

// Vectors are moved whole. What they cover beyond a record is overwritten or masked off; it only has to exist.
const SLACK_BYTES: usize = 64;

const PAGE_BITS: usize = 16;
/** Growth of the arena, in pages of 64 KiB. Each step detaches the host's views, so the steps are large. */
const ARENA_STEP_PAGES: i32 = 64;
const ARENA_ALIGNMENT: usize = 16;

export const records: usize = memory.data(<i32>(RECORDS_BYTES + SLACK_BYTES), 64);
export const series: usize = memory.data(<i32>(BLOCK_SAMPLES * 4), 64);
export const timestamps: usize = memory.data(<i32>(BLOCK_SAMPLES * 8), 64);
export const values: usize = memory.data(<i32>(BLOCK_SAMPLES * 4), 64);
export const runHosts: usize = memory.data(<i32>(BLOCK_SAMPLES * 4), 64);
export const runEnds: usize = memory.data(<i32>(BLOCK_SAMPLES * 4), 64);
/** Where the host puts the record of which `setTemplate` makes a template. */
export const taughtRecord: usize = memory.data(131072, 64);
/** Four u32 that tell the host of the last call. */
export const report: usize = memory.data(16, 16);

let arenaTop: usize = __heap_base;

/** Takes memory from the arena, undefined in content. 0 when the host gives no more. */
export function take(sizeBytes: usize): usize {
  const address = (arenaTop + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1);
  const end = address + sizeBytes + SLACK_BYTES;
  if (end < address) return 0;
  const missingPages = <i32>((end + (1 << PAGE_BITS) - 1) >> PAGE_BITS) - memory.size();
  if (missingPages > 0 && memory.grow(max(missingPages, ARENA_STEP_PAGES)) < 0) return 0;
  arenaTop = address + sizeBytes;
  return address;
}

/** Gives all that was taken back. */
export function emptyArena(): void {
  arenaTop = __heap_base;
}
