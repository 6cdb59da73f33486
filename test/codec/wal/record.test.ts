import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../../src/codec/wal/crc32.ts";
import {
  decodeRecord,
  encodeFileHeader,
  encodeRecord,
  hasFileMagic,
  MAX_RECORD_BYTES,
  WalLimitError,
} from "../../../src/codec/wal/record.ts";
import { sample } from "./samples.ts";

const plain = { metric: "power", selector: ["socket0", "memctrl1"], timestamp: 1_795_557_472, value: 40.5 };

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

test("the CRC is that of zlib", () => {
  expect(crc32(new TextEncoder().encode("x123456789x"), 1, 10)).toBe(0xcbf4_3926);
  expect(crc32(new Uint8Array(0), 0, 0)).toBe(0);
});

describe("a record", () => {
  test("is laid out as the format page says", () => {
    expect(encodeRecord({ metric: "m", selector: ["ab"], timestamp: -2, value: 1.5 })).toEqual(
      bytesOf("a1a71dcc 13000000 feffffffffffffff 0100 6d 01 02 6162 0000c03f 9a29606a"),
    );
  });

  test("reads back as it was written, whatever the names, time and value", () => {
    fc.assert(
      fc.property(sample, fc.nat({ max: 20 }), (written, offset) => {
        const record = encodeRecord(written);
        const bytes = new Uint8Array(offset + record.length + 1);
        bytes.set(record, offset);
        const value = Math.fround(written.value);
        expect(decodeRecord(bytes, offset)).toEqual({ kind: "record", ...written, value, end: offset + record.length });
      }),
      { numRuns: 300 },
    );
  });

  test("that ends early is torn, wherever it ends", () => {
    const record = encodeRecord(plain);
    for (let end = 1; end < record.length; end++) {
      expect(decodeRecord(record.subarray(0, end), 0), `${end} bytes`).toEqual({ kind: "torn" });
    }
  });

  test("with any one bit flipped is not taken", () => {
    const record = encodeRecord(plain);
    for (let bit = 0; bit < record.length * 8; bit++) {
      const damaged = record.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(decodeRecord(damaged, 0).kind, `bit ${bit}`).not.toBe("record");
    }
  });

  test("may have the longest names there are", () => {
    const longest = { ...plain, metric: "m".repeat(65_535), selector: Array<string>(255).fill("l".repeat(255)) };
    const record = encodeRecord(longest);
    expect(record).toHaveLength(MAX_RECORD_BYTES);
    expect(decodeRecord(record, 0)).toMatchObject(longest);
  });

  test.each([
    ["a metric of 65536 bytes", { metric: "m".repeat(65_536) }, "65535 bytes"],
    ["a level of 256 bytes", { selector: ["socket0", "l".repeat(256)] }, "255 bytes"],
    ["a level of 128 characters in 256 bytes", { selector: ["é".repeat(128)] }, "255 bytes"],
    ["256 levels", { selector: Array<string>(256).fill("") }, "256 levels"],
    ["half a second", { timestamp: 0.5 }, "timestamp 0.5"],
    ["no time", { timestamp: NaN }, "timestamp NaN"],
    ["a time beyond int64", { timestamp: 2 ** 63 }, "timestamp 9223372036854776000"],
  ])("is refused for %s", (_, part, message) => {
    expect(() => encodeRecord({ ...plain, ...part })).toThrow(WalLimitError);
    expect(() => encodeRecord({ ...plain, ...part })).toThrow(message);
  });

  test("says where it is corrupt, what was found and what was expected", () => {
    const good = encodeRecord(plain);
    const bytes = new Uint8Array(10 + good.length);
    bytes.set(good, 10);
    bytes[10] = 0;
    const reason = "magic 0xCC1DA700, expected 0xCC1DA7A1";
    expect(decodeRecord(bytes, 10)).toEqual({ kind: "corrupt", offset: 10, reason });
  });

  test.each([
    ["a level goes on behind the value", "a1a71dcc 13000000 0000000000000000 0100 6d 01 04 6162 0000c03f"],
    ["levels are missing", "a1a71dcc 13000000 0000000000000000 0100 6d 02 02 6162 0000c03f"],
    ["the metric goes on behind the value", "a1a71dcc 13000000 0000000000000000 0800 6d 01 02 6162 0000c03f"],
    ["bytes are left over", "a1a71dcc 13000000 0000000000000000 0100 6d 01 01 6162 0000c03f"],
  ])("whose CRC is right is corrupt all the same when %s", (_, hex) => {
    const bytes = new Uint8Array([...bytesOf(hex), 0, 0, 0, 0]);
    new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes, 8, bytes.length - 4), true);
    expect(decodeRecord(bytes, 0)).toMatchObject({ reason: "names do not fill the payload of 19 bytes" });
  });

  test("with a name that is no UTF-8 keeps the rest of it", () => {
    const bytes = encodeRecord({ metric: "m", selector: ["a?b"], timestamp: 0, value: 0 });
    bytes[bytes.length - 10] = 0xff;
    new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes, 8, bytes.length - 4), true);
    expect(decodeRecord(bytes, 0)).toMatchObject({ selector: ["a\u{fffd}b"] });
  });
});

test("a file is a WAL by its first four bytes", () => {
  expect(encodeFileHeader()).toEqual(bytesOf("01a71dcc"));
  expect(hasFileMagic(bytesOf("01a71dcc a1"))).toBe(true);
  expect(hasFileMagic(bytesOf("01a71dcd a1"))).toBe(false);
  expect(hasFileMagic(bytesOf("01a71d"))).toBe(false);
});
