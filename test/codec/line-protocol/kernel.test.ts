import { describe, expect, test } from "vitest";
import {
  IGNORED_SERIES,
  INPUT_BYTES,
  type KernelStop,
  LineKernel,
  OUTPUT_SAMPLES,
  STOP_END,
  STOP_FULL,
  STOP_LINE,
} from "../../../src/codec/line-protocol/kernel.ts";

const SPACE = 0x20;
const HEAD = "cpu_load,cluster=alex,hostname=a0101 ";

function put(kernel: LineKernel, text: string, at = 0): number {
  return at + new TextEncoder().encodeInto(text, kernel.input.subarray(at)).written;
}

/** Teaches the heads, numbered in their order from 0. */
function kernelKnowing(...heads: string[]): LineKernel {
  const kernel = new LineKernel(64);
  for (const [series, head] of heads.entries()) expect(kernel.teach(0, put(kernel, head), series)).toBe(true);
  return kernel;
}

interface Parsed {
  stop: KernelStop;
  /** [series, seconds, value] of each sample. */
  samples: [number, number, number][];
  /** What is left from where the kernel stopped. */
  rest: string;
}

function parse(kernel: LineKernel, text: string): Parsed {
  const end = put(kernel, text);
  const stop = kernel.parse(0, end);
  const samples: Parsed["samples"] = [];
  for (let i = 0; i < kernel.count; i++) {
    samples.push([kernel.series[i] ?? NaN, kernel.timestamps[i] ?? NaN, kernel.values[i] ?? NaN]);
  }
  return { stop, samples, rest: new TextDecoder().decode(kernel.input.subarray(kernel.position, end)) };
}

function words(text: string): string[] {
  return text.split(" ");
}

function parsedValue(text: string): number | undefined {
  return parse(kernelKnowing(HEAD), `${HEAD}value=${text} 1720879260\n`).samples[0]?.[2];
}

function parsedSeconds(text: string): number | undefined {
  return parse(kernelKnowing(HEAD), `${HEAD}value=1 ${text}\n`).samples[0]?.[1];
}

describe("a line", () => {
  test("of a known head gives its series, seconds and value", () => {
    const parsed = parse(kernelKnowing("other ", HEAD), `${HEAD}value=1.5 1720879260\n`);
    expect(parsed).toEqual({ stop: STOP_END, samples: [[1, 1720879260, 1.5]], rest: "" });
  });

  test("of an unknown head stops the kernel there", () => {
    const line = "mem_used,cluster=alex,hostname=a0101 value=2 1720879260\n";
    const parsed = parse(kernelKnowing(HEAD), `${HEAD}value=1 1720879260\n${line}${HEAD}value=3 1720879260\n`);
    expect(parsed.stop).toBe(STOP_LINE);
    expect(parsed.samples).toEqual([[0, 1720879260, 1]]);
    expect(parsed.rest.startsWith(line)).toBe(true);
  });

  test.each(["m ", "m,a=b ", "fifteen,a=bcde ", "sixteen,a=bcdef ", `${"long".repeat(40)} `, `${"x".repeat(2047)} `])(
    "is known by a head of any length: %j",
    (head) => {
      const kernel = kernelKnowing(`x${head}`, head);
      const line = `${head}value=7 1720879260\n`;
      expect(parse(kernel, line.repeat(3)).samples).toEqual(Array.from({ length: 3 }, () => [1, 1720879260, 7]));
    },
  );

  test.each([
    ["no fields", "1720879260"],
    ["another field", "valve=1 1720879260"],
    ["two fields", "value=1,value=2 1720879260"],
    ["two spaces before the fields", " value=1 1720879260"],
    ["two spaces before the timestamp", "value=1  1720879260"],
    ["no timestamp", "value=1"],
    ["a space at the end", "value=1 1720879260 "],
    ["a carriage return", "value=1 1720879260\r"],
    ["a string", 'value="1" 1720879260'],
    ["a boolean", "value=t 1720879260"],
    ["nothing behind the head", ""],
  ])("with %s is left to the grammar", (_, rest) => {
    const kernel = kernelKnowing(HEAD);
    expect(parse(kernel, `${HEAD}${rest}\n`)).toMatchObject({ stop: STOP_LINE, samples: [] });
    // Once more as a predicted line.
    expect(parse(kernel, `${HEAD}value=1 1720879260\n${HEAD}${rest}\n`)).toMatchObject({
      stop: STOP_LINE,
      rest: `${HEAD}${rest}\n`,
    });
  });

  test.each(["\n", "# comment\n", " \n", "\\ value=1 1\n"])("that is %j is left to the grammar", (line) => {
    expect(parse(kernelKnowing(HEAD), line)).toEqual({ stop: STOP_LINE, samples: [], rest: line });
  });

  test("whose head is a longer or shorter one than the known is unknown", () => {
    const kernel = kernelKnowing("cpu,host=a1 ", "cpu,host=a12 ");
    for (const head of ["cpu,host=a ", "cpu,host=a123 ", "cpu,host=a1", "pu,host=a1 "]) {
      expect(parse(kernel, `${head}value=1 1720879260\n`).samples).toEqual([]);
    }
  });

  test("is not continued by what an earlier, longer input left behind it", () => {
    const kernel = kernelKnowing(HEAD);
    put(kernel, `${HEAD}value=1 1720879260123\n`);
    const line = `${HEAD}value=1 17\n`;
    expect(parse(kernel, line)).toEqual({ stop: STOP_LINE, samples: [], rest: line });
  });
});

