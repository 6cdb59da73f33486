import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFixed } from "../../../src/codec/json/fixed-decimals.ts";
import { NumberPrinter } from "../../../src/codec/json/number-printer.ts";
import { JsonWriter } from "../../../src/codec/json/writer.ts";
import { anyNumber } from "./nasty-numbers.ts";

const printer = new NumberPrinter();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function written(write: (writer: JsonWriter) => void, capacityBytes?: number): string {
  const writer = new JsonWriter(printer, capacityBytes);
  write(writer);
  const bytes = writer.finish();
  expect(writer.sizeBytes).toBe(bytes.length);
  return utf8.decode(bytes);
}

function arrayText(values: readonly number[]): string {
  return `[${values.map((value) => formatFixed(value, 3)).join(",")}]`;
}

describe("the data of an answer", () => {
  it("has three decimals, and null where there is no value", () => {
    const values = Float64Array.of(1, Number.NaN, 0.0625, -1e9, -0.0004);
    expect(written((writer) => writer.fixedArray(values))).toBe("[1.000,null,0.062,-1000000000.000,-0.000]");
  });

  it("may be empty", () => {
    expect(written((writer) => writer.fixedArray(new Float64Array(0)))).toBe("[]");
  });

  it.each([1, 511, 512, 513, 5000])("is complete at %d values", (count) => {
    const values = Array.from({ length: count }, (_, i) => i * 7.125);
    expect(written((writer) => writer.fixedArray(Float64Array.from(values)))).toBe(arrayText(values));
  });

  it("holds values too large for the kernel in their place", () => {
    const values = [1e20, 1, 2, -1e300, 1e13, 3, 1e20];
    expect(written((writer) => writer.fixedArray(Float64Array.from(values)))).toBe(arrayText(values));
  });

  it("holds values too large for the kernel on both sides of a block's end", () => {
    const values = Array.from({ length: 1030 }, (_, i) => (i % 3 === 0 ? 2 ** 60 + i * 2 ** 20 : i));
    expect(written((writer) => writer.fixedArray(Float64Array.from(values)))).toBe(arrayText(values));
  });

  it("is the same from the kernel as from its twin, whatever the numbers", () => {
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 200, maxLength: 700, size: "max" }), (values) => {
        expect(written((writer) => writer.fixedArray(Float64Array.from(values)))).toBe(arrayText(values));
      }),
      // Shrinking arrays of this length could go on for minutes.
      { numRuns: 100, interruptAfterTimeLimit: 4000 },
    );
  });

  it("is the same from two writers that take turns", () => {
    const [first, second] = [new JsonWriter(printer), new JsonWriter(new NumberPrinter())];
    for (const value of [1, 2, 3]) {
      first.fixedArray(Float64Array.of(value));
      second.fixedArray(Float64Array.of(-value, value));
    }
    expect(utf8.decode(first.finish())).toBe("[1.000][2.000][3.000]");
    expect(utf8.decode(second.finish())).toBe("[-1.000,1.000][-2.000,2.000][-3.000,3.000]");
  });
});

describe("strings", () => {
  it.each([
    ["", '""'],
    ["cpu_load", '"cpu_load"'],
    ["[METRICSTORE]> unknown metric: x", String.raw`"[METRICSTORE]\u003e unknown metric: x"`],
    ["<a href='&'>", String.raw`"\u003ca href='\u0026'\u003e"`],
    ['say "hi" \\', String.raw`"say \"hi\" \\"`],
    ["\b\f\n\r\t", String.raw`"\b\f\n\r\t"`],
    ["\u0000\u001f\u007f", String.raw`"\u0000\u001f` + '\u007f"'],
    ["\u2028\u2029", String.raw`"\u2028\u2029"`],
    ["ä€😀\ufffd", '"ä€😀\ufffd"'],
    ["a\ud800b\udc00", String.raw`"a\ufffdb\ufffd"`],
    ["/", '"/"'],
  ])("%j is written %s", (text, json) => {
    expect(written((writer) => writer.string(text))).toBe(json);
  });

  it("read back as what they were", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(JSON.parse(written((writer) => writer.string(text)))).toBe(text);
      }),
    );
  });
});

describe("a whole answer", () => {
  it("is the same with room made for it beforehand, enough or not", () => {
    const write = (roomBytes: number): string => {
      const writer = new JsonWriter(new NumberPrinter(), 8);
      writer.raw('{"data":');
      writer.expect(roomBytes);
      writer.fixedArray(Float64Array.from({ length: 300 }, (_, i) => i / 8));
      writer.raw("}");
      return new TextDecoder().decode(writer.finish());
    };
    expect(write(100)).toBe(write(0));
    expect(write(10_000)).toBe(write(0));
  });

  it("is written piece by piece", () => {
    const json = written((writer) => {
      writer.raw('{"results":[[{"data":');
      writer.fixedArray(Float64Array.of(0.25, 1.75));
      writer.raw(',"from":');
      writer.integer(1_720_879_260);
      writer.raw(',"avg":');
      writer.fixed(Number.NaN, 2);
      writer.raw(',"max":');
      writer.fixed(1.125, 2);
      writer.raw("}]]}\n");
    });
    expect(json).toBe('{"results":[[{"data":[0.250,1.750],"from":1720879260,"avg":null,"max":1.12}]]}\n');
  });

  it("grows from nothing", () => {
    const text = "ä".repeat(100);
    const json = written((writer) => {
      for (let i = 0; i < 50; i++) writer.string(text);
      writer.fixedArray(new Float64Array(3));
    }, 0);
    expect(json).toBe(`"${text}"`.repeat(50) + "[0.000,0.000,0.000]");
  });

  it.each([1.5, Number.NaN, 2 ** 53])("refuses %d as an integer", (value) => {
    expect(() => written((writer) => writer.integer(value))).toThrow("BUG: not an integer");
  });

  it.each([0, -0, -17, Number.MAX_SAFE_INTEGER])("writes the integer %d", (value) => {
    expect(written((writer) => writer.integer(value))).toBe(String(value));
  });
});
