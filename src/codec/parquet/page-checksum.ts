// Checksums of pages: without them a flipped bit would be read as another value. (parquet.thrift, PageHeader)

import { crc32 } from "../wal/crc32.ts";
import { thrift, type ThriftStruct } from "./thrift.ts";

/** Ids of fields in PageHeader; the checksum is an int32, so the half of them are negative. */
const CHECKSUM = 4;

/** A page's header with the checksum of what follows it. @param content as it is in the file */
export function withChecksum(header: ThriftStruct, content: Uint8Array): ThriftStruct {
  return new Map(header).set(CHECKSUM, thrift.int32(checksumOf(content)));
}

/** @throws RangeError if the header has another checksum than the content; one without a checksum is believed */
export function checkPage(header: ThriftStruct, content: Uint8Array): void {
  const expected = header.get(CHECKSUM);
  if (expected?.type !== "int32") return;
  if (checksumOf(content) !== expected.value) throw new RangeError("a page does not fit its checksum");
}

function checksumOf(content: Uint8Array): number {
  return crc32(content, 0, content.length) | 0;
}