describe("a number", () => {
  test.each<[string, number]>([
    ["0", 0],
    ["-0", -0],
    ["35.0", 35],
    ["007", 7],
    ["-12.34", Math.fround(-12.34)],
    ["1234.5678901234567", Math.fround(1234.5678901234567)],
    ["0.00012345678901234567", Math.fround(0.00012345678901234567)],
    ["0.000000000000000000", 0],
    ["123456789012345678", Math.fround(Number("123456789012345678"))],
    ["5.123456789e+09", Math.fround(5.123456789e9)],
    ["1.5E-7", Math.fround(1.5e-7)],
    ["-2e20", Math.fround(-2e20)],
    ["123456i", 123456],
    ["-17i", -17],
    ["42u", 42],
    // In the middle between two float32s: to the even one.
    ["16777217", 16777216],
    ["16777219i", 16777220],
    ["1.6777219e7", 16777220],
    // Next to the middle.
    ["16777217.00000001", 16777218],
    ["16777218.99999999", 16777218],
  ])("%s is taken, to the nearest float32", (text, value) => {
    expect(parsedValue(text)).toBe(value);
  });

  test.each([
    "",
    ...words("- --1 +1 .5 -.5 1. 1.2.3 1_000 0x10 NaN Inf 1x 1e 1e+ 1ei 1.e5 .e5"),
    ...words("1.5i 1e5i 1.5u -1u -0i 1iu 1e5.5 1e100 1e21 1e-21 1e999"),
    ...words("12345678901234567890 9223372036854775807i 1234567890123456789i 18446744073709551615u"),
    // The float64 nearest to these is the middle between two float32s: it does not tell on which side they are.
    ...words("16777217.000000001 16777217.0000000001 16777216.9999999999 1.00000005960464477539062501"),
  ])("%s is left to the grammar", (text) => {
    expect(parsedValue(text)).toBeUndefined();
  });
});

