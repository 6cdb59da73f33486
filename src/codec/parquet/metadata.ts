// The parts of a file's metadata that are the same in every file, and those of the columns of texts. (parquet.thrift)

import { COLUMNS, SEQUENCE_KEY, SORTED_BY, type ColumnType } from "./schema.ts";
import { compareText } from "./text-order.ts";
import type { TextChunk } from "./text-chunk.ts";
import { thrift, writeThrift, type ThriftStruct, type ThriftValue } from "./thrift.ts";

const { binary, boolean, int32, int64, int8, list, struct, text } = thrift;

/** Type, FieldRepetitionType, ConvertedType, CompressionCodec, BoundaryOrder. */
const [INT64, FLOAT, BYTE_ARRAY] = [2, 4, 6];
const REQUIRED = 0;
const [UTF8, INT_64] = [0, 18];
const ZSTD = 6;
const [UNORDERED, ASCENDING] = [0, 1];
/** Encodings of a column of texts: PLAIN (the dictionary), RLE, RLE_DICTIONARY. */
const TEXT_ENCODINGS = [0, 3, 8];

const FORMAT_VERSION = 2;

const SCHEMA: Readonly<Record<ColumnType, [id: number, value: ThriftValue][]>> = {
  string: [
    [1, int32(BYTE_ARRAY)],
    [6, int32(UTF8)],
    [10, struct([[1, struct([])]])],
  ],
  int64: [
    [1, int32(INT64)],
    [6, int32(INT_64)],
    [
      10,
      struct([
        [
          10,
          struct([
            [1, int8(64)],
            [2, boolean(true)],
          ]),
        ],
      ]),
    ],
  ],
  float32: [[1, int32(FLOAT)]],
};

export interface FileFacts {
  readonly rows: number;
  readonly groups: readonly ThriftStruct[];
  readonly createdBy: string;
  readonly sequence: number;
}

/** The footer of a file: FileMetaData. */
export function encodeFileMetadata({ rows, groups, createdBy, sequence }: FileFacts): Uint8Array<ArrayBuffer> {
  const root = struct([
    [4, text("samples")],
    [5, int32(COLUMNS.length)],
  ]);
  const columns = COLUMNS.map(({ name, type }) => struct([...SCHEMA[type], [3, int32(REQUIRED)], [4, text(name)]]));
  const byType = struct([[1, struct([])]]);
  return writeThrift(
    new Map([
      [1, int32(FORMAT_VERSION)],
      [2, list([root, ...columns])],
      [3, int64(rows)],
      [4, list(groups.map((fields): ThriftValue => ({ type: "struct", fields })))],
      [
        5,
        list([
          struct([
            [1, text(SEQUENCE_KEY)],
            [2, text(String(sequence))],
          ]),
        ]),
      ],
      [6, text(createdBy)],
      [7, list(COLUMNS.map(() => byType))],
    ]),
  );
}

/** How the rows of a group are sorted: its `sorting_columns`. */
export function sortingColumns(): ThriftValue {
  const indexOf = (name: string): number => COLUMNS.findIndex((column) => column.name === name);
  return list(
    SORTED_BY.map((name) =>
      struct([
        [1, int32(indexOf(name))],
        [2, boolean(false)],
        [3, boolean(false)],
      ]),
    ),
  );
}

/** ColumnMetaData of a column of texts whose chunk lies at `offset`. */
export function textMetadata(name: string, chunk: TextChunk, offset: number): ThriftValue {
  const { pages, bytes, plainBytes } = chunk;
  const rows = pages.reduce((sum, page) => sum + page.rows, 0);
  const lowest = pages.map(({ min }) => min).toSorted(compareText)[0];
  const highest =
    pages
      .map(({ max }) => max)
      .toSorted(compareText)
      .at(-1) ?? "";
  return struct([
    [1, int32(BYTE_ARRAY)],
    [2, list(TEXT_ENCODINGS.map(int32))],
    [3, list([text(name)])],
    [4, int32(ZSTD)],
    [5, int64(rows)],
    [6, int64(plainBytes)],
    [7, int64(bytes.length)],
    [9, int64(offset + pages[0].offset)],
    [11, int64(offset)],
    [
      12,
      struct([
        [3, int64(0)],
        [5, text(highest)],
        [6, text(lowest)],
        [7, boolean(true)],
        [8, boolean(true)],
      ]),
    ],
  ]);
}

/** ColumnIndex of a column of texts: the range of each page. */
export function encodeTextIndex({ pages }: TextChunk): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const isAscending = pages.every(
    ({ min, max }, i) =>
      i === 0 || (compareText(pages[i - 1].min, min) <= 0 && compareText(pages[i - 1].max, max) <= 0),
  );
  return writeThrift(
    new Map([
      [1, list(pages.map(() => boolean(false)))],
      [2, list(pages.map(({ min }) => binary(encoder.encode(min))))],
      [3, list(pages.map(({ max }) => binary(encoder.encode(max))))],
      [4, int32(isAscending ? ASCENDING : UNORDERED)],
      [5, list(pages.map(() => int64(0)))],
    ]),
  );
}

/** OffsetIndex of a column of texts whose chunk lies at `offset`. */
export function encodeTextPages({ pages }: TextChunk, offset: number): Uint8Array<ArrayBuffer> {
  const locations = pages.map((page) =>
    struct([
      [1, int64(offset + page.offset)],
      [2, int32(page.sizeBytes)],
      [3, int64(page.firstRow)],
    ]),
  );
  return writeThrift(new Map([[1, list(locations)]]));
}
