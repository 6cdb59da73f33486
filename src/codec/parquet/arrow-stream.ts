// A batch of rows as an Arrow IPC stream, which is how columns get into parquet-wasm. Own code for the one schema there is,
// three columns of numbers: the Arrow library is larger than everything else in the worker.
// (arrow.apache.org, "Columnar Format"; Message.fbs, Schema.fbs)

import { concatenate } from "./concatenate.ts";
import { encodeFlatBuffer, type FlatTable } from "./flat-buffer.ts";
import type { RowBatch } from "./row-batch.ts";

const METADATA_V5 = 4;
/** Members of the union MessageHeader. */
const SCHEMA = 1;
const RECORD_BATCH = 3;
/** Members of the union Type. */
const INT = 2;
const FLOATING_POINT = 3;
const SINGLE_PRECISION = 1;

const CONTINUATION = 0xffff_ffff;
/** Of messages and of buffers within them. */
const ALIGNMENT_BYTES = 8;

const INT64: FlatTable = [{ int32: 64 }, { int8: 1 }];
const FLOAT32: FlatTable = [{ int16: SINGLE_PRECISION }];

const field = (name: string, kind: number, type: FlatTable): FlatTable => [
  { text: name },
  { int8: 0 }, // never null
  { int8: kind },
  { table: type },
  undefined, // no dictionary
  { tables: [] },
];

const schemaMessage = message(
  SCHEMA,
  [
    { int16: 0 },
    {
      tables: [field("timestamp", INT, INT64), field("frequency", INT, INT64), field("value", FLOATING_POINT, FLOAT32)],
    },
  ],
  0,
);
const endOfStream = new Uint8Array(new Uint32Array([CONTINUATION, 0]).buffer);

/** The columns of numbers of some rows. */
export function encodeArrowStream({ rows, timestamp, frequency, value }: RowBatch): Uint8Array<ArrayBuffer> {
  const columns = [timestamp, frequency, value];
  const nodes: number[] = [];
  const places: number[] = [];
  let sizeBytes = 0;
  for (const { byteLength } of columns) {
    nodes.push(rows, 0);
    // Nothing is null, so the buffer that says what is may be empty.
    places.push(sizeBytes, 0, sizeBytes, byteLength);
    sizeBytes += padded(byteLength);
  }
  const header: FlatTable = [{ int64: rows }, { structs: nodes, width: 2 }, { structs: places, width: 2 }];
  const body = columns.map(bytesOf);
  return concatenate([schemaMessage, message(RECORD_BATCH, header, sizeBytes), ...body, endOfStream], ALIGNMENT_BYTES);
}

function message(kind: number, header: FlatTable, bodyBytes: number): Uint8Array {
  const metadata = encodeFlatBuffer([{ int16: METADATA_V5 }, { int8: kind }, { table: header }, { int64: bodyBytes }]);
  return concatenate(
    [new Uint8Array(new Uint32Array([CONTINUATION, metadata.length]).buffer), metadata],
    ALIGNMENT_BYTES,
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
