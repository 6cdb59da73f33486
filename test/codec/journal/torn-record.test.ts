// The end of a log: what a crash leaves there can be told from damage to a record that was whole.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeHostRecord } from "../../../src/codec/journal/journal-record.ts";
import { isTornRecord } from "../../../src/codec/journal/torn-record.ts";
import { encodeRecord } from "../../../src/codec/wal/record.ts";

const text = fc.string({ unit: "binary-ascii", maxLength: 40 });
const walRecord = fc
  .record({
    metric: text,
    selector: fc.array(text, { maxLength: 4 }),
    timestamp: fc.integer({ min: 0, max: 4e9 }),
    value: fc.float(),
  })
  .map(encodeRecord);
const hostName = text.filter((name) => !name.includes("\0"));
const anyHostRecord = fc.record({ cluster: hostName, host: hostName }).map(encodeHostRecord);
const anyRecord = fc.oneof(walRecord, anyHostRecord);

test("every beginning of a record is torn", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      for (let size = 1; size < record.length; size++)
        expect(isTornRecord(record.subarray(0, size)), `${size}`).toBe(true);
    }),
  );
});

test("a whole record with a flipped bit is none, wherever it was hit", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      for (let bit = 0; bit < 8 * record.length; bit++) {
        const flipped = record.with(bit >> 3, record[bit >> 3] ^ (1 << (bit & 7)));
        expect(isTornRecord(flipped), `bit ${bit}`).toBe(false);
      }
    }),
  );
});

describe("these are none", () => {
  const record = encodeRecord({ metric: "load", selector: ["socket0"], timestamp: 1_700_000_000, value: 1 });
  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["a whole record", record],
    ["a record and the beginning of another", Uint8Array.from([...record, ...record.subarray(0, 5)])],
    ["zeros", new Uint8Array(100)],
    ["a header and zeros", Uint8Array.from([...record.subarray(0, 8), ...new Uint8Array(20)])],
    ["a length that no record has", Uint8Array.from([...record.subarray(0, 4), 255, 255, 255, 255])],
    ["garbage", Uint8Array.of(1, 2, 3)],
  ])("%s", (_, rest) => expect(isTornRecord(rest)).toBe(false));
});
