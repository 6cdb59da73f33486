// What holds for the Memory of every runtime.

import { describe, expect, test } from "vitest";
import type { Memory } from "../../src/runtime/ports.ts";

const MIB = 1 << 20;

export function describeMemory(name: string, memory: Memory): void {
  describe(`${name}:`, () => {
    test("the process is larger than its objects, and both are of a likely size", () => {
      const { rssBytes, heapBytes } = memory.usage();
      expect(heapBytes).toBeGreaterThan(MIB);
      expect(rssBytes).toBeGreaterThan(heapBytes);
      expect(rssBytes).toBeLessThan(8192 * MIB);
    });

    test("buffers in use make the process larger by what they hold", () => {
      const before = memory.usage().rssBytes;
      const buffers = Array.from({ length: 64 }, () => new Uint8Array(4 * MIB).fill(1));
      const grown = memory.usage().rssBytes - before;
      // Some of it may lie where others were before.
      expect(grown).toBeGreaterThan(100 * MIB);
      expect(buffers.length).toBe(64);
    });

    test("garbage is collected on demand", () => {
      makeGarbage();
      const before = memory.usage().heapBytes;
      expect(memory.collect()).toBe(true);
      expect(memory.usage().heapBytes).toBeLessThan(before);
    });
  });
}

let sink: unknown;

/** Some tens of MB of objects that nobody needs. */
function makeGarbage(): void {
  sink = Array.from({ length: 500_000 }, (_, i) => ({ number: i, text: `text ${i}` }));
  sink = undefined;
  void sink;
}
