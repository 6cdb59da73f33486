// Behind damage a journal goes on only with records of which it is certain whose they are.

import { describe, expect, test } from "vitest";
import { encodeHostRecord } from "../../../src/codec/journal/journal-record.ts";
import { resyncJournal } from "../../../src/codec/journal/resync-journal.ts";
import { encodeRecord } from "../../../src/codec/wal/record.ts";

const host = (name: string): Uint8Array => encodeHostRecord({ cluster: "c", host: name });
const record = (timestamp: number): Uint8Array => encodeRecord({ metric: "m", selector: [], timestamp, value: 1 });
const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const flip = (bytes: Uint8Array, ...places: readonly number[]): Uint8Array =>
  bytes.map((byte, i) => (places.includes(i) ? byte ^ 1 : byte));

function withLength(bytes: Uint8Array, payloadBytes: number): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setUint32(4, payloadBytes, true);
  return changed;
}

const R = record(1).length;
const H = host("h1").length;
const garbage = new Uint8Array(R).fill(0xa1);

describe("damage behind records of a host", () => {
  test.each<[string, Uint8Array, number, string | undefined]>([
    ["a record with a damaged payload", concat(flip(record(1), 9), record(2)), R, undefined],
    ["a record with a damaged magic", concat(flip(record(1), 0), record(2)), R, undefined],
    ["a record with a damaged length", concat(flip(record(1), 4), record(2)), R, undefined],
    ["a record with damaged magic and length", concat(flip(record(1), 1, 2, 5, 6), record(2)), R, undefined],
    ["a host record with a damaged magic", concat(flip(host("h2"), 0), record(2)), H, "h2"],
    ["a host record with a damaged length", concat(flip(host("h2"), 5), record(2)), H, "h2"],
    ["a host record with a damaged name", concat(flip(host("h2"), 11), record(2), host("h3")), H + R, undefined],
    ["two records", concat(flip(record(1), 0), flip(record(2), 0), record(3), host("h3")), 3 * R, undefined],
    ["garbage", concat(garbage, record(3), host("h3")), 2 * R, undefined],
    [
      "a record whose length leads over a host record to one of the other host",
      concat(withLength(record(1), 2 * R + H - 12), host("h2"), record(2), record(3)),
      R,
      undefined,
    ],
    ["a record that is intact now that its end is there", concat(record(1), record(2)), 0, undefined],
  ])("%s", (_, bytes, at, name) => {
    const found = resyncJournal(bytes, { start: 0, hasHost: true });
    expect(found).toEqual({ at, host: name === undefined ? undefined : { cluster: "c", host: name } });
  });

  test.each<[string, Uint8Array]>([
    ["no record follows", flip(record(1), 0)],
    ["the next is cut", concat(flip(record(1), 0), record(2).subarray(0, R - 1))],
    ["nobody knows whose the next is", concat(garbage, record(2), record(3))],
  ])("goes on nowhere when %s", (_, bytes) => {
    expect(resyncJournal(bytes, { start: 0, hasHost: true })).toBeUndefined();
  });
});

test("damage before any host record, or whose beginning is gone, goes on at the next host record", () => {
  const bytes = concat(flip(record(1), 9), record(2), host("h2"), record(3));
  expect(resyncJournal(bytes, { start: 0, hasHost: false })).toEqual({ at: 2 * R, host: undefined });
  expect(resyncJournal(bytes, { start: undefined, hasHost: true })).toEqual({ at: 2 * R, host: undefined });
});

test("a damaged host record is known before any other, too", () => {
  const bytes = concat(flip(host("h1"), 0), record(1));
  expect(resyncJournal(bytes, { start: 0, hasHost: false })).toEqual({ at: H, host: { cluster: "c", host: "h1" } });
});