describe("a timestamp", () => {
  test.each<[string, number]>([
    ["1000000000", 1000000000],
    ["1720879260", 1720879260],
    ["9223372035", 9223372035],
    ["1720879260999", 1720879260],
    ["1720879260999999", 1720879260],
    ["1720879260999999999", 1720879260],
  ])("%s is taken as %i seconds", (text, seconds) => {
    expect(parsedSeconds(text)).toBe(seconds);
  });

  test.each([
    "",
    ...words("999999999 01720879260 0001720879260 9223372036 9223372037 9999999999 17208792600 172087926012"),
    ...words("9223372036855 9223372036854775808 17208792609999999999 -1720879260 +1720879260"),
    ...words("1720879260.5 1720879260i abc"),
  ])("%s is left to the grammar", (text) => {
    expect(parsedSeconds(text)).toBeUndefined();
  });

  test.each(["\n", "\0", " "])("missing before many %j is not taken for the last one", (filler) => {
    const kernel = kernelKnowing(HEAD);
    for (const value of ["1", "1i", "1e5"]) {
      const line = `${HEAD}value=${value}${filler.repeat(16)}\n`;
      expect(parse(kernel, line)).toEqual({ stop: STOP_LINE, samples: [], rest: line });
      parse(kernel, `${HEAD}value=1 1720879260\n`);
      kernel.setOldest(value.length);
      expect(parse(kernel, line).samples).toEqual([]);
    }
  });

  test("older than the limit is left to the grammar, even if it was taken before", () => {
    const kernel = kernelKnowing(HEAD);
    const line = `${HEAD}value=1 1720879260\n`;
    kernel.setOldest(1720879260);
    expect(parse(kernel, line).samples).toHaveLength(1);
    kernel.setOldest(1720879261);
    expect(parse(kernel, line)).toEqual({ stop: STOP_LINE, samples: [], rest: line });
    kernel.setOldest(0);
    expect(parse(kernel, line).samples).toHaveLength(1);
  });
});

describe("a prediction", () => {
  test("made after one line does not hold after another that was followed by the same", () => {
    const [a, b, c] = ["aaaaaaaaaaaaaaaaaa,x=1 ", "bbbbbbbbbbbbbbbbbb,x=1 ", "bbbbbbbbbbbbbbbbbb,x=2 "];
    const kernel = kernelKnowing(a, b, c);
    const line = (head: string) => `${head}value=1 1720879260\n`;
    const ordered = parse(kernel, line(a) + line(c) + line(b) + line(c)).samples.map(([series]) => series);
    expect(ordered).toEqual([0, 2, 1, 2]);
    const unknown = line("aaaaaaaaaaaaaaaaaa,x=2 ");
    expect(parse(kernel, line(a) + unknown)).toMatchObject({ stop: STOP_LINE, rest: unknown });
  });

  test("is right in every order of lines", () => {
    const heads = Array.from({ length: 40 }, (_, i) => `flops_any,hostname=a${i % 7},type=hwthread,type-id=${i} `);
    const kernel = kernelKnowing(...heads);
    for (let step = 1; step < 40; step++) {
      const order = heads.map((_, i) => (i * step) % heads.length);
      const text = order.map((i) => `${heads[i]}value=${i} 1720879260\n`).join("");
      expect(parse(kernel, text).samples).toEqual(order.map((i) => [i, 1720879260, i]));
    }
  });

  test("does not lead from one context into another", () => {
    const kernel = kernelKnowing(HEAD, "next,host=a ");
    const text = `${HEAD}value=1 1720879260\nnext,host=a value=2 1720879260\n`;
    parse(kernel, text);
    kernel.setContext(7);
    expect(parse(kernel, text)).toEqual({ stop: STOP_LINE, samples: [], rest: text });
    kernel.teach(0, put(kernel, HEAD), 9);
    expect(parse(kernel, text).samples).toEqual([[9, 1720879260, 1]]);
    kernel.setContext(0);
    expect(parse(kernel, text).samples.map(([series]) => series)).toEqual([0, 1]);
  });
});

