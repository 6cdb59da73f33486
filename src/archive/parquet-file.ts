// One Parquet file, open for reading: its footer, and ranges of its columns. pegel's own or one of the reference's.

import { parquetMetadata, parquetScan, type FileMetaData, type RowGroup } from "hyparquet";
import type * as Compression from "hyparquet-compressors";
import { CHECK_BYTES, checkMetadata, metadataBytesOf } from "../codec/parquet/footer.ts";
import { COLUMNS, SEQUENCE_KEY, TRAILER_BYTES } from "../codec/parquet/schema.ts";
import { decodeTextChunk, type TextRun } from "../codec/parquet/text-chunk.ts";
import type { NumberTarget } from "../codec/parquet/number-page.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { FileRanges } from "./file-ranges.ts";
import { parsePageLocations, readNumbers, type PageLocations } from "./number-columns.ts";
import type { ArchiveRange } from "./ports.ts";

/** A row group: mostly one host. */
export interface Group {
  /** Within the file. */
  readonly firstRow: number;
  readonly rows: number;
  /** Undefined if there is more than one, or the file does not tell. */
  readonly host: string | undefined;
  /** Of the samples; all of time if the file does not tell. */
  readonly range: ArchiveRange;
  /** That of all rows; undefined if they differ, or the file does not tell. */
  readonly frequency: number | undefined;
  readonly rowGroup: RowGroup;
}

/** Values of a column as hyparquet gives them. */
export type ColumnValues = Readonly<ArrayLike<unknown>>;

/** The columns without which a file is none of an archive. */
const REQUIRED = COLUMNS.map(({ name }) => name).filter((name) => name !== "selector");

/** A Parquet file that is intact, but has other columns. */
export class ForeignFileError extends Error {
  override readonly name = "ForeignFileError";
}

