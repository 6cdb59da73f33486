import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../../src/codec/wal/crc32.ts";
import { encodeRecord, MAX_PAYLOAD_BYTES } from "../../../src/codec/wal/record.ts";
import type { WalSample } from "../../../src/codec/wal/record.ts";
import { resync } from "../../../src/codec/wal/resync.ts";
import { readPlainly, readWithKernel } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { concat, sample } from "./samples.ts";

const RECORDS = 40;
const samples = Array.from({ length: RECORDS }, (_, i): WalSample => {
  const selector = i % 4 === 0 ? [] : [`socket${i % 2}`, `hwthread${i % 4}`];
  return { metric: "flops_any", selector, timestamp: 17e8 + Math.floor(i / 4), value: i };
});
const records = samples.map(encodeRecord);
const whole = concat(records);
/** Where record i begins; starts[RECORDS] is the end. */
const starts = [0, ...records.map((_, i) => concat(records.slice(0, i + 1)).length)];
/** A record in the middle. */
const HIT = 21;
const hit = starts[HIT];

/** Both readers must agree on what survives and on what is wrong. */
function survivors(bytes: Uint8Array): Reading {
  const reading = readPlainly(bytes);
  expect(readWithKernel(bytes)).toEqual(reading);
  return reading;
}

function edited(edit: (bytes: Uint8Array, view: DataView) => Uint8Array | void): Uint8Array {
  const bytes = whole.slice();
  return edit(bytes, new DataView(bytes.buffer)) ?? bytes;
}

function insertedAt(offset: number, garbage: Uint8Array): Uint8Array {
  return concat([whole.subarray(0, offset), garbage, whole.subarray(offset)]);
}

function without(...damaged: number[]): WalSample[] {
  return samples.filter((_, i) => !damaged.includes(i));
}

