// Puts a file together, a row group per host: the columns of texts as they were encoded here, those of numbers out of a
// small file of parquet-wasm's for each host. Its pages are copied, with a checksum that it does not write; where they lie is
// written anew. (parquet.thrift: RowGroup, ColumnChunk, ColumnMetaData, OffsetIndex, PageHeader)

import { concatenate } from "./concatenate.ts";
import { encodeFooter, metadataBytesOf } from "./footer.ts";
import type { TextColumns } from "./host-group.ts";
import { encodeFileMetadata, encodeTextIndex, encodeTextPages, sortingColumns, textMetadata } from "./metadata.ts";
import { withChecksum } from "./page-header.ts";
import { COLUMNS, MAGIC, TRAILER_BYTES } from "./schema.ts";
import { readThrift, thrift, writeThrift, type ThriftStruct, type ThriftValue } from "./thrift.ts";

/** Ids of fields. */
const FILE = { rowGroups: 4 } as const;
const GROUP = { columns: 1, plainBytes: 2, rows: 3, sorting: 4, offset: 5, sizeBytes: 6 } as const;
const CHUNK = { metaData: 3, offsetIndex: 4, offsetIndexBytes: 5, columnIndex: 6, columnIndexBytes: 7 } as const;
const META = { path: 3, plainBytes: 6, sizeBytes: 7, dataPage: 9, encodingStats: 13, sizeStats: 16 } as const;
const PAGES = { locations: 1, offset: 1, sizeBytes: 2 } as const;

export interface BuilderOptions {
  readonly createdBy: string;
  readonly sequence: number;
}

/** A column of a row group before it has its place. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly plainBytes: number;
  /** ColumnMetaData, ColumnIndex and OffsetIndex for the place that the chunk got. */
  readonly metadata: (offset: number) => ThriftValue;
  readonly columnIndex: Uint8Array;
  readonly offsetIndex: (offset: number) => Uint8Array;
}

export class FileBuilder {
  readonly #options: BuilderOptions;
  readonly #groups: ThriftStruct[] = [];
  #sizeBytes = 0;
  #rows = 0;

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  get rows(): number {
    return this.#rows;
  }

  begin(): Uint8Array<ArrayBuffer> {
    this.#sizeBytes = MAGIC.length;
    return MAGIC.slice();
  }

  /**
   * Adds a row group. Returns what to append.
   * @param numbers a whole file of one row group with the columns that are no texts, of as many rows
   */
  add(texts: TextColumns, numbers: Uint8Array): Uint8Array[] {
    const numberChunks = chunksOfFile(numbers);
    const chunks = COLUMNS.map(({ name }) => textChunk(texts, name) ?? numberChunks.get(name) ?? missing(name));
    const pieces: Uint8Array[] = [];
    const append = (bytes: Uint8Array): number => {
      pieces.push(bytes);
      this.#sizeBytes += bytes.length;
      return this.#sizeBytes - bytes.length;
    };
    const offsets = chunks.map(({ bytes }) => append(bytes));
    // The indexes right behind their pages: one read gets those of a host.
    const columnIndexes = chunks.map(({ columnIndex }) => place(columnIndex, append));
    const offsetIndexes = chunks.map(({ offsetIndex }, i) => place(offsetIndex(offsets[i]), append));
    const columns = chunks.map(({ metadata }, i) =>
      thrift.struct([
        [2, thrift.int64(0)], // file_offset: deprecated, 0 by the standard
        [CHUNK.metaData, metadata(offsets[i])],
        [CHUNK.offsetIndex, thrift.int64(offsetIndexes[i].offset)],
        [CHUNK.offsetIndexBytes, thrift.int32(offsetIndexes[i].sizeBytes)],
        [CHUNK.columnIndex, thrift.int64(columnIndexes[i].offset)],
        [CHUNK.columnIndexBytes, thrift.int32(columnIndexes[i].sizeBytes)],
      ]),
    );
    this.#addGroup(texts.rows, chunks, columns, offsets[0]);
    return pieces;
  }

