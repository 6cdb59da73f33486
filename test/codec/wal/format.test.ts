import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  decodeRecord,
  encodeRecord,
  FILE_MAGIC,
  MAX_LEVEL_BYTES,
  MAX_LEVELS,
  MAX_METRIC_BYTES,
  MAX_PAYLOAD_BYTES,
  MIN_PAYLOAD_BYTES,
  RECORD_MAGIC,
} from "../../../src/codec/wal/record.ts";

const page = readFileSync(new URL("../../../src/codec/wal/FORMAT.md", import.meta.url), "utf8");
const kernelRecord = readFileSync(new URL("../../../wasm/wal/record.ts", import.meta.url), "utf8");
const kernelLayout = readFileSync(new URL("../../../wasm/wal/layout.ts", import.meta.url), "utf8");

/** The rows of the table with the given header cells, as cells. */
function table(...header: string[]): string[][] {
  const rows = page.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const first = rows.findIndex((cells) => cells.join() === header.join());
  if (first < 0) throw new Error(`FORMAT.md has no table ${header.join(" | ")}`);
  const length = rows.slice(first).findIndex((cells) => cells.length === 0);
  return rows.slice(first + 2, first + length);
}

function hex(number: number): string {
  return `0x${number.toString(16).toUpperCase()}`;
}

describe("FORMAT.md", () => {
  const fields = table("field", "type", "value");
  const valueOf = (name: string): string => fields.find(([field]) => field === name)?.[2] ?? "no such field";

  test("lists the fields in the order in which they lie in a record", () => {
    const sample = { metric: "power", selector: ["socket0", "memctrl1"], timestamp: -5, value: 1.5 };
    const record = encodeRecord(sample);
    const view = new DataView(record.buffer);
    let at = 0;
    const text = (length: number): string => new TextDecoder().decode(record.subarray((at += length) - length, at));
    const readers: Record<string, () => unknown> = {
      uint8: () => view.getUint8(at++),
      uint16: () => view.getUint16((at += 2) - 2, true),
      uint32: () => view.getUint32((at += 4) - 4, true),
      int64: () => Number(view.getBigInt64((at += 8) - 8, true)),
      float32: () => view.getFloat32((at += 4) - 4, true),
      bytes: () => text(sample.metric.length),
      "(uint8, bytes) per level": () => sample.selector.map(() => text(record[at++])),
    };
    const read = fields.map(([field, type]) => [field, readers[type]()]);
    expect(at).toBe(record.length);
    expect(Object.fromEntries(read)).toEqual({
      magic: RECORD_MAGIC,
      "payload length": record.length - 12,
      timestamp: -5,
      "metric length": 5,
      metric: "power",
      "level count": 2,
      levels: sample.selector,
      value: 1.5,
      CRC: view.getUint32(record.length - 4, true),
    });
  });

  test("names the constants that the code has", () => {
    expect(page).toContain(`The file magic is \`${hex(FILE_MAGIC)}\``);
    expect(valueOf("magic")).toBe(`\`${hex(RECORD_MAGIC)}\``);
    expect(valueOf("payload length")).toBe(`${MIN_PAYLOAD_BYTES} to ${MAX_PAYLOAD_BYTES}`);
    expect(valueOf("metric length")).toBe(`up to ${MAX_METRIC_BYTES}`);
    expect(valueOf("level count")).toContain(`up to ${MAX_LEVELS};`);
    expect(valueOf("levels")).toContain(`length up to ${MAX_LEVEL_BYTES},`);
    expect(page).toContain(`no names are longer than ${MAX_PAYLOAD_BYTES} bytes need`);
  });

  test("says rightly which damage is torn and which is corrupt", () => {
    const record = encodeRecord({ metric: "m", selector: [], timestamp: 1, value: 1 });
    const edited = (at: number, byte: number): Uint8Array => record.with(at, byte);
    const examples: Record<string, Uint8Array> = {
      "the file ends within the first 8 bytes of a record": record.subarray(0, 7),
      "the magic is not that of a record": edited(0, 0),
      "the payload length is out of range": edited(7, 1),
      "the file ends within a record": record.subarray(0, record.length - 1),
      "the CRC is not that of the payload": edited(record.length - 1, ~record[record.length - 1]),
    };
    const verdicts = table("what is found", "verdict").slice(0, -1);
    expect(verdicts.map(([found]) => found)).toEqual(Object.keys(examples));
    for (const [found, verdict] of verdicts) expect(decodeRecord(examples[found], 0).kind, found).toBe(verdict);
  });
});

describe("the kernel", () => {
  test.each([
    ["RECORD_MAGIC: u32", RECORD_MAGIC],
    ["MIN_PAYLOAD_BYTES: usize", MIN_PAYLOAD_BYTES],
    ["MAX_PAYLOAD_BYTES: usize", MAX_PAYLOAD_BYTES],
  ])("has the constants of the page: %s", (declaration, value) => {
    const literal = new RegExp(`export const ${declaration} = (\\w+);`).exec(kernelRecord)?.[1];
    expect(Number(literal)).toBe(value);
  });

  test("has room for the longest record to be taught", () => {
    const room = /taughtRecord: usize = memory\.data\((\d+),/.exec(kernelLayout)?.[1];
    expect(Number(room)).toBeGreaterThanOrEqual(MAX_PAYLOAD_BYTES + 12);
  });
});
