import { expect, test } from "vitest";
import { CHECK_BYTES, checkMetadata, encodeFooter, metadataBytesOf } from "../../../src/codec/parquet/footer.ts";
import { TRAILER_BYTES } from "../../../src/codec/parquet/schema.ts";

const metadata = Uint8Array.of(1, 2, 3, 4, 5);
const footer = encodeFooter(metadata);
const check = footer.subarray(0, CHECK_BYTES);
const trailer = footer.subarray(-TRAILER_BYTES);
const FILE_BYTES = 100;

test("a footer tells its size and fits its checksum", () => {
  expect(metadataBytesOf(trailer, FILE_BYTES)).toBe(metadata.length);
  expect(checkMetadata(check, metadata)).toBe(true);
});

test("metadata that do not fit the checksum are refused; those of other programs have none", () => {
  expect(() => checkMetadata(check, Uint8Array.of(1, 2, 3, 4, 6))).toThrow("the footer does not fit its checksum");
  expect(checkMetadata(new Uint8Array(CHECK_BYTES), metadata)).toBe(false);
});

test.each([
  ["short", trailer.subarray(1), FILE_BYTES, "no footer"],
  ["without the magic", Uint8Array.from(trailer, (byte, i) => (i === 7 ? 0 : byte)), FILE_BYTES, "no footer"],
  ["of more bytes than the file has", trailer, 16, "a footer of 5 bytes in a file that has room for 4"],
])("a trailer that is %s is refused", (_, bytes, fileBytes, message) => {
  expect(() => metadataBytesOf(bytes, fileBytes)).toThrow(message);
});