function random(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

/** A record whose CRC is right, with a byte of its names' lengths changed. */
function misfit(at: number, byte: number): Uint8Array {
  const record = encodeRecord({ metric: "m", selector: ["ab"], timestamp: 0, value: 1.5 });
  record[at] = byte;
  new DataView(record.buffer).setUint32(record.length - 4, crc32(record, 8, record.length - 4), true);
  return record;
}

const recordMagic = Uint8Array.of(0xa1, 0xa7, 0x1d, 0xcc);
const headerOfLong = concat([recordMagic, Uint8Array.of(0, 0xff, 1, 0)]);

describe("what survives when", () => {
  test.each<[string, Uint8Array, WalSample[]]>([
    ["nothing is damaged", whole, samples],
    ["the file is empty", new Uint8Array(0), []],
    ["a bit of a magic is flipped", edited((bytes) => void (bytes[hit + 1] ^= 0x10)), without(HIT)],
    ["a length is one too large", edited((bytes) => void bytes[hit + 4]++), without(HIT)],
    ["a length is one too small", edited((bytes) => void bytes[hit + 4]--), without(HIT)],
    ["a length is zero", edited((_, view) => view.setUint32(hit + 4, 0, true)), without(HIT)],
    ["a length leads behind the end", edited((_, view) => view.setUint32(hit + 4, 60_000, true)), without(HIT)],
    ["a length is huge", edited((_, view) => view.setUint32(hit + 4, 0xffff_ffff, true)), without(HIT)],
    [
      "the last length leads behind the end",
      edited((b) => void (b[starts[RECORDS - 1] + 5] = 9)),
      samples.slice(0, -1),
    ],
    ["a bit of a timestamp is flipped", edited((bytes) => void (bytes[hit + 9] ^= 1)), without(HIT)],
    ["a bit of a name is flipped", edited((bytes) => void (bytes[hit + 20] ^= 1)), without(HIT)],
    ["a bit of a value is flipped", edited((bytes) => void (bytes[starts[HIT + 1] - 6] ^= 1)), without(HIT)],
    ["a bit of a CRC is flipped", edited((bytes) => void (bytes[starts[HIT + 1] - 1] ^= 0x80)), without(HIT)],
    ["the first record is damaged", edited((bytes) => void (bytes[0] = 0)), samples.slice(1)],
    [
      "every second record is damaged",
      edited((b) => starts.forEach((at, i) => void (i % 2 && (b[at] = 0)))),
      samples.filter((_, i) => i % 2 === 0),
    ],
    [
      "512 bytes are zero",
      edited((bytes) => bytes.fill(0, hit + 3, hit + 3 + 512)),
      samples.filter((_, i) => starts[i + 1] <= hit + 3 || starts[i] >= hit + 515),
    ],
    ["a page of zeros follows", concat([whole, new Uint8Array(4096)]), samples],
    ["garbage is between records", insertedAt(hit, random(1000)), samples],
    ["garbage is within a record", insertedAt(hit + 20, random(1000)), without(HIT)],
    ["magics are between records", insertedAt(hit, concat(Array(50).fill(recordMagic))), samples],
    ["a torn record is between records", insertedAt(hit, records[3].subarray(0, 30)), samples],
    ["a metric goes on behind the value", insertedAt(hit, misfit(16, 8)), samples],
    ["a level goes on behind the value", insertedAt(hit, misfit(20, 4)), samples],
    ["a level is missing", insertedAt(hit, misfit(19, 2)), samples],
    ["a level is too many", insertedAt(hit, misfit(19, 0)), samples],
    ["a level is too short", insertedAt(hit, misfit(20, 1)), samples],
    ["bytes are missing within a record", concat([whole.subarray(0, hit + 5), whole.subarray(hit + 9)]), without(HIT)],
    [
      "bytes are missing over a border",
      concat([whole.subarray(0, hit - 5), whole.subarray(hit + 9)]),
      without(HIT - 1, HIT),
    ],
    ["headers of long records are between records", insertedAt(hit, concat(Array(50).fill(headerOfLong))), samples],
  ])("%s", (_, bytes, expected) => {
    expect(survivors(bytes).samples).toEqual(expected);
  });

  test("the last record is torn at any of its bytes", () => {
    const last = starts[RECORDS - 1];
    for (let end = last; end < whole.length; end++) {
      const reading = survivors(whole.subarray(0, end));
      expect(reading.samples, `cut at ${end}`).toEqual(samples.slice(0, -1));
      expect(reading.damages).toEqual(end === last ? [] : [[last, "torn"]]);
    }
  });

  test("any one bit is flipped: one record is lost, all others are found", () => {
    for (let at = hit; at < starts[HIT + 1]; at++) {
      const bit = at & 7;
      const reading = survivors(edited((bytes) => void (bytes[at] ^= 1 << bit)));
      expect(reading.samples, `bit ${bit} of byte ${at}`).toEqual(without(HIT));
      expect(reading.damages).toHaveLength(1);
    }
  });

  test("anything is damaged: what is read was written, in order, and both readers agree", () => {
    const damage = fc.record({ at: fc.nat(), length: fc.nat({ max: 100 }), by: fc.uint8Array({ maxLength: 100 }) });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 8 }), fc.array(damage), (written, damages) => {
        let bytes = concat(written.map(encodeRecord));
        fc.pre(bytes.length < 500_000);
        for (const { at, length, by } of damages) {
          const start = at % (bytes.length + 1);
          bytes = concat([bytes.subarray(0, start), by, bytes.subarray(start + length)]);
        }
        const left = written.map((one) => JSON.stringify({ ...one, value: Math.fround(one.value) }));
        for (const one of survivors(bytes).samples) {
          const place = left.indexOf(JSON.stringify(one));
          expect(place).toBeGreaterThanOrEqual(0);
          left.splice(0, place + 1);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("the next intact record", () => {
  test("is the one at or behind the place asked for", () => {
    expect(resync(whole, 0)).toBe(0);
    expect(resync(whole, 1)).toBe(starts[1]);
    expect(resync(whole, hit)).toBe(hit);
    expect(resync(whole, starts[RECORDS - 1] + 1)).toBe(-1);
    expect(resync(whole, whole.length)).toBe(-1);
  });

  test("is none whose CRC is wrong", () => {
    expect(
      resync(
        edited((bytes) => void (bytes[starts[HIT + 1] - 6] ^= 1)),
        hit,
      ),
    ).toBe(starts[HIT + 1]);
  });

  test("is found in reasonable time in a mebibyte made to look like records", () => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, MAX_PAYLOAD_BYTES, true);
    const header = concat([recordMagic, length]);
    const trap = concat(Array<Uint8Array>(131_072).fill(header));
    const start = performance.now();
    expect(resync(concat([trap, records[0]]), 0)).toBe(trap.length);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