describe("an ignored head", () => {
  const text = `${HEAD}anything at all\nmem,host=a value=1 1720879260\n${HEAD}\nmem,host=a value=2 1720879260\n`;

  test("has its lines skipped unread and counted", () => {
    const kernel = kernelKnowing("unused ", "mem,host=a ");
    kernel.teach(0, put(kernel, HEAD), IGNORED_SERIES);
    expect(parse(kernel, text)).toMatchObject({ stop: STOP_END, rest: "" });
    expect([kernel.count, kernel.lineCount, kernel.ignoredCount]).toEqual([2, 4, 2]);
  });

  test("before a quote leaves the line to the grammar: the newline may be within the quotes", () => {
    const kernel = new LineKernel(8);
    kernel.teach(0, put(kernel, HEAD), IGNORED_SERIES);
    expect(parse(kernel, `${HEAD}text="a\nb" 1720879260\n`).stop).toBe(STOP_LINE);
  });
});

describe("the dictionary", () => {
  test("is full at the number of keys it was made for, and still gives known ones new numbers", () => {
    const kernel = new LineKernel(4);
    for (let i = 0; i < 4; i++) expect(kernel.teach(0, put(kernel, `m${i} `), i)).toBe(true);
    expect(kernel.teach(0, put(kernel, "m4 "), 4)).toBe(false);
    expect(kernel.teach(0, put(kernel, "m2 "), 22)).toBe(true);
    expect(kernel.keyCount).toBe(4);
    expect(parse(kernel, "m1 value=1 1720879260\nm2 value=1 1720879260\n").samples.map(([s]) => s)).toEqual([1, 22]);
  });

  test("forgets all and can learn again", () => {
    const kernel = kernelKnowing(HEAD);
    kernel.forgetAll();
    expect(kernel.keyCount).toBe(0);
    expect(parse(kernel, `${HEAD}value=1 1720879260\n`).stop).toBe(STOP_LINE);
    kernel.teach(0, HEAD.length, 5);
    expect(parse(kernel, `${HEAD}value=1 1720879260\n`).samples).toEqual([[5, 1720879260, 1]]);
  });

  test("grows with the text of its keys, and the views with it", () => {
    const kernel = new LineKernel(1 << 13);
    const head = (i: number) => `metric${i},filler=${"x".repeat(1000)} `;
    for (let i = 0; i < 1 << 13; i++) kernel.teach(0, put(kernel, head(i)), i);
    expect(kernel.input.buffer.byteLength).toBeGreaterThan(8 << 20);
    const text = [0, 8191, 4000].map((i) => `${head(i)}value=${i} 1720879260\n`).join("");
    expect(parse(kernel, text).samples.map(([series]) => series)).toEqual([0, 8191, 4000]);
  });

  test("does not learn a head over 2 KiB", () => {
    const kernel = new LineKernel(4);
    expect(kernel.teach(0, put(kernel, `${"x".repeat(2048)} `), 1)).toBe(true);
    expect(kernel.keyCount).toBe(0);
  });
});

describe("the columns", () => {
  test("when full stop the kernel, which goes on from there", () => {
    const kernel = kernelKnowing("m ");
    const line = "m value=1 1720879260\n";
    const count = OUTPUT_SAMPLES + 100;
    const end = put(kernel, line.repeat(count));
    expect(kernel.parse(0, end)).toBe(STOP_FULL);
    expect([kernel.count, kernel.position]).toEqual([OUTPUT_SAMPLES, OUTPUT_SAMPLES * line.length]);
    expect(kernel.parse(kernel.position, end)).toBe(STOP_END);
    expect([kernel.count, kernel.lineCount]).toEqual([100, 100]);
  });

  test("take an input that is full to the last byte", () => {
    const kernel = kernelKnowing("m ");
    kernel.input.fill(SPACE);
    const line = "m value=1 1720879260\n";
    put(kernel, line, INPUT_BYTES - line.length);
    expect(kernel.parse(INPUT_BYTES - line.length, INPUT_BYTES)).toBe(STOP_END);
    expect(kernel.count).toBe(1);
  });
});

test("misuse is a bug and says so", () => {
  expect(() => new LineKernel(1000)).toThrow("BUG");
  const kernel = new LineKernel(4);
  put(kernel, "m value=1 1720879260");
  expect(() => kernel.parse(0, 20)).toThrow("BUG");
  expect(() => kernel.teach(0, 1, 0)).toThrow("BUG");
});
