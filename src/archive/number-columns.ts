// Columns of numbers out of pegel's own files: where their pages lie, and some rows of them.

import { decodeNumberPage, type NumberTarget } from "../codec/parquet/number-page.ts";
import type { Decompress } from "../codec/parquet/text-chunk.ts";
import { readThrift, type ThriftStruct } from "../codec/parquet/thrift.ts";
import type { FileSystem } from "../runtime/ports.ts";

/** The pages of a column of a row group, in their order. */
export interface PageLocations {
  /** Within the file. */
  readonly offsets: Float64Array;
  /** With their headers. */
  readonly sizes: Float64Array;
  /** The first row of each within the row group, and behind the last one the number of rows. */
  readonly firstRows: Float64Array;
}

/** Ids of fields in parquet.thrift: OffsetIndex, PageLocation. */
const LOCATIONS = 1;
const [OFFSET, SIZE, FIRST_ROW] = [1, 2, 3];

/** @param offsetIndex its bytes @throws ThriftError, RangeError if they are damaged */
export function parsePageLocations(offsetIndex: Uint8Array, groupRows: number): PageLocations {
  const list = readThrift(offsetIndex).fields.get(LOCATIONS);
  const pages = list?.type === "list" ? list.values : [];
  const numbersOf = (id: number): number[] =>
    pages.map((page) => numberIn(page.type === "struct" ? page.fields : new Map(), id));
  const firstRows = Float64Array.from([...numbersOf(FIRST_ROW), groupRows]);
  for (let i = 1; i < firstRows.length; i++) {
    if (!(firstRows[i] > firstRows[i - 1])) throw new RangeError("pages are not in the order of their rows");
  }
  if (firstRows[0] !== 0) throw new RangeError("no page begins with the first row");
  return { offsets: Float64Array.from(numbersOf(OFFSET)), sizes: Float64Array.from(numbersOf(SIZE)), firstRows };
}

function numberIn(fields: ThriftStruct, id: number): number {
  const field = fields.get(id);
  if (field !== undefined && "value" in field && typeof field.value === "number") return field.value;
  throw new RangeError(`a page's location lacks the number in field ${id}`);
}

export interface PagedColumn {
  readonly files: FileSystem;
  readonly path: string;
  readonly locations: PageLocations;
  readonly decompress: Decompress;
}

/**
 * Reads rows [from, to) of a row group into `target`, which has as many. Returns false if the pages are not encoded as
 * pegel's are. Rejects with FileSystemError, and with other errors if the file is damaged.
 */
export async function readNumbers<Target extends NumberTarget>(
  { files, path, locations, decompress }: PagedColumn,
  from: number,
  to: number,
  target: Target,
  newArray: (rows: number) => Target,
): Promise<boolean> {
  const { offsets, sizes, firstRows } = locations;
  const first = pageOf(firstRows, from);
  const last = pageOf(firstRows, to - 1);
  const start = offsets[first];
  const sizeBytes = offsets[last] + sizes[last] - start;
  const bytes = await files.readRange(path, start, sizeBytes);
  if (bytes.length !== sizeBytes)
    throw new Error(`the file ends at ${start + bytes.length}, ${start + sizeBytes} expected`);
  for (let page = first; page <= last; page++) {
    const at = offsets[page] - start;
    const numbers = newArray(firstRows[page + 1] - firstRows[page]);
    if (!decodeNumberPage(bytes.subarray(at, at + sizes[page]), numbers, decompress)) return false;
    const skipped = Math.max(0, from - firstRows[page]);
    target.set(numbers.subarray(skipped, to - firstRows[page]), firstRows[page] + skipped - from);
  }
  return true;
}

/** The page that has a row. */
function pageOf(firstRows: Float64Array, row: number): number {
  let low = 0;
  let high = firstRows.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (firstRows[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
