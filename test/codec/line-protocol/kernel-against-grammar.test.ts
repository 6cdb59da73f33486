// The kernel with the grammar behind it must read any bytes as the grammar alone does.

import fc from "fast-check";
import { expect, test } from "vitest";
import { parseLine, type LineSample } from "../../../src/codec/line-protocol/grammar.ts";
import { IGNORED_SERIES, LineKernel, STOP_END, STOP_LINE } from "../../../src/codec/line-protocol/kernel.ts";
import { findLineEnd, OPEN_QUOTE } from "../../../src/codec/line-protocol/line-end.ts";

const encoder = new TextEncoder();
const isMetric = (name: string): boolean => name !== "unknown";

/** A sample as text, so that NaN and -0 show. `undefined` seconds: the line has no timestamp. */
function describeSample(series: number, seconds: number | undefined, value: number): string {
  return `series ${series} at ${seconds}: ${Object.is(value, -0) ? "-0" : value}`;
}

/** Gives every level and metric its number. */
class Series {
  readonly #numbers = new Map<string, number>();
  numberOf({ metric, cluster, hostname, type, typeId, subtype, subtypeId }: LineSample): number {
    const path = JSON.stringify([metric, cluster, hostname, type, typeId, subtype, subtypeId]);
    const number = this.#numbers.get(path) ?? this.#numbers.size;
    this.#numbers.set(path, number);
    return number;
  }
}

function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const newline = findLineEnd(bytes, start, end);
  return newline === OPEN_QUOTE ? end - 1 : newline;
}

function readByGrammar(bytes: Uint8Array, series: Series): string[] {
  const samples: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const newline = lineEnd(bytes, at, bytes.length);
    const outcome = parseLine(bytes, at, newline, isMetric);
    if (outcome.kind === "sample") {
      const { timestamp, value } = outcome.sample;
      samples.push(describeSample(series.numberOf(outcome.sample), timestamp, value));
    }
    at = newline + 1;
  }
  return samples;
}

function readByKernel(bytes: Uint8Array, series: Series, kernel: LineKernel): string[] {
  const samples: string[] = [];
  const end = bytes.length;
  kernel.input.set(bytes);
  for (let at = 0; at < end;) {
    const stop = kernel.parse(at, end);
    for (let i = 0; i < kernel.count; i++) {
      samples.push(describeSample(kernel.series[i] ?? NaN, kernel.timestamps[i], kernel.values[i] ?? NaN));
    }
    if (stop === STOP_END) break;
    expect(stop).toBe(STOP_LINE);
    at = kernel.position;
    const newline = lineEnd(kernel.input, at, end);
    const outcome = parseLine(kernel.input, at, newline, isMetric);
    if (outcome.kind === "sample") {
      const { timestamp, value, headEnd } = outcome.sample;
      const number = series.numberOf(outcome.sample);
      samples.push(describeSample(number, timestamp, value));
      if (headEnd >= 0) kernel.teach(at, headEnd, number);
    } else if (outcome.kind === "unknown-metric" && outcome.headEnd >= 0) {
      kernel.teach(at, outcome.headEnd, IGNORED_SERIES);
    }
    at = newline + 1;
  }
  return samples;
}

const charOf = (chars: string) => fc.constantFrom(...chars.split(""));
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: charOf("0123456789"), minLength, maxLength });

/** Texts at and around the middle between two neighbouring float32s. */
const middle = fc
  .tuple(fc.integer({ min: 0x20000000, max: 0x5d000000 }), fc.integer({ min: 15, max: 25 }), fc.boolean())
  .map(([bits, precision, isExponential]) => {
    const [low = 0, high = 0] = new Float32Array(new Uint32Array([bits, bits + 1]).buffer);
    const exact = (low + high) / 2;
    return isExponential ? exact.toExponential(precision - 1) : exact.toPrecision(precision);
  });

const nudgedMiddle = fc.tuple(middle, charOf("0123456789")).map(([text, digit]) => text.replace(/\d(?=\D*$|e)/, digit));

