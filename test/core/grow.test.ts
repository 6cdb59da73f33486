import { describe, expect, it } from "vitest";
import { grownFloat64, grownInt32, grownUint16, grownUint32, grownUint8 } from "../../src/core/grow.ts";

describe("a grown array", () => {
  it.each([
    { name: "float64", grow: () => grownFloat64(new Float64Array(100).fill(7), 101) },
    { name: "int32", grow: () => grownInt32(new Int32Array(100).fill(7), 101) },
    { name: "uint32", grow: () => grownUint32(new Uint32Array(100).fill(7), 101) },
    { name: "uint16", grow: () => grownUint16(new Uint16Array(100).fill(7), 101) },
    { name: "uint8", grow: () => grownUint8(new Uint8Array(100).fill(7), 101) },
  ])("of $name keeps its values and has half as much again, so that it rarely grows", ({ grow }) => {
    const grown = [...grow()];
    expect(grown).toEqual(Array.from({ length: 150 }, (_, i) => (i < 100 ? 7 : 0)));
  });

  it("is as long as needed when half as much again is not enough", () => {
    expect(grownUint8(new Uint8Array(0), 3).length).toBe(3);
    expect(grownUint8(new Uint8Array(10), 1000).length).toBe(1000);
  });
});
