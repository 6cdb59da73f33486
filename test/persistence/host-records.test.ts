// Host records of journals: decoded once, known again by their bytes.

import { expect, test } from "vitest";
import { encodeHostRecord } from "../../src/codec/journal/journal-record.ts";
import { HostRecords } from "../../src/persistence/host-records.ts";

const h1 = encodeHostRecord({ cluster: "c", host: "h1" });
const h2 = encodeHostRecord({ cluster: "c", host: "h2" });

function newHostRecords(): { records: HostRecords; asked: string[] } {
  const asked: string[] = [];
  const records = new HostRecords((cluster, host) => asked.push(`${cluster}/${host}`) - 1);
  return { records, asked };
}

test("each host is found wherever its record stands, and its number is asked for once", () => {
  const { records, asked } = newHostRecords();
  const bytes = Buffer.concat([h1, h2, h1, h2]);
  const found: (readonly [number, string, number])[] = [];
  for (let at = 0; at < bytes.length;) {
    const record = records.find(bytes, at, bytes.length);
    if (record === undefined) throw new Error(`no host record at ${at}`);
    found.push([record.host.number, record.host.host, record.end]);
    at = record.end;
  }
  const size = h1.length;
  expect(found).toEqual([
    [0, "h1", size],
    [1, "h2", 2 * size],
    [0, "h1", 3 * size],
    [1, "h2", 4 * size],
  ]);
  expect(asked).toEqual(["c/h1", "c/h2"]);
});

test("a known record with any byte changed, or cut anywhere, is none", () => {
  const { records } = newHostRecords();
  expect(records.find(h1, 0, h1.length)).toBeDefined();
  for (let at = 0; at < h1.length; at++) {
    const damaged = h1.slice();
    damaged[at] ^= 0x04;
    expect(records.find(damaged, 0, damaged.length), `byte ${at}`).toBeUndefined();
    expect(records.find(h1, 0, at), `cut to ${at}`).toBeUndefined();
  }
});
