// The one place that calls parquet-wasm: it encodes and compresses the columns of numbers.

import init, {
  Compression,
  EnabledStatistics,
  Encoding,
  Table,
  transformParquetStream,
  WriterPropertiesBuilder,
  type WriterProperties,
} from "parquet-wasm/esm";
import { concatenate } from "../codec/parquet/concatenate.ts";
import { encodeArrowStream } from "../codec/parquet/arrow-stream.ts";
import type { RowSeries } from "../codec/parquet/host-series.ts";
import { batchesOf } from "../codec/parquet/row-batch.ts";

/** More rows than a row group may have: only the end of a host ends one. */
const MAX_GROUP_ROWS = 2 ** 31;

/**
 * Of the values before compression: 4096 rows. Small pages make it quick to read a series, whose day is a thousand rows; the
 * compression gains by it, too.
 */
const PAGE_BYTES = 16 * 1024;

/**
 * Loads the encoder, once per thread: a second call, with whatever bytes, does nothing.
 * @param wasm of parquet-wasm's `esm` build
 */
export async function loadParquetWasm(wasm: Uint8Array<ArrayBuffer>): Promise<void> {
  await init({ module_or_path: wasm });
}

export interface NumbersFile {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** The timestamps, frequencies and values of a host as a Parquet file. Memory: one batch of rows, and the pages as they are in the file. */
export async function encodeNumbers(series: readonly RowSeries[]): Promise<NumbersFile> {
  const batches = batchesOf(series);
  let rows = 0;
  let failure: unknown;
  const source = new ReadableStream<unknown>(
    {
      pull(controller) {
        try {
          const { value: batch, done } = batches.next();
          if (done === true) return controller.close();
          rows += batch.rows;
          const table = Table.fromIPCStream(encodeArrowStream(batch));
          controller.enqueue(table.recordBatch(0));
          table.free();
        } catch (error) {
          // transformParquetStream would swallow it and end the file.
          failure = error;
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  const encoded = await transformParquetStream(source, writerProperties());
  const bytes = concatenate(await piecesOf(encoded));
  if (failure !== undefined) throw failure;
  return { bytes, rows };
}

function writerProperties(): WriterProperties {
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setStatisticsEnabled(EnabledStatistics.Page)
    .setDataPageSizeLimit(PAGE_BYTES)
    .setMaxRowGroupSize(MAX_GROUP_ROWS);
  for (const name of ["timestamp", "frequency"]) {
    builder = builder.setColumnDictionaryEnabled(name, false).setColumnEncoding(name, Encoding.DELTA_BINARY_PACKED);
  }
  return builder
    .setColumnDictionaryEnabled("value", false)
    .setColumnEncoding("value", Encoding.BYTE_STREAM_SPLIT)
    .build();
}

async function piecesOf(stream: ReadableStream): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const reader: ReadableStreamDefaultReader<Uint8Array> = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return pieces;
    pieces.push(value);
  }
}
