import { expect, test } from "vitest";
import { checkPage, withChecksum } from "../../../src/codec/parquet/page-header.ts";
import { thrift, type ThriftStruct } from "../../../src/codec/parquet/thrift.ts";

const header: ThriftStruct = new Map([[1, thrift.int32(0)]]);
const content = new TextEncoder().encode("123456789");

test("the checksum is CRC-32, as a signed number, in field 4", () => {
  // The check value of the algorithm's catalogue is 0xcbf43926.
  expect(withChecksum(header, content).get(4)).toEqual({ type: "int32", value: 0xcbf43926 | 0 });
});

test("a page that fits its checksum passes, one that does not is refused, one without is believed", () => {
  const other = Uint8Array.from(content, (byte, i) => (i === 3 ? byte ^ 1 : byte));
  expect(() => checkPage(withChecksum(header, content), content)).not.toThrow();
  expect(() => checkPage(withChecksum(header, content), other)).toThrow("does not fit its checksum");
  expect(() => checkPage(header, other)).not.toThrow();
});