export class ParquetFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly groups: readonly Group[];
  /** −1 for a file that pegel did not write. */
  readonly sequence: number;
  readonly hasSelector: boolean;
  readonly footerBytes: number;
  readonly #files: FileSystem;
  readonly #metadata: FileMetaData;
  /** Whether pegel wrote it, with checksums: what does not fit them is damaged, and not another way to write it. */
  readonly #isChecked: boolean;

  private constructor(files: FileSystem, path: string, sizeBytes: number, { metadata, isChecked }: Footer) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.footerBytes = metadata.metadata_length;
    this.hasSelector = metadata.schema.some(({ name }) => name === "selector");
    const sequence = metadata.key_value_metadata?.find(({ key }) => key === SEQUENCE_KEY)?.value;
    this.sequence = sequence === undefined ? -1 : Number(sequence);
    this.groups = groupsOf(metadata);
    this.#files = files;
    this.#metadata = metadata;
    this.#isChecked = isChecked;
  }

  /** Rejects with FileSystemError, ForeignFileError, or Error if the footer is damaged. */
  static async open(files: FileSystem, path: string): Promise<ParquetFile> {
    const sizeBytes = await files.sizeOf(path);
    if (sizeBytes === 0) throw new Error("the file is empty");
    const footer = await readFooter(files, path, sizeBytes);
    const names = new Set(footer.metadata.schema.map(({ name }) => name));
    const missing = REQUIRED.filter((name) => !names.has(name));
    if (missing.length > 0) throw new ForeignFileError(`not an archive: no column ${missing.join(", ")}`);
    return new ParquetFile(files, path, sizeBytes, footer);
  }

  /** Rows of the whole file. */
  get rows(): number {
    return this.groups.reduce((sum, { rows }) => sum + rows, 0);
  }

  /**
   * Reads rows [from, to) of some columns, the pages that they are in and no others where the file has an index of them.
   * @param from counted within the file; all of one row group
   */
  async readColumns(columns: readonly string[], from: number, to: number): Promise<ColumnValues[]> {
    const file = new FileRanges(this.#files, this.path, this.sizeBytes);
    const { compressors } = await loadCompressors();
    return file.use(async () => {
      const scan = await parquetScan({ file, metadata: this.#metadata, columns: [...columns], compressors });
      return Promise.all(columns.map((column) => scan.readColumn({ column, rowStart: from, rowEnd: to })));
    });
  }

  /** Where the pages of a column lie; undefined if the file does not tell. */
  async readPageLocations(column: string, { rowGroup, rows }: Group): Promise<PageLocations | undefined> {
    const chunk = rowGroup.columns.find(({ meta_data: data }) => data?.path_in_schema[0] === column);
    const { offset_index_offset: offset, offset_index_length: sizeBytes, meta_data: meta } = chunk ?? {};
    if (meta?.codec !== "ZSTD" || offset === undefined || sizeBytes === undefined) return undefined;
    return parsePageLocations(await this.#files.readRange(this.path, Number(offset), sizeBytes), rows);
  }

  /**
   * Whole numbers or values of rows [from, to), which are counted within the file.
   * @param locations of the column's pages; absent where they are not known
   */
  async readIntegers(
    column: "timestamp" | "frequency",
    group: Group,
    locations: PageLocations | undefined,
    from: number,
    to: number,
  ): Promise<Float64Array> {
    const target = new Float64Array(to - from);
    if (await this.#readNumbers(group, locations, from, target, (rows) => new Float64Array(rows))) return target;
    const [values] = await this.readColumns([column], from, to);
    return Float64Array.from(values, Number);
  }

  async readValues(
    group: Group,
    locations: PageLocations | undefined,
    from: number,
    to: number,
  ): Promise<Float32Array> {
    const target = new Float32Array(to - from);
    if (await this.#readNumbers(group, locations, from, target, (rows) => new Float32Array(rows))) return target;
    const [values] = await this.readColumns(["value"], from, to);
    return Float32Array.from(values, Number);
  }

  async #readNumbers<Target extends NumberTarget>(
    { firstRow }: Group,
    locations: PageLocations | undefined,
    from: number,
    target: Target,
    newArray: (rows: number) => Target,
  ): Promise<boolean> {
    if (locations === undefined) return this.#isReadOtherwise();
    const { decompressZstd } = await loadCompressors();
    const column = {
      files: this.#files,
      path: this.path,
      locations,
      decompress: (page: Uint8Array) => decompressZstd(page),
    };
    const isDone = await readNumbers(column, from - firstRow, from - firstRow + target.length, target, newArray);
    return isDone || this.#isReadOtherwise();
  }

  /** False: what is not written as pegel writes it goes another way. @throws Error for a file that pegel wrote */
  #isReadOtherwise(): false {
    if (this.#isChecked) throw new Error("a page is not written as this file's pages are");
    return false;
  }

  /** A column of texts of a row group as runs; undefined if it is not written so. */
  async readRuns(column: string, { rowGroup, rows }: Group): Promise<TextRun[] | undefined> {
    const meta = rowGroup.columns.find(({ meta_data: data }) => data?.path_in_schema[0] === column)?.meta_data;
    if (meta?.codec !== "ZSTD" || !meta.encodings.includes("RLE_DICTIONARY")) return undefined;
    const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
    const chunk = await this.#files.readRange(this.path, start, Number(meta.total_compressed_size));
    const { decompressZstd } = await loadCompressors();
    const runs = decodeTextChunk(chunk, (bytes) => decompressZstd(bytes));
    if (runs === undefined) return this.#isReadOtherwise() || undefined;
    const found = runs.reduce((sum, run) => sum + run.rows, 0);
    if (found !== rows) throw new Error(`column ${column}: expected ${rows} rows, found ${found}`);
    return runs;
  }
}

type Decompressors = Pick<typeof Compression, "compressors" | "decompressZstd">;

/** Not at the start of the program, of which they would take a fifth: most never read an archive. */
function loadCompressors(): Promise<Decompressors> {
  return import("hyparquet-compressors");
}

interface Footer {
  readonly metadata: FileMetaData;
  readonly isChecked: boolean;
}

/** @throws Error if it is damaged */
async function readFooter(files: FileSystem, path: string, sizeBytes: number): Promise<Footer> {
  const end = sizeBytes - TRAILER_BYTES;
  const metadataBytes = metadataBytesOf(await files.readRange(path, Math.max(0, end), TRAILER_BYTES), sizeBytes);
  const start = Math.max(0, end - metadataBytes - CHECK_BYTES);
  const bytes = await files.readRange(path, start, sizeBytes - start);
  const metadata = bytes.subarray(bytes.length - TRAILER_BYTES - metadataBytes);
  const isChecked = checkMetadata(bytes, metadata.subarray(0, metadataBytes));
  return { metadata: parquetMetadata(metadata, { geoparquet: false }), isChecked };
}

function groupsOf({ row_groups: rowGroups }: FileMetaData): Group[] {
  let firstRow = 0;
  return rowGroups.map((rowGroup) => {
    const rows = Number(rowGroup.num_rows);
    const host = statisticsOf(rowGroup, "hostname");
    const time = statisticsOf(rowGroup, "timestamp");
    const frequency = statisticsOf(rowGroup, "frequency");
    const isOneHost = typeof host?.min === "string" && host.min === host.max;
    const hasTime = typeof time?.min === "bigint" && typeof time.max === "bigint";
    firstRow += rows;
    return {
      firstRow: firstRow - rows,
      rows,
      host: isOneHost ? String(host.min) : undefined,
      range: hasTime ? { from: Number(time.min), to: Number(time.max) + 1 } : { from: -Infinity, to: Infinity },
      frequency:
        typeof frequency?.min === "bigint" && frequency.min === frequency.max ? Number(frequency.min) : undefined,
      rowGroup,
    };
  });
}

function statisticsOf({ columns }: RowGroup, name: string): { min: unknown; max: unknown } | undefined {
  const meta = columns.find(({ meta_data: data }) => data?.path_in_schema[0] === name)?.meta_data;
  const { min_value: min, max_value: max } = meta?.statistics ?? {};
  return { min, max };
}
