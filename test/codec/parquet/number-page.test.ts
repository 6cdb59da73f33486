// Pages are made by parquet-wasm, and read here and by hyparquet.

import * as fc from "fast-check";
import { parquetMetadata } from "hyparquet";
import { decompressZstd } from "hyparquet-compressors";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeNumbers, loadParquetWasm } from "../../../src/archive/parquet-wasm.ts";
import type { RowSeries } from "../../../src/codec/parquet/host-series.ts";
import { decodeNumberPage, type NumberTarget } from "../../../src/codec/parquet/number-page.ts";
import { readThrift } from "../../../src/codec/parquet/thrift.ts";
import { readParquetWasm } from "../../archive/setup.ts";

beforeAll(async () => loadParquetWasm(await readParquetWasm()));

const decompress = (bytes: Uint8Array): Uint8Array => decompressZstd(bytes);

/** The pages of a column, each with its number of rows. */
function pagesOf(file: Uint8Array, column: string): { bytes: Uint8Array; rows: number }[] {
  const [{ columns }] = parquetMetadata(file).row_groups;
  const meta = columns.find(({ meta_data: data }) => data?.path_in_schema[0] === column)?.meta_data;
  let at = Number(meta?.data_page_offset);
  const chunkEnd = at + Number(meta?.total_compressed_size);
  const pages: { bytes: Uint8Array; rows: number }[] = [];
  while (at < chunkEnd) {
    const { fields, end } = readThrift(file, at);
    const [size, header] = [fields.get(3), fields.get(5)];
    const rows = header?.type === "struct" ? header.fields.get(1) : undefined;
    if (size?.type !== "int32" || rows?.type !== "int32") throw new Error("no page");
    pages.push({ bytes: file.subarray(at, end + size.value), rows: rows.value });
    at = end + size.value;
  }
  return pages;
}

function decode(file: Uint8Array, column: string, newTarget: (rows: number) => NumberTarget): number[] {
  return pagesOf(file, column).flatMap(({ bytes, rows }) => {
    const target = newTarget(rows);
    expect(decodeNumberPage(bytes, target, decompress)).toBe(true);
    return [...target];
  });
}

const series = (runs: RowSeries["runs"]): RowSeries[] => [
  { metric: "load", selector: "", scope: "node", scopeId: "", runs },
];

const anyRun = fc.record({
  frequency: fc.oneof(fc.constantFrom(1, 60), fc.integer({ min: 1, max: 2 ** 40 })),
  start: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  values: fc
    .array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 300 })
    .map((values) => Float32Array.from(values)),
});

test("any times, frequencies and values read back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRun, { minLength: 1, maxLength: 5 }), async (runs) => {
      const { bytes } = await encodeNumbers(series(runs));
      const times = runs.flatMap(({ frequency, start, values }) => Array.from(values, (_, i) => start + i * frequency));
      expect(decode(bytes, "timestamp", (rows) => new Float64Array(rows))).toEqual(times);
      const frequencies = runs.flatMap(({ frequency, values }) => Array.from(values, () => frequency));
      expect(decode(bytes, "frequency", (rows) => new Float64Array(rows))).toEqual(frequencies);
      const values = runs.flatMap((run) => [...run.values]);
      expect(decode(bytes, "value", (rows) => new Float32Array(rows))).toEqual(values);
    }),
    { numRuns: 60 },
  );
});

test("many pages read back one by one", async () => {
  const values = Float32Array.from({ length: 50_000 }, (_, i) => Math.fround(i / 7));
  const { bytes } = await encodeNumbers(series([{ frequency: 1, start: 5, values }]));
  expect(pagesOf(bytes, "value").length).toBeGreaterThan(10);
  expect(decode(bytes, "value", (rows) => new Float32Array(rows))).toEqual([...values]);
});

describe("a page that is damaged", () => {
  test.each([
    ["timestamp", (rows: number) => new Float64Array(rows)],
    ["value", (rows: number) => new Float32Array(rows)],
  ])("in the column %s is refused, or gives other numbers, but never runs away", async (column, newTarget) => {
    const { bytes } = await encodeNumbers(
      series([{ frequency: 60, start: 1e9, values: Float32Array.of(1, 2, 3, 5, 8) }]),
    );
    const [page] = pagesOf(bytes, column);
    for (let i = 0; i < page.bytes.length; i++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = Uint8Array.from(page.bytes, (byte, at) => (at === i ? byte ^ flip : byte));
        try {
          decodeNumberPage(damaged, newTarget(page.rows), decompress);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }
  });

  test("with another number of rows is refused", async () => {
    const { bytes } = await encodeNumbers(series([{ frequency: 60, start: 1e9, values: Float32Array.of(1, 2) }]));
    const [page] = pagesOf(bytes, "value");
    expect(() => decodeNumberPage(page.bytes, new Float32Array(3), decompress)).toThrow("a page of 2 rows, 3 expected");
  });
});