const number = fc.oneof(
  fc.double({ noNaN: true }).map(String),
  fc.double({ min: -1e4, max: 1e4, noNaN: true }).map(String),
  fc.tuple(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.nat(12)).map(([x, places]) => x.toFixed(places)),
  fc.float({ noNaN: true }).map(String),
  middle,
  nudgedMiddle,
  fc.integer({ min: 1 << 24, max: 1 << 28 }).map(String),
  fc.tuple(digits(1, 20), digits(0, 20)).map(([whole, part]) => (part === "" ? whole : `${whole}.${part}`)),
  fc.tuple(digits(0, 3), digits(0, 3)).map(([whole, part]) => `${whole}.${part}`),
  fc
    .tuple(digits(1, 18), fc.constantFrom("e", "E", "e+", "e-"), fc.integer({ min: 0, max: 45 }))
    .map(([text, e, exponent]) => `${text.slice(0, 1)}.${text}${e}${exponent}`),
  fc.tuple(fc.constantFrom("", "-"), digits(1, 20), fc.constantFrom("i", "u")).map((parts) => parts.join("")),
  fc.constantFrom("-0", "-0i", "0u", "-0u", "-0.0", "007", "1e22", "1e-22", "1e23", "1e38", "3.4028236e38", "1e39"),
  fc.constantFrom("9223372036854775807i", "-9223372036854775808i", "9223372036854775808i", "18446744073709551615u"),
  fc.constantFrom("1.", ".5", "-", "1e", "1e+", "1ei", "1.5i", "1_0", "+1", "NaN", "1.2.3", "t", '"x"', '"a\nb"', ""),
);

const signed = fc.tuple(fc.constantFrom("", "", "", "-"), number).map((parts) => parts.join(""));

const timestamp = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("1720879260", "1720879320", "1720879260123", "1720879260123456789") },
  fc
    .tuple(fc.constantFrom("9223372036854775807", "1000000000000000000"), fc.integer({ min: -2, max: 2 }), fc.nat(19))
    .map(([limit, step, length]) => String(BigInt(limit.slice(0, length + 1)) + BigInt(step))),
  digits(0, 20),
  fc.constantFrom("", "-5", "0", "01720879260", "12x", "1720879260 5", "9".repeat(20)),
);

const head = fc.oneof(
  fc
    .tuple(fc.constantFrom("cpu", "flops_any", "unknown"), fc.nat(3), fc.nat(20))
    .map(([metric, host, id]) => `${metric},cluster=alex,hostname=a010${host},type=hwthread,type-id=${id}`),
  fc.constantFrom(
    "m",
    "m,host=a",
    "m,host=b",
    "unknown",
    'unknown,a="',
    "m,host=a\\ b",
    "m,host=\\",
    "#m",
    "",
    "m,host=",
  ),
  fc.constantFrom(`m,host=a,x=${"y".repeat(60)}1`, `m,host=a,x=${"y".repeat(60)}2`, `m,host=b,x=${"y".repeat(300)}`),
);

const line = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(head, signed, timestamp).map(([h, v, t]) => `${h} value=${v} ${t}`) },
  fc.tuple(head, signed).map(([h, v]) => `${h} value=${v}`),
  fc.tuple(head, signed, timestamp).map(([h, v, t]) => `${h}  value=${v}  ${t}\r`),
  fc.tuple(head, fc.string({ unit: charOf(' =,"\\v1\n\r'), maxLength: 12 })).map((parts) => parts.join(" ")),
);

/** Bytes put at places of the text (modulo its length) instead of what is there. */
const mutations = fc.array(fc.tuple(fc.nat(), charOf('\n\r\\ "=,.#-+eiu019\0\xff')), { maxLength: 3 });

function mutate(text: string, changes: [number, string][]): Uint8Array {
  const bytes = encoder.encode(text);
  for (const [place, char] of changes) bytes[place % (bytes.length - 1)] = char.charCodeAt(0);
  return bytes;
}

test("any lines are read as the grammar reads them, however often they come and in whatever order", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), mutations, fc.nat(3), (lines, changes, turn) => {
      const kernel = new LineKernel(64);
      const series = new Series();
      const turned = [...lines.slice(turn), ...lines.slice(0, turn)];
      // What was learned from the plain lines must hold for the changed ones.
      for (const bytes of [
        mutate(lines.join("\n") + "\n", []),
        mutate(lines.join("\n") + "\n", changes),
        mutate(turned.join("\n") + "\n", changes),
        mutate(turned.join("\n") + "\n", []),
      ]) {
        expect(readByKernel(bytes, series, kernel)).toEqual(readByGrammar(bytes, series));
      }
    }),
    { numRuns: 800 },
  );
});

test("any number is read to the same float32 as by the grammar", () => {
  const kernel = new LineKernel(8);
  const series = new Series();
  fc.assert(
    fc.property(fc.array(signed, { minLength: 1, maxLength: 20 }), (numbers) => {
      const bytes = encoder.encode(numbers.map((text) => `m,host=a value=${text} 1720879260\n`).join(""));
      expect(readByKernel(bytes, series, kernel)).toEqual(readByGrammar(bytes, series));
    }),
    { numRuns: 1000 },
  );
});
