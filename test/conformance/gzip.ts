// What holds for every Gzip.

import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Gzip } from "../../src/runtime/ports.ts";

const TEXT = "cpu_load,cluster=alex,hostname=a0101 value=1.5 1720879400\n".repeat(20_000);
const ZIPPED = gzipSync(TEXT);

export function describeGzip(name: string, gzip: Gzip): void {
  /** All that comes out of the decompression. */
  async function decompressed(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of gzip.decompress(chunks)) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }

  describe(`${name}:`, () => {
    test("what is compressed is smaller, and comes back", async () => {
      const compressed = await gzip.compress(new Uint8Array(Buffer.from(TEXT)));
      expect(compressed.length).toBeLessThan(TEXT.length / 10);
      expect(await decompressed(inPieces(compressed, 100))).toBe(TEXT);
    });

    test("no bytes at all come back as such", async () => {
      expect(await decompressed(inPieces(await gzip.compress(new Uint8Array(0)), 100))).toBe("");
    });

    test.each([1, 7, 100_000])("a stream in pieces of %i bytes is read to its end", async (size) => {
      expect(await decompressed(inPieces(ZIPPED, size))).toBe(TEXT);
    });

    test("several streams one behind the other are one", async () => {
      const members = Buffer.concat([gzipSync("a"), gzipSync("b")]);
      expect(await decompressed(inPieces(members, 100))).toBe("ab");
    });

    test.each<[string, Uint8Array]>([
      ["is no gzip", Buffer.from("hello")],
      ["is empty", Buffer.alloc(0)],
      ["is cut off", ZIPPED.subarray(0, ZIPPED.length - 20)],
      ["is cut off in its checksum", ZIPPED.subarray(0, ZIPPED.length - 4)],
      ["has a flipped byte in the middle", flipped(ZIPPED, ZIPPED.length >> 1)],
      ["has a wrong checksum", flipped(ZIPPED, ZIPPED.length - 6)],
      ["has rubbish behind it", Buffer.concat([ZIPPED, Buffer.from("rubbish")])],
    ])("what %s is an error", async (_, bytes) => {
      await expect(decompressed(inPieces(bytes, 1000))).rejects.toThrow(Error);
    });

    test("a failure of the source comes out of the decompression", async () => {
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield ZIPPED.subarray(0, 10);
        throw new Error("cut off");
      };
      await expect(decompressed(source())).rejects.toThrow("cut off");
    });

    test("who reads no further ends it, and the source is not asked for all it has", async () => {
      let given = 0;
      const large = gzipSync(randomBytes(5_000_000), { level: 1 });
      const source = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of inPieces(large, 10_000)) {
          given += piece.length;
          yield piece;
        }
      };
      for await (const piece of gzip.decompress(source())) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      expect(given).toBeLessThan(large.length / 2);
    });
  });
}

async function* inPieces(whole: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < whole.length; offset += size) yield whole.subarray(offset, offset + size);
}

function flipped(bytes: Uint8Array, offset: number): Uint8Array {
  const damaged = Uint8Array.from(bytes);
  damaged[offset] ^= 0xff;
  return damaged;
}