  #addGroup(rows: number, chunks: readonly Chunk[], columns: readonly ThriftValue[], offset: number): void {
    const sum = (sizeOf: (chunk: Chunk) => number): number => chunks.reduce((all, chunk) => all + sizeOf(chunk), 0);
    this.#rows += rows;
    this.#groups.push(
      new Map([
        [GROUP.columns, thrift.list(columns)],
        [GROUP.plainBytes, thrift.int64(sum(({ plainBytes }) => plainBytes))],
        [GROUP.rows, thrift.int64(rows)],
        [GROUP.sorting, sortingColumns()],
        [GROUP.offset, thrift.int64(offset)],
        [GROUP.sizeBytes, thrift.int64(sum(({ bytes }) => bytes.length))],
      ]),
    );
  }

  /** What ends the file. */
  finish(): Uint8Array<ArrayBuffer> {
    return encodeFooter(encodeFileMetadata({ rows: this.#rows, groups: this.#groups, ...this.#options }));
  }
}

function place(bytes: Uint8Array, append: (bytes: Uint8Array) => number): { offset: number; sizeBytes: number } {
  return { offset: append(bytes), sizeBytes: bytes.length };
}

function missing(name: string): never {
  throw new Error(`BUG: no column ${name} in parquet-wasm's file`);
}

function textChunk({ chunks }: TextColumns, name: string): Chunk | undefined {
  const chunk = chunks.get(name);
  if (chunk === undefined) return undefined;
  return {
    bytes: chunk.bytes,
    plainBytes: chunk.plainBytes,
    metadata: (offset) => textMetadata(name, chunk, offset),
    columnIndex: encodeTextIndex(chunk),
    offsetIndex: (offset) => encodeTextPages(chunk, offset),
  };
}

// — The columns of a file of parquet-wasm —

function chunksOfFile(file: Uint8Array): Map<string, Chunk> {
  const groups = listOf(footerOf(file), FILE.rowGroups);
  if (groups.length !== 1) throw new Error(`BUG: a file of ${groups.length} row groups, 1 expected`);
  return new Map(listOf(groups[0], GROUP.columns).map((chunk) => fileChunk(file, chunk)));
}

function fileChunk(file: Uint8Array, chunk: ThriftStruct): [name: string, chunk: Chunk] {
  const meta = structOf(chunk, CHUNK.metaData);
  const slice = (offset: number, sizeBytes: number): Uint8Array => file.subarray(offset, offset + sizeBytes);
  const offsetIndex = slice(numberOf(chunk, CHUNK.offsetIndex), numberOf(chunk, CHUNK.offsetIndexBytes));
  // Columns of numbers have no dictionary: these are all pages of the chunk.
  const pages = listOf(readThrift(offsetIndex).fields, PAGES.locations).map((location) =>
    checkedPage(slice(numberOf(location, PAGES.offset), numberOf(location, PAGES.sizeBytes)), location),
  );
  const bytes = concatenate(pages.map((page) => page.bytes));
  const plainBytes = numberOf(meta, META.plainBytes) + bytes.length - numberOf(meta, META.sizeBytes);
  return [
    nameOf(meta),
    {
      bytes,
      plainBytes,
      metadata: (offset) => ({ type: "struct", fields: movedMeta(meta, offset, bytes.length, plainBytes) }),
      columnIndex: slice(numberOf(chunk, CHUNK.columnIndex), numberOf(chunk, CHUNK.columnIndexBytes)),
      offsetIndex: (offset) => placedPages(pages, offset),
    },
  ];
}

interface NumberPage {
  /** With its header. */
  readonly bytes: Uint8Array;
  /** PageLocation in parquet-wasm's file. */
  readonly location: ThriftStruct;
}

function checkedPage(page: Uint8Array, location: ThriftStruct): NumberPage {
  const { fields, end } = readThrift(page);
  const content = page.subarray(end);
  return { bytes: concatenate([writeThrift(withChecksum(fields, content)), content]), location };
}

function footerOf(file: Uint8Array): ThriftStruct {
  const end = file.length - TRAILER_BYTES;
  return readThrift(file, end - metadataBytesOf(file.subarray(end), file.length)).fields;
}

/** Without the statistics that no reader needs: a footer has them for each host and column. */
function movedMeta(meta: ThriftStruct, offset: number, sizeBytes: number, plainBytes: number): ThriftStruct {
  const fields = new Map(meta);
  fields.set(META.plainBytes, thrift.int64(plainBytes));
  fields.set(META.sizeBytes, thrift.int64(sizeBytes));
  fields.set(META.dataPage, thrift.int64(offset));
  fields.delete(META.encodingStats);
  fields.delete(META.sizeStats);
  return fields;
}

function placedPages(pages: readonly NumberPage[], offset: number): Uint8Array {
  let at = offset;
  const locations = pages.map(({ bytes, location }): ThriftValue => {
    const fields = new Map(location)
      .set(PAGES.offset, thrift.int64(at))
      .set(PAGES.sizeBytes, thrift.int32(bytes.length));
    at += bytes.length;
    return { type: "struct", fields };
  });
  return writeThrift(new Map([[PAGES.locations, thrift.list(locations)]]));
}

// — Fields that must be there: parquet-wasm has written them —

function numberOf(fields: ThriftStruct, id: number): number {
  const field = fields.get(id);
  if (field !== undefined && "value" in field && typeof field.value === "number") return field.value;
  throw new Error(`BUG: field ${id} of parquet-wasm's metadata is no number`);
}

function nameOf(meta: ThriftStruct): string {
  const path = meta.get(META.path);
  const [name] = path?.type === "list" ? path.values : [];
  if (name?.type === "binary") return new TextDecoder().decode(name.value);
  throw new Error("BUG: a column of parquet-wasm's file has no name");
}

function structOf(fields: ThriftStruct, id: number): ThriftStruct {
  const field = fields.get(id);
  if (field?.type === "struct") return field.fields;
  throw new Error(`BUG: field ${id} of parquet-wasm's metadata is no struct`);
}

function listOf(fields: ThriftStruct, id: number): ThriftStruct[] {
  const field = fields.get(id);
  const values = field?.type === "list" ? field.values : undefined;
  const structs = values?.flatMap((value) => (value.type === "struct" ? [value.fields] : []));
  if (structs !== undefined && structs.length === values?.length) return structs;
  throw new Error(`BUG: field ${id} of parquet-wasm's metadata is no list of structs`);
}
