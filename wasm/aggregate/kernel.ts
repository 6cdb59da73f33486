// Adds rows of float32 values to float64 sums, two slots to a vector. Each slot's sum is taken row by row, as the plain
// twin (src/core/adder.ts) takes it: the results are the same to the last bit. The typed face is
// src/wasm/simd-adder.ts.

/** Sums at most: half a year of minutes. Longer answers are left to the twin. */
export const MAX_SUMS: i32 = 1 << 18;
/** Rows that `addRows` adds at once when there are so many. */
export const MAX_ROWS: i32 = 8;
/** Values from the beginning of a row to that of the next: a buffer's, so that neighbours are copied in one go. */
export const ROW_VALUES: i32 = 512;

const ROW_BYTES: usize = 512 * 4;
const SUMS: usize = memory.data(2097152, 64);
const ROWS: usize = memory.data(8 * 512 * 4, 64);

export function sumsOffset(): usize {
  return SUMS;
}
export function rowsOffset(): usize {
  return ROWS;
}

export function clearSums(count: i32): void {
  memory.fill(SUMS, 0, <usize>count << 3);
}

/** Adds values[begin … begin + length) of each of the first `count` rows to the sums from `offset` on. */
export function addRows(offset: i32, begin: i32, length: i32, count: i32): void {
  const sums = SUMS + (<usize>offset << 3);
  const row = ROWS + (<usize>begin << 2);
  if (count === MAX_ROWS) return addEight(sums, row, length);
  for (let i = 0; i < count; i++) addOne(sums, row + i * ROW_BYTES, length);
}

function addOne(sums: usize, row: usize, length: i32): void {
  const end = sums + (<usize>length << 3);
  for (; sums + 32 <= end; sums += 32, row += 16) {
    v128.store(sums, f64x2.add(v128.load(sums), twoValues(row)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), twoValues(row + 8)), 16);
  }
  for (; sums < end; sums += 8, row += 4) store<f64>(sums, load<f64>(sums) + <f64>load<f32>(row));
}

// FENCED: written out, so that the rows are constant distances from one address and the sums stay in registers.
function addEight(sums: usize, row: usize, length: i32): void {
  const end = sums + (<usize>length << 3);
  for (; sums + 32 <= end; sums += 32, row += 16) {
    v128.store(sums, addTwo(v128.load(sums), row));
    v128.store(sums, addTwo(v128.load(sums, 16), row + 8), 16);
  }
  for (; sums < end; sums += 8, row += 4) {
    let sum = load<f64>(sums);
    for (let i: usize = 0; i < 8; i++) sum += <f64>load<f32>(row + i * ROW_BYTES);
    store<f64>(sums, sum);
  }
}

@inline
function addTwo(sums: v128, row: usize): v128 {
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row)));
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 1 * ROW_BYTES)));
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 2 * ROW_BYTES)));
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 3 * ROW_BYTES)));
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 4 * ROW_BYTES)));
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 5 * ROW_BYTES)));
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 6 * ROW_BYTES)));
  return f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(row, 7 * ROW_BYTES)));
}

/** Two float32 as float64. Loaded by themselves: converting half of a larger vector would cost a shuffle. */
@inline
function twoValues(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}
