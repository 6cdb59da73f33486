import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeHostRecord,
  encodeHostRecord,
  findHostRecord,
  MAX_HOST_RECORD_BYTES,
} from "../../../src/codec/journal/journal-record.ts";
import { crc32 } from "../../../src/codec/wal/crc32.ts";
import { decodeRecord, encodeRecord } from "../../../src/codec/wal/record.ts";

const record = encodeHostRecord({ cluster: "alex", host: "a0101" });

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Names that take up to 255 bytes as UTF-8. */
const anyName = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("", "\ufeffmark", "a/b", "\u0001", "ü".repeat(127)),
  )
  .filter((name) => !name.includes("\0") && new TextEncoder().encode(name).length <= 255);

describe("a host record", () => {
  test("is these bytes", () => {
    const bytes = encodeHostRecord({ cluster: "c", host: "n1" });
    // Magic, length, both names; the CRC is zlib's.
    const fields = ["b1a71dcc", "05000000", "0163", "026e31", "3d14f57b"];
    expect(Buffer.from(bytes).toString("hex")).toBe(fields.join(""));
  });

  test("reads back, wherever it lies", () => {
    fc.assert(
      fc.property(
        anyName,
        anyName,
        fc.uint8Array({ maxLength: 20 }),
        fc.uint8Array({ maxLength: 20 }),
        (cluster, host, before, after) => {
          const encoded = encodeHostRecord({ cluster, host });
          const end = before.length + encoded.length;
          expect(decodeHostRecord(concat(before, encoded, after), before.length)).toEqual({ cluster, host, end });
        },
      ),
    );
  });

  test("has room for names of 255 bytes, and not of one more", () => {
    const longest = "ü".repeat(127) + "x";
    expect(encodeHostRecord({ cluster: longest, host: longest })).toHaveLength(MAX_HOST_RECORD_BYTES);
    expect(() => encodeHostRecord({ cluster: "c", host: `${longest}y` })).toThrow(RangeError);
    expect(() => encodeHostRecord({ cluster: "ü".repeat(128), host: "h" })).toThrow(/255 bytes/);
  });

  test("has no zero byte in its names", () => {
    expect(() => encodeHostRecord({ cluster: "c", host: "a\0b" })).toThrow(RangeError);
  });

  test("is none when it is cut anywhere", () => {
    for (let length = 0; length < record.length; length++) {
      expect(decodeHostRecord(record.subarray(0, length), 0), `${length} bytes`).toBeUndefined();
    }
  });

  test("is none when any bit of it is flipped", () => {
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const flipped = record.with(bit >> 3, record[bit >> 3] ^ (1 << (bit & 7)));
      expect(decodeHostRecord(flipped, 0), `bit ${bit}`).toBeUndefined();
    }
  });

  test("is no WAL record, nor the other way round", () => {
    const walRecord = encodeRecord({ metric: "m", selector: ["a"], timestamp: 1, value: 2 });
    expect(decodeRecord(record, 0).kind).toBe("corrupt");
    expect(decodeHostRecord(walRecord, 0)).toBeUndefined();
  });

  test("is not what one flipped bit makes of a WAL record, even if its bytes would be names of the right lengths", () => {
    // The low byte of the timestamp as the length of a cluster; behind it that of a host, which fills the payload.
    for (const timestamp of [0x6553_f10a, -246]) {
      const walRecord = encodeRecord({ metric: "load\u0010", selector: ["socket0"], timestamp, value: 1 });
      const payloadBytes = walRecord.length - 12;
      const clusterBytes = walRecord[8];
      walRecord[8 + 1 + clusterBytes] = payloadBytes - 2 - clusterBytes;
      new DataView(walRecord.buffer).setUint32(8 + payloadBytes, crc32(walRecord, 8, 8 + payloadBytes), true);
      walRecord[0] ^= 0x10;
      expect(decodeHostRecord(walRecord, 0), `${timestamp}`).toBeUndefined();
    }
  });
});

describe("the next host record is found", () => {
  const other = encodeHostRecord({ cluster: "c", host: "h" });
  const magics = new Uint8Array(12).fill(record[0]);

  test.each<[string, Uint8Array, number, number]>([
    ["at the place itself", record, 0, 0],
    ["behind garbage", concat(Uint8Array.of(1, 2, 3), record), 0, 3],
    ["behind what looks like its beginning", concat(magics, record.subarray(0, 9), record), 0, 21],
    ["behind a damaged one", concat(record.with(10, 0), other), 0, record.length],
    ["behind the place, not before it", concat(record, other), 1, record.length],
    ["nowhere", concat(record, magics), 1, -1],
    ["nowhere when it is cut", record.subarray(0, record.length - 1), 0, -1],
    ["nowhere in no bytes", new Uint8Array(), 0, -1],
  ])("%s", (_, bytes, from, expected) => {
    expect(findHostRecord(bytes, from)).toBe(expected);
  });
});
