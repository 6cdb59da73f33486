import * as fc from "fast-check";
import { decompressZstd } from "hyparquet-compressors";
import { expect, test } from "vitest";
import { decodeTextChunk, encodeTextChunk, type TextRun } from "../../../src/codec/parquet/text-chunk.ts";
import { zstdFrame } from "../../../src/codec/parquet/zstd-frame.ts";

const anyRuns = fc.array(
  fc.record({ text: fc.oneof(fc.constantFrom("", "a", "b"), fc.string()), rows: fc.integer({ min: 1, max: 2 ** 30 }) }),
  { minLength: 1, maxLength: 8 },
);

/** Neighbours with the same text are one run. */
function joined(runs: readonly TextRun[]): TextRun[] {
  const all: TextRun[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    if (last?.text === run.text) all[all.length - 1] = { text: run.text, rows: last.rows + run.rows };
    else all.push(run);
  }
  return all;
}

const decompress = (bytes: Uint8Array): Uint8Array => decompressZstd(bytes);

test("any runs read back as they were written, over the ends of pages", () => {
  fc.assert(
    fc.property(fc.array(anyRuns, { minLength: 1, maxLength: 3 }), (pages) => {
      const { bytes, pages: written } = encodeTextChunk(pages);
      expect(joined(decodeTextChunk(bytes, decompress) ?? [])).toEqual(joined(pages.flat()));
      expect(written.map(({ rows }) => rows)).toEqual(
        pages.map((page) => page.reduce((sum, { rows }) => sum + rows, 0)),
      );
    }),
  );
});

test("three hundred texts take numbers of two bytes", () => {
  const runs = Array.from({ length: 300 }, (_, i) => ({ text: `hwthread${i}`, rows: i + 1 }));
  expect(decodeTextChunk(encodeTextChunk([runs]).bytes, decompress)).toEqual(runs);
});

test("the range of a page is that of its texts' bytes", () => {
  const texts = ["b", "\u{1f980}", "\uffee", "a"];
  const { pages } = encodeTextChunk([texts.map((text) => ({ text, rows: 1 }))]);
  expect(pages).toMatchObject([{ min: "a", max: "\u{1f980}", firstRow: 0, rows: 4 }]);
});

test("damaged bytes are refused, or give other texts, but never run away", () => {
  const { bytes } = encodeTextChunk([
    [
      { text: "load", rows: 10 },
      { text: "power", rows: 20 },
    ],
  ]);
  for (let i = 0; i < bytes.length; i++) {
    const damaged = Uint8Array.from(bytes, (byte, at) => (at === i ? byte ^ 0xff : byte));
    try {
      const rows = decodeTextChunk(damaged, decompress)?.reduce((sum, run) => sum + run.rows, 0) ?? 0;
      expect(rows).toBeLessThan(2 ** 31);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
});

test.each([0, 1, 300, 131_072, 131_073, 400_000])("%d bytes come out of a zstd frame as they went in", (size) => {
  const content = Uint8Array.from({ length: size }, (_, i) => i * 7);
  expect(decompressZstd(zstdFrame(content))).toEqual(content);
});
