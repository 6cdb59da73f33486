// The columns of an archive file. FORMAT.md describes them; the first eight are the reference's. (spec §5, seed: ParquetMetricRow)

export type ColumnType = "string" | "int64" | "float32";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** In the order of the file. The reference's files lack the last one. */
export const COLUMNS: readonly Column[] = [
  { name: "cluster", type: "string" },
  { name: "hostname", type: "string" },
  { name: "metric", type: "string" },
  { name: "scope", type: "string" },
  { name: "scope_id", type: "string" },
  { name: "timestamp", type: "int64" },
  { name: "frequency", type: "int64" },
  { name: "value", type: "float32" },
  { name: "selector", type: "string" },
];

/** What rows are sorted by, within a file. */
export const SORTED_BY: readonly string[] = ["hostname", "metric", "selector", "timestamp"];

/** Key of the file's metadata that holds its number: of two files that have a sample the one with the higher number is newer. */
export const SEQUENCE_KEY = "pegel.sequence";

/** A file begins and ends with it. */
export const MAGIC: Uint8Array = new TextEncoder().encode("PAR1");

/** Behind the footer: its length (u32, little-endian) and the magic. */
export const TRAILER_BYTES = 8;
