// Headers of pages, with the checksum that other writers leave out: without it a flipped bit is read as another value.
// (parquet.thrift, PageHeader)

import { crc32 } from "../wal/crc32.ts";
import { thrift, type ThriftStruct } from "./thrift.ts";

/** Ids of fields. The checksum is an int32, so half of them are negative. */
export const HEADER = { type: 1, plainBytes: 2, sizeBytes: 3, checksum: 4, dataPage: 5, dictionaryPage: 7 } as const;
/** PageType */
export const DATA_PAGE = 0;
export const DICTIONARY_PAGE = 2;

/** @throws RangeError if there is no such number */
export function numberIn(fields: ThriftStruct, id: number): number {
  const field = fields.get(id);
  if (field?.type === "int32") return field.value;
  throw new RangeError(`a page's header lacks the number in field ${id}`);
}

/** A page's header with the checksum of what follows it. @param content as it is in the file */
export function withChecksum(header: ThriftStruct, content: Uint8Array): ThriftStruct {
  return new Map(header).set(HEADER.checksum, thrift.int32(checksumOf(content)));
}

/** @throws RangeError if the header has another checksum than the content; one without a checksum is believed */
export function checkPage(header: ThriftStruct, content: Uint8Array): void {
  const expected = header.get(HEADER.checksum);
  if (expected?.type !== "int32") return;
  if (checksumOf(content) !== expected.value) throw new RangeError("a page does not fit its checksum");
}

function checksumOf(content: Uint8Array): number {
  return crc32(content, 0, content.length) | 0;
}
