// From series to the columns of numbers, a bounded number of rows at a time.

import type { RowSeries, SampleRun } from "./host-series.ts";

/** Rows as columns; the arrays are views that hold only until the next batch. */
export interface RowBatch {
  readonly rows: number;
  /** int64 as pairs of 32 bits, the low ones first: BigInt64Array is slow. */
  readonly timestamp: Int32Array;
  readonly frequency: Int32Array;
  readonly value: Float32Array;
}

/** Enough that the work on a batch itself does not matter, few enough that its memory does not. */
export const BATCH_ROWS = 65_536;

/** The rows of the series, in their order, NaN left out. */
export function* batchesOf(series: readonly RowSeries[]): Generator<RowBatch> {
  const columns = new Columns();
  for (const { runs } of series) {
    for (const run of runs) {
      for (let next = 0; next < run.values.length;) {
        next = appendNumbers(columns, run, next);
        if (columns.rows < BATCH_ROWS) continue;
        yield columns.batch();
        columns.rows = 0;
      }
    }
  }
  if (columns.rows > 0) yield columns.batch();
}

/** Samples that are not NaN: the rows of a series. */
export function rowsOf({ runs }: RowSeries): number {
  return runs.reduce((rows, { values }) => rows + countNumbers(values), 0);
}

function countNumbers(values: Float32Array): number {
  let count = 0;
  // Only NaN differs from itself.
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) count++;
  return count;
}

class Columns {
  rows = 0;
  readonly timestamp = new Int32Array(2 * BATCH_ROWS);
  readonly frequency = new Int32Array(2 * BATCH_ROWS);
  readonly value = new Float32Array(BATCH_ROWS);

  batch(): RowBatch {
    const { rows } = this;
    return {
      rows,
      timestamp: this.timestamp.subarray(0, 2 * rows),
      frequency: this.frequency.subarray(0, 2 * rows),
      value: this.value.subarray(0, rows),
    };
  }
}

const TWO_POW_32 = 2 ** 32;

/** Appends what is not NaN of values[from …], as far as there is room. Returns the index of the first value not looked at. */
function appendNumbers(columns: Columns, { frequency, start, values }: SampleRun, from: number): number {
  const { timestamp, value } = columns;
  const frequencyHigh = Math.floor(frequency / TWO_POW_32);
  let row = columns.rows;
  let i = from;
  for (; i < values.length && row < BATCH_ROWS; i++) {
    const number = values[i];
    if (number !== number) continue;
    const time = start + i * frequency;
    timestamp[2 * row] = time;
    timestamp[2 * row + 1] = Math.floor(time / TWO_POW_32);
    columns.frequency[2 * row] = frequency;
    columns.frequency[2 * row + 1] = frequencyHigh;
    value[row] = number;
    row++;
  }
  columns.rows = row;
  return i;
}
