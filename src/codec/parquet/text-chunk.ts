// A column of texts of one row group. The rows come series by series, so a column is a few runs of equal texts: a
// dictionary and run lengths, a few bytes whatever the number of rows. parquet-wasm would look at every single row, and six
// such columns took it four times as long as the three of numbers. (parquet-format: Encodings.md, RLE_DICTIONARY)

import { ByteWriter } from "./byte-writer.ts";
import { checkPage, DATA_PAGE, DICTIONARY_PAGE, HEADER, numberIn, withChecksum } from "./page-header.ts";
import { compareText } from "./text-order.ts";
import { readThrift, thrift, writeThrift, type ThriftValue } from "./thrift.ts";
import { VarintReader } from "./varint-reader.ts";
import { zstdFrame } from "./zstd-frame.ts";

/** Consecutive rows with the same text. */
export interface TextRun {
  readonly text: string;
  readonly rows: number;
}

export interface Page {
  /** Of the page, from the beginning of the chunk. */
  readonly offset: number;
  /** With its header. */
  readonly sizeBytes: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly min: string;
  readonly max: string;
}

export interface TextChunk {
  /** The dictionary's page, then those of the rows. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What `bytes` would be without compression. */
  readonly plainBytes: number;
  readonly pages: readonly Page[];
}

/** parquet.thrift: Encoding */
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;

const utf8 = new TextEncoder();

/** @param pages the runs of each page */
export function encodeTextChunk(pages: readonly (readonly TextRun[])[]): TextChunk {
  const numbers = new Map<string, number>();
  for (const { text } of pages.flat()) if (!numbers.has(text)) numbers.set(text, numbers.size);
  const out = new ByteWriter();
  let plainBytes = appendPage(out, dictionaryHeader(numbers.size), dictionaryBytes([...numbers.keys()]));
  const written: Page[] = [];
  let firstRow = 0;
  for (const runs of pages) {
    const offset = out.length;
    const rows = runs.reduce((sum, run) => sum + run.rows, 0);
    plainBytes += appendPage(out, dataHeader(rows), runBytes(runs, numbers));
    written.push({ offset, sizeBytes: out.length - offset, firstRow, rows, ...rangeOf(runs) });
    firstRow += rows;
  }
  return { bytes: out.bytes(), plainBytes, pages: written };
}

type PageHeader = [id: number, value: ThriftValue][];

/** Returns the size of the page without compression. */
function appendPage(out: ByteWriter, header: PageHeader, content: Uint8Array): number {
  const frame = zstdFrame(content);
  const sizes: PageHeader = [
    [HEADER.plainBytes, thrift.int32(content.length)],
    [HEADER.sizeBytes, thrift.int32(frame.length)],
  ];
  const headerBytes = writeThrift(withChecksum(new Map([...header, ...sizes]), frame));
  out.raw(headerBytes);
  out.raw(frame);
  return headerBytes.length + content.length;
}

function dictionaryHeader(texts: number): PageHeader {
  return [
    [HEADER.type, thrift.int32(DICTIONARY_PAGE)],
    [
      HEADER.dictionaryPage,
      thrift.struct([
        [1, thrift.int32(texts)],
        [2, thrift.int32(PLAIN)],
      ]),
    ],
  ];
}

function dataHeader(rows: number): PageHeader {
  return [
    [HEADER.type, thrift.int32(DATA_PAGE)],
    [
      HEADER.dataPage,
      thrift.struct([
        [1, thrift.int32(rows)],
        [2, thrift.int32(RLE_DICTIONARY)],
        // Of the levels, of which a required column has none.
        [3, thrift.int32(RLE)],
        [4, thrift.int32(RLE)],
      ]),
    ],
  ];
}

function dictionaryBytes(texts: readonly string[]): Uint8Array {
  const out = new ByteWriter();
  for (const text of texts) {
    const encoded = utf8.encode(text);
    out.little(encoded.length, 4);
    out.raw(encoded);
  }
  return out.bytes();
}

function runBytes(runs: readonly TextRun[], numbers: ReadonlyMap<string, number>): Uint8Array {
  const bitWidth = 32 - Math.clz32(numbers.size - 1);
  const out = new ByteWriter();
  out.byte(bitWidth);
  for (let i = 0; i < runs.length;) {
    const { text } = runs[i];
    let rows = 0;
    for (; i < runs.length && runs[i].text === text; i++) rows += runs[i].rows;
    out.varint(2 * rows);
    out.little(numbers.get(text) ?? 0, Math.ceil(bitWidth / 8));
  }
  return out.bytes();
}

function rangeOf(runs: readonly TextRun[]): { min: string; max: string } {
  const [first] = runs;
  let [min, max] = [first.text, first.text];
  for (const { text } of runs) {
    if (compareText(text, min) < 0) min = text;
    if (compareText(text, max) > 0) max = text;
  }
  return { min, max };
}

// — Reading —

/** Undoes the compression of a page. */
export type Decompress = (bytes: Uint8Array) => Uint8Array;

/**
 * Reads a chunk that `encodeTextChunk` wrote. Undefined if it is written in another way, as other programs may.
 * @throws ThriftError, RangeError, or what `decompress` throws, if the bytes are damaged
 */
export function decodeTextChunk(chunk: Uint8Array, decompress: Decompress): TextRun[] | undefined {
  let texts: string[] | undefined;
  const runs: TextRun[] = [];
  for (let at = 0; at < chunk.length;) {
    const { fields, end } = readThrift(chunk, at);
    at = end + numberIn(fields, HEADER.sizeBytes);
    const page = chunk.subarray(end, at);
    checkPage(fields, page);
    const content = decompress(page);
    if (numberIn(fields, HEADER.type) === DICTIONARY_PAGE) {
      texts = textsIn(content);
      continue;
    }
    const header = fields.get(HEADER.dataPage);
    if (texts === undefined || header?.type !== "struct") return undefined;
    if (numberIn(header.fields, 2) !== RLE_DICTIONARY) return undefined;
    const ofPage = runsIn(content, texts, numberIn(header.fields, 1));
    if (ofPage === undefined) return undefined;
    runs.push(...ofPage);
  }
  return runs;
}

function textsIn(content: Uint8Array): string[] {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for (let at = 0; at < content.length;) {
    const length = view.getUint32(at, true);
    at += 4 + length;
    if (at > content.length) throw new RangeError("a text ends behind its page");
    texts.push(decoder.decode(content.subarray(at - length, at)));
  }
  return texts;
}

/** Undefined if not all of the page's rows are in runs. */
function runsIn(content: Uint8Array, texts: readonly string[], pageRows: number): TextRun[] | undefined {
  const valueBytes = Math.ceil((content[0] ?? 0) / 8);
  const runs: TextRun[] = [];
  let left = pageRows;
  const reader = new VarintReader(content, 1);
  while (left > 0) {
    const announced = reader.next();
    // An odd number announces single values, packed.
    if (announced % 2 === 1) return undefined;
    const rows = announced / 2;
    const valueAt = reader.at;
    reader.stepOver(valueBytes);
    let number = 0;
    for (let i = 0; i < valueBytes; i++) number += content[valueAt + i] * 256 ** i;
    if (rows === 0 || rows > left || number >= texts.length) throw new RangeError("a page's runs are damaged");
    runs.push({ text: texts[number], rows });
    left -= rows;
  }
  return runs;
}
