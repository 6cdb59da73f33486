// Footers and indexes of Parquet files, kept while there is room for them.

import type { FileSystem } from "../runtime/ports.ts";
import type { CatalogEntry } from "./catalog.ts";
import { indexOf, type SeriesRows } from "./group-index.ts";
import { LruCache } from "./lru.ts";
import type { PageLocations } from "./number-columns.ts";
import { ParquetFile, type Group } from "./parquet-file.ts";

/** Of the footers, as on disk: in memory they are some ten times as much. */
const MAX_FOOTER_BYTES = 8 * 1024 * 1024;
/** Of all indexes together. */
const MAX_INDEX_ENTRIES = 200_000;
/** Of all columns together; each takes 24 bytes. */
const MAX_PAGES = 400_000;

/** Undefined: the file does not tell. */
interface ColumnPages {
  readonly locations: PageLocations | undefined;
}

export class OpenFiles {
  readonly #files: FileSystem;
  readonly #open = new LruCache<string, ParquetFile>(MAX_FOOTER_BYTES, ({ footerBytes }) => footerBytes);
  readonly #indexes = new LruCache<string, readonly SeriesRows[]>(MAX_INDEX_ENTRIES, (index) => index.length);

  readonly #pages = new LruCache<string, ColumnPages>(
    MAX_PAGES,
    ({ locations }) => 1 + (locations?.offsets.length ?? 0),
  );

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Rejects with an Error that tells what is wrong with the file. */
  async open({ path, listed, isMissing }: CatalogEntry): Promise<ParquetFile> {
    if (isMissing) throw new Error("the file is missing");
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const file = await ParquetFile.open(this.#files, path);
    if (listed !== undefined && listed.bytes !== file.sizeBytes) {
      throw new Error(`${listed.bytes} bytes expected, found ${file.sizeBytes}`);
    }
    this.#open.set(path, file);
    return file;
  }

  async indexOf(file: ParquetFile, group: Group): Promise<readonly SeriesRows[]> {
    const key = `${group.firstRow}/${file.path}`;
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = await indexOf(file, group);
    this.#indexes.set(key, index);
    return index;
  }

  /** Where the pages of a column lie; undefined if the file does not tell. */
  async pagesOf(file: ParquetFile, group: Group, column: NumberColumn): Promise<PageLocations | undefined> {
    const key = pagesKey(file.path, group, column);
    const known = this.#pages.get(key);
    if (known !== undefined) return known.locations;
    const locations = await file.readPageLocations(column, group);
    this.#pages.set(key, { locations });
    return locations;
  }

  /** The file may be another next time. */
  forget(path: string): void {
    const file = this.#open.get(path);
    for (const group of file?.groups ?? []) {
      this.#indexes.delete(`${group.firstRow}/${path}`);
      for (const column of NUMBER_COLUMNS) this.#pages.delete(pagesKey(path, group, column));
    }
    this.#open.delete(path);
  }
}

const NUMBER_COLUMNS = ["timestamp", "frequency", "value"] as const;
export type NumberColumn = (typeof NUMBER_COLUMNS)[number];

function pagesKey(path: string, { firstRow }: Group, column: NumberColumn): string {
  return `${column}/${firstRow}/${path}`;
}
