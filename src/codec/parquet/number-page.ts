// Pages of numbers, as parquet-wasm encodes them. Own code because the general reader makes a BigInt of every int64, and
// decodes all pages of a read at once. (parquet-format: Encodings.md, DELTA_BINARY_PACKED, BYTE_STREAM_SPLIT)

import { checkPage, DATA_PAGE, HEADER, numberIn } from "./page-header.ts";
import type { Decompress } from "./text-chunk.ts";
import { readThrift } from "./thrift.ts";
import { VarintReader } from "./varint-reader.ts";

/** parquet.thrift: Encoding */
const DELTA_BINARY_PACKED = 5;
const BYTE_STREAM_SPLIT = 9;

/** Where decoded numbers go: int64 as float64, exact to 2^53. */
export type NumberTarget = Float64Array | Float32Array;

/**
 * Decodes a page, of `target.length` rows, into `target`. Returns false if it is encoded in another way than pegel's are.
 * @param page with its header
 * @throws RangeError, ThriftError, or what `decompress` throws, if the bytes are damaged
 */
export function decodeNumberPage(page: Uint8Array, target: NumberTarget, decompress: Decompress): boolean {
  const { fields, end } = readThrift(page);
  const header = fields.get(HEADER.dataPage);
  if (numberIn(fields, HEADER.type) !== DATA_PAGE || header?.type !== "struct") return false;
  const rows = numberIn(header.fields, 1);
  if (rows !== target.length) throw new RangeError(`a page of ${rows} rows, ${target.length} expected`);
  const compressed = page.subarray(end, end + numberIn(fields, HEADER.sizeBytes));
  checkPage(fields, compressed);
  const content = decompress(compressed);
  const encoding = numberIn(header.fields, 2);
  if (encoding === DELTA_BINARY_PACKED && target instanceof Float64Array) decodeDeltas(content, target);
  else if (encoding === BYTE_STREAM_SPLIT && target instanceof Float32Array) joinStreams(content, target);
  else return false;
  return true;
}

/** BYTE_STREAM_SPLIT: the first bytes of all floats, then the second ones, … */
function joinStreams(content: Uint8Array, target: Float32Array): void {
  const count = target.length;
  if (content.length !== 4 * count)
    throw new RangeError(`${4 * count} bytes of values expected, found ${content.length}`);
  const bits = new Uint32Array(target.buffer, target.byteOffset, count);
  for (let i = 0; i < count; i++) {
    bits[i] = content[i] | (content[count + i] << 8) | (content[2 * count + i] << 16) | (content[3 * count + i] << 24);
  }
}

/** DELTA_BINARY_PACKED: the first value, then blocks of differences, each over the least one of its block. */
function decodeDeltas(content: Uint8Array, target: Float64Array): void {
  const reader = new VarintReader(content);
  const blockValues = reader.next();
  const miniblocks = reader.next();
  const count = reader.next();
  if (count !== target.length) throw new RangeError(`a page of ${count} numbers, ${target.length} expected`);
  const miniblockValues = blockValues / miniblocks;
  if (!Number.isInteger(miniblockValues) || miniblockValues === 0) throw new RangeError("blocks of no whole size");
  let value = reader.nextSigned();
  if (count > 0) target[0] = value;
  for (let row = 1; row < count;) {
    const least = reader.nextSigned();
    const widthsAt = reader.at;
    reader.stepOver(miniblocks);
    for (let i = 0; i < miniblocks && row < count; i++) {
      const width = content[widthsAt + i];
      const end = Math.min(count, row + miniblockValues);
      const start = reader.at;
      reader.stepOver((miniblockValues * width) / 8);
      for (let bit = 8 * start; row < end; row++, bit += width) {
        value += least + (width === 0 ? 0 : bitsAt(content, bit, width));
        target[row] = value;
      }
    }
  }
}

/** `width` bits from the bit `offset` on, the lowest first; beyond 2^53 not exact. */
function bitsAt(bytes: Uint8Array, offset: number, width: number): number {
  // 32 bits from the byte on hold 25 of any that begin within it.
  if (width > 24) return bitsAt(bytes, offset, 24) + bitsAt(bytes, offset + 24, width - 24) * 2 ** 24;
  const at = Math.floor(offset / 8);
  // Behind the end there is nothing, and it counts as zero.
  const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  return (word >>> (offset % 8)) & ((1 << width) - 1);
}
