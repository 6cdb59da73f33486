// Files that the reference wrote, whole and damaged: test/golden/README.md.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeFileHeader, encodeRecord, FILE_HEADER_BYTES, hasFileMagic } from "../../../src/codec/wal/record.ts";
import type { WalSample } from "../../../src/codec/wal/record.ts";
import { resync } from "../../../src/codec/wal/resync.ts";
import { readPlainly, readWithKernel } from "./reading.ts";
import { concat } from "./samples.ts";

type ManifestRecord = [timestamp: number, metric: string, selector: string[], value: number];
interface Manifest {
  files: { file: string; format: string; records?: ManifestRecord[] }[];
}

const manifest = JSON.parse(readFileSync(golden("manifest.json"), "utf8")) as Manifest;
const wals = manifest.files.filter(({ format }) => format === "wal");

function golden(path: string): URL {
  return new URL(`../../golden/files/${path}`, import.meta.url);
}

function samplesOf(records: ManifestRecord[]): WalSample[] {
  return records.map(([timestamp, metric, selector, value]) => {
    return { metric, selector, timestamp, value: Math.fround(value) };
  });
}

describe("a WAL of the reference", () => {
  test("is there to be read", () => {
    expect(wals).toHaveLength(8);
  });

  test.each(wals)("gives its samples: $file", ({ file, records = [] }) => {
    const bytes = new Uint8Array(readFileSync(golden(file)));
    expect(hasFileMagic(bytes)).toBe(true);
    const intact = { samples: samplesOf(records), damages: [] };
    expect(readPlainly(bytes.subarray(FILE_HEADER_BYTES))).toEqual(intact);
    expect(readWithKernel(bytes.subarray(FILE_HEADER_BYTES))).toEqual(intact);
  });

  test.each(wals)("is what we would have written: $file", ({ file, records = [] }) => {
    const written = concat([encodeFileHeader(), ...samplesOf(records).map(encodeRecord)]);
    expect(written).toEqual(new Uint8Array(readFileSync(golden(file))));
  });
});

describe("a damaged WAL of the reference", () => {
  const whole = wals.find(({ file }) => file === "checkpoints-wal/alpha/n002/current.wal")?.records ?? [];
  const all = whole.map((_, i) => i);
  const without = (record: number): number[] => all.filter((i) => i !== record);

  test.each([
    ["wal-torn-tail", all.slice(0, -1), ["torn"]],
    ["wal-torn-length", all.slice(0, -1), ["torn"]],
    ["wal-zero-tail", all, ["magic 0x00000000, expected 0xCC1DA7A1"]],
    ["wal-bit-flip", without(16), [expect.stringMatching(/^CRC-32 .*, expected /)]],
    ["wal-bad-length", without(16), ["payload of 16777239 bytes, expected 15 to 130830"]],
    ["wal-bad-magic-record", without(16), [expect.stringMatching(/^magic .*, expected 0xCC1DA7A1$/)]],
    ["wal-header-only", [], []],
  ])("loses what is damaged and no more: %s", (name, survivors, reasons) => {
    const bytes = new Uint8Array(readFileSync(golden(`damaged/${name}/alpha/n002/current.wal`)));
    expect(hasFileMagic(bytes)).toBe(true);
    const body = bytes.subarray(FILE_HEADER_BYTES);
    const reading = readPlainly(body);
    expect(reading.samples).toEqual(samplesOf(survivors.map((i) => whole[i])));
    expect(reading.damages.map(([, reason]) => reason)).toEqual(reasons);
    expect(readWithKernel(body)).toEqual(reading);
  });

  test("is known by a wrong file magic; its records can be had nevertheless", () => {
    const bytes = new Uint8Array(readFileSync(golden("damaged/wal-wrong-magic/alpha/n002/current.wal")));
    expect(hasFileMagic(bytes)).toBe(false);
    expect(resync(bytes, 0)).toBe(FILE_HEADER_BYTES);
    expect(readPlainly(bytes).samples).toEqual(samplesOf(whole));
  });
});
