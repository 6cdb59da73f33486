import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type LineOutcome, type LineSample, parseLine } from "../../../src/codec/line-protocol/grammar.ts";

const HEAD = "cpu_load,cluster=alex,hostname=a0101";

function parse(line: string | Uint8Array, isMetric = (_name: string): boolean => true): LineOutcome {
  const bytes = typeof line === "string" ? new TextEncoder().encode(line) : line;
  return parseLine(bytes, 0, bytes.length, isMetric);
}

/** Parses a line that must be a sample. */
function sampleOf(line: string): LineSample {
  const outcome = parse(line);
  if (outcome.kind !== "sample") throw new Error(`not a sample: ${JSON.stringify(outcome)}`);
  return outcome.sample;
}

/** Parses a line that must be rejected, to `column: reason`. */
function rejectionOf(line: string | Uint8Array): string {
  const outcome = parse(line);
  if (outcome.kind !== "rejected") throw new Error(`not rejected: ${JSON.stringify(outcome)}`);
  return `${outcome.column}: ${outcome.reason}`;
}

describe("a sample", () => {
  test("has all that the line says", () => {
    const line =
      "flops_any,cluster=alex,hostname=a0101,type=socket,type-id=1,stype=memctrl,stype-id=2 value=1.5 1720879260";
    expect(parse(line)).toEqual({
      kind: "sample",
      sample: {
        metric: "flops_any",
        cluster: "alex",
        hostname: "a0101",
        type: "socket",
        typeId: "1",
        subtype: "memctrl",
        subtypeId: "2",
        value: 1.5,
        timestamp: 1720879260,
        headEnd: line.indexOf(" ") + 1,
      },
    });
  });

  test("may lack tags and timestamp", () => {
    expect(sampleOf("cpu_load value=2")).toEqual({
      metric: "cpu_load",
      cluster: undefined,
      hostname: undefined,
      type: undefined,
      typeId: undefined,
      subtype: undefined,
      subtypeId: undefined,
      value: 2,
      timestamp: undefined,
      headEnd: 9,
    });
  });

  test.each<[string, string, Partial<LineSample>]>([
    [
      "tags in any order",
      "m,type-id=7,host=h,type=core,cluster=c value=1",
      { cluster: "c", hostname: "h", type: "core", typeId: "7" },
    ],
    ["the last of equal tags", "m,cluster=a,hostname=x,cluster=b,host=y value=1", { cluster: "b", hostname: "y" }],
    ["foreign tags passed over", "m,unit=W,cluster=a,Cluster=b,clusters=c value=1", { cluster: "a" }],
    ["the last of several values", "m value=1,value=2i,value=3u", { value: 3 }],
    ["the value rounded to float32", "m value=0.1", { value: Math.fround(0.1) }],
    ["a value beyond float32 as infinite", "m value=-1e300", { value: Number.NEGATIVE_INFINITY }],
    ["milliseconds as seconds", "m value=1 1720879260999", { timestamp: 1720879260 }],
    ["times before 1970", "m value=1 -600", { timestamp: -600 }],
    ["several spaces between sections", "  m,cluster=a   value=1    5   ", { cluster: "a", value: 1, timestamp: 5 }],
    ["CRLF behind a timestamp", "m value=1 5\r", { timestamp: 5 }],
    ["CRLF behind a value", "m value=1\r", { value: 1, timestamp: undefined }],
    ["CRLF behind spaces", "m value=1 \r", { timestamp: undefined }],
    ["quotes as part of names", 'm"x",cluster="a\\ b" value=1', { metric: 'm"x"', cluster: '"a b"' }],
    ["`#` as part of names behind the first byte", "m#,cluster=#a value=1", { metric: "m#", cluster: "#a" }],
    [
      "a byte order mark as part of a name",
      "\ufeffm,cluster=\ufeffc value=1",
      { metric: "\ufeffm", cluster: "\ufeffc" },
    ],
    ["names beyond ASCII", "grüß,cluster=雪,hostname=😀 value=1", { metric: "grüß", cluster: "雪", hostname: "😀" }],
    ["names beyond ASCII with escapes", "grüß\\ x,hostname=雪\\=y value=1", { metric: "grüß x", hostname: "雪=y" }],
  ])("%s", (_what, line, expected) => {
    expect(sampleOf(line)).toMatchObject(expected);
  });
});

describe("a backslash", () => {
  test.each<[string, string]>([
    ["a\\,b", "a,b"],
    ["a\\ b", "a b"],
    ["a\\=b", "a=b"],
    ["a\\\\b", "a\\\\b"],
    ["a\\nb", "a\\nb"],
    ["a\\\\\\ b", "a\\\\ b"],
    ["\\,", ","],
    ["a\\\\,b", "a\\,b"],
  ])("in the tag value %s makes it %s", (written, value) => {
    expect(sampleOf(`m,hostname=${written},type=t value=1`)).toMatchObject({ hostname: value, type: "t" });
  });

  test("takes no meaning from `=` in a measurement, where that has none", () => {
    expect(sampleOf("a\\=b value=1").metric).toBe("a\\=b");
    expect(sampleOf("a=b value=1").metric).toBe("a=b");
    expect(sampleOf("a\\,b\\ c value=1").metric).toBe("a,b c");
  });

  test("at the end of the line is an ordinary byte", () => {
    expect(rejectionOf("m,hostname=h\\")).toBe("14: expected field key but none found");
    expect(rejectionOf("m,hostname=h\\\r")).toBe("14: expected field key but none found");
  });
});

describe("a blank line or comment is neither sample nor error", () => {
  test.each(["", "\r", "  ", "  \r", "#", "# cpu_load value=1", '  # "=,', "#\u0001\t"])("%j", (line) => {
    expect(parse(line)).toEqual({ kind: "blank" });
  });
});

describe("a metric that is not configured", () => {
  test.each<[string, number]>([
    ["zzz,cluster=,x value=", 15],
    ["zzz", -1],
    ["zzz,a=b", -1],
    ["zzz  value", 4],
    ['zzz,a=b c="', 8],
    ['{"a":1}', -1],
    ["=1", -1],
    ["zzz\u0001 x", 5],
    [" zzz value=1", -1],
    ["zzz,a=b\\ c value=1", -1],
    ["zzz,a=b value=\\", 8],
  ])("ends the reading of %j, whose head ends at %d", (line, headEnd) => {
    expect(parse(line, () => false)).toEqual({ kind: "unknown-metric", headEnd });
  });

  test("is asked for by its unescaped name", () => {
    const asked: string[] = [];
    parse("a\\,b\\ c,x=y value=1", (name) => asked.push(name) > 1);
    // The comma is behind the line, and so not what the backslash is about.
    parseLine(new TextEncoder().encode("m\\,"), 0, 2, (name) => asked.push(name) > 2);
    expect(asked).toEqual(["a,b c", "m\\"]);
  });
});

describe("the head of a sample can be learned as it stands", () => {
  test.each<[string, number]>([
    [`${HEAD} value=1`, HEAD.length + 1],
    ["cpu_load value=1", 9],
    [`${HEAD} value=1 \r`, HEAD.length + 1],
  ])("%j: it ends at %d", (line, headEnd) => {
    expect(sampleOf(line).headEnd).toBe(headEnd);
  });

  test.each([
    ` ${HEAD} value=1`,
    `${HEAD}  value=1`,
    `cpu\\ load value=1`,
    `${HEAD},x=a\\b value=1`,
    `${HEAD},x\\y=a value=1`,
  ])("but not that of %j", (line) => {
    expect(sampleOf(line).headEnd).toBe(-1);
  });
});

describe("a line is rejected where and why it is wrong:", () => {
  test.each<[string, string]>([
    [",cluster=a value=1", "1: invalid character ',' found at start of measurement name"],
    ["\tm value=1", "1: invalid character '\\t' found at start of measurement name"],
    ["\r\r", "1: invalid character '\\r' found at start of measurement name"],
    ["m\tvalue=1", "2: expected tag key or field but found '\\t' instead"],
    ["m\u0000 value=1", "2: expected tag key or field but found '\\x00' instead"],
    ["m\u007f value=1", "2: expected tag key or field but found '\\x7f' instead"],
    ["m", "2: expected tag key or field but found end of input instead"],
    ["m,", "3: expected tag key after comma; got end of input"],
    ["m, a=b value=1", "3: expected tag key after comma; got white space instead"],
    ["m,=b value=1", "3: empty tag key"],
    ["m,a=b,,c=d value=1", "7: expected tag key or field but found ',' instead"],
    ["m,\u0001=b value=1", "3: expected tag key or field but found '\\x01' instead"],
    ["m,a", `3: expected '=' after tag key "a", but got end of input instead`],
    ["m,a,b=c value=1", `3: expected '=' after tag key "a", but got ',' instead`],
    ["m,a= value=1", `5: expected tag value after tag key "a", but none found`],
    ["m,a=", `5: expected tag value after tag key "a", but none found`],
    ["m,a=b=c value=1", "6: empty tag key"],
    ["m,a=b\u0001 value=1", "6: expected tag key or field but found '\\x01' instead"],
    ["m,a=b\\\u0001 value=1", "7: expected tag key or field but found '\\x01' instead"],
    ["m,a=b", "6: expected field key but none found"],
    ["m ", "3: expected field key but none found"],
    ["m =1", "3: invalid character '=' found at start of field key"],
    ["m value=1,,value=2", "11: invalid character ',' found at start of field key"],
    ["m value=1, 5", "11: invalid character ' ' found at start of field key"],
    ["m value=1,", "11: expected field key but none found"],
    ["m value", `8: want '=' after field key "value", found end of input`],
    ["m value 5", `8: want '=' after field key "value", found ' '`],
    ["m value=", `9: missing field value for field "value"`],
    ["m value=,value=1", `9: missing field value for field "value"`],
    ["m value=1x", `9: cannot parse value for field key "value": invalid float value syntax`],
    ["m value=1\t5", `9: cannot parse value for field key "value": invalid float value syntax`],
    ["m value=1\r5", `9: cannot parse value for field key "value": invalid float value syntax`],
    ["m value=-nan", `9: cannot parse value for field key "value": invalid float value syntax`],
    ["m value=1e999", `9: cannot parse value for field key "value": line-protocol value out of range`],
    ["m value=1.5i", `9: cannot parse value for field key "value": invalid integer value syntax`],
    ["m value=-1u", `9: cannot parse value for field key "value": invalid unsigned integer value syntax`],
    ["m value=truth", `9: cannot parse value for field key "value": invalid bool value "truth"`],
    ["m value=t\u0001", `9: cannot parse value for field key "value": invalid bool value "t\\x01"`],
    ["m value=nan", `9: value for field "value" ("nan") has unrecognized type`],
    [`m value="a`, "9: expected closing quote for string field value, found end of input"],
    [`m value="a\\"`, "9: expected closing quote for string field value, found end of input"],
    [`m value="a"b`, "12: unexpected character 'b' after field"],
    ["m value=1 value=2", `11: invalid timestamp ("value=2")`],
    ["m value=1 5 6 7", `13: unexpected text after timestamp ("6 7")`],
    ["m value=1 5\r6", `11: invalid timestamp ("5\\r6")`],
    ["m value=1 1.5", `11: invalid timestamp ("1.5")`],
    ["m value=1 9223372036854775808", `11: timestamp out of range ("9223372036854775808")`],
    ["  m value=1 x", `13: invalid timestamp ("x")`],
  ])("%j → %s", (line, rejection) => {
    expect(rejectionOf(line)).toBe(rejection);
  });

  test.each<[string, string]>([
    [`${HEAD} value="1.5" 5`, "44: host a0101: unsupported value type in message: string"],
    [`${HEAD} value="a b, c=\\"1\\\\" 5`, "44: host a0101: unsupported value type in message: string"],
    [`${HEAD} value=""`, "44: host a0101: unsupported value type in message: string"],
    [`${HEAD} value=1,value="x",value=2 5`, "52: host a0101: unsupported value type in message: string"],
    [`${HEAD} value=t`, "44: host a0101: unsupported value type in message: bool"],
    [`${HEAD} value=False`, "44: host a0101: unsupported value type in message: bool"],
    [`${HEAD} other=1`, "38: host a0101: unknown field: 'other'"],
    [`${HEAD} value=1,other=true`, "46: host a0101: unknown field: 'other'"],
    [`${HEAD} Value=1`, "38: host a0101: unknown field: 'Value'"],
    [`${HEAD} val\\=ue=1`, "38: host a0101: unknown field: 'val\\\\=ue'"],
    ["cpu_load other=1", "10: host : unknown field: 'other'"],
  ])("%j → %s", (line, rejection) => {
    expect(rejectionOf(line)).toBe(rejection);
  });

  test.each<[string, Uint8Array, string]>([
    ["a measurement", latin1("m\xe4 value=1"), `1: invalid utf-8 sequence in token "m\\xe4"`],
    ["a tag key", latin1("m,\xe4=b value=1"), `3: invalid utf-8 sequence in token "\\xe4"`],
    ["a tag value", latin1("m,host=a\xff\xc3 value=1"), `8: invalid utf-8 sequence in token "a\\xff\\xc3"`],
    ["a foreign tag value", latin1("m,x=\xed\xa0\x80 value=1"), `5: invalid utf-8 sequence in token "\\xed\\xa0\\x80"`],
    ["an escaped tag value", latin1("m,host=\\ \xff value=1"), `8: invalid utf-8 sequence in token "\\\\ \\xff"`],
    ["a field key", latin1("m \xe4=1"), `3: invalid utf-8 sequence in token "\\xe4"`],
  ])("%s that is not UTF-8", (_what, line, rejection) => {
    expect(rejectionOf(line)).toBe(rejection);
  });

  test("a long token is repeated in part, and not cut within a character", () => {
    const reason = rejectionOf(`m value=1 x${"ü".repeat(1000)}`);
    expect(reason).toBe(`11: invalid timestamp ("x${"ü".repeat(59)}…")`);
    expect(rejectionOf(`m,host=${"h".repeat(60_000)} x=1`).length).toBeLessThan(200);
  });
});

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function shifted(outcome: LineOutcome, distance: number): LineOutcome {
  if (outcome.kind === "sample")
    return { kind: "sample", sample: { ...outcome.sample, ...shiftedHead(outcome.sample, distance) } };
  return outcome.kind === "unknown-metric" ? { kind: "unknown-metric", ...shiftedHead(outcome, distance) } : outcome;
}

function shiftedHead({ headEnd }: { headEnd: number }, distance: number): { headEnd: number } {
  return { headEnd: headEnd < 0 ? headEnd : headEnd + distance };
}

/** Names are written with these: the bytes that separate, each behind a backslash. */
function escaped(name: string, separators: RegExp): string {
  return name.replaceAll(separators, "\\$&");
}

function hasControl(text: string): boolean {
  return Array.from(text).some((char) => char < " " || char === "\u007f");
}

describe("whatever the bytes,", () => {
  const SNIPPETS = [
    "m",
    ",",
    "=",
    " ",
    "\\",
    '"',
    "value",
    "value=1",
    " value=",
    "host=h",
    "#",
    "\t",
    "\r",
    "é",
    "1e5",
    "5i",
    "-5",
    "t",
  ];
  const nastyLine = fc
    .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...SNIPPETS) }, fc.string({ maxLength: 2 })), {
      maxLength: 12,
    })
    .map((parts) => new TextEncoder().encode(parts.join("")));
  const anyLine = fc.oneof(nastyLine, fc.uint8Array({ maxLength: 40 }));

  test("the outcome is a sample, or names a column of the line", () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        const outcome = parse(line);
        if (outcome.kind === "sample") {
          expect(Object.is(Math.fround(outcome.sample.value), outcome.sample.value)).toBe(true);
        } else if (outcome.kind === "rejected") {
          expect(outcome.column).toBeGreaterThanOrEqual(1);
          expect(outcome.column).toBeLessThanOrEqual(line.length + 1);
          expect(hasControl(outcome.reason)).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("the bytes around a line play no part", () => {
    fc.assert(
      fc.property(anyLine, nastyLine, nastyLine, fc.boolean(), (line, before, after, isMetric) => {
        const bytes = Uint8Array.from([...before, ...line, ...after]);
        const outcome = parseLine(bytes, before.length, before.length + line.length, () => isMetric);
        expect(shifted(outcome, -before.length)).toEqual(parse(line, () => isMetric));
      }),
      { numRuns: 2000 },
    );
  });

  test("names that are escaped come back as they were", () => {
    // A name cannot end in a backslash: it would take the meaning from the separator behind it.
    const name = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom("\\", "\\", ",", " ", "=", '"', "#", "a"),
          fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
        ),
        minLength: 1,
      })
      .filter((text) => !text.endsWith("\\") && !hasControl(text));
    fc.assert(
      fc.property(name, name, name, (metric, hostname, typeId) => {
        fc.pre(!/^[ #]/.test(metric));
        const tags = `host=${escaped(hostname, /[,= ]/g)},type-id=${escaped(typeId, /[,= ]/g)}`;
        const line = `${escaped(metric, /[, ]/g)},${tags} value=1`;
        expect(sampleOf(line)).toMatchObject({ metric, hostname, typeId });
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a line of 64 KB is no burden", () => {
  // Each is read many times over: work that grew with the square of the length would not end within the test's time.
  const ROUNDS = 50;
  const manyTags = Array.from({ length: 10_000 }, (_, i) => `k${i}=v`).join();
  test.each<[string, string, Partial<LineSample> | string]>([
    ["10,000 tags", `m,${manyTags},cluster=c value=1`, { cluster: "c" }],
    ["10,000 values", `m ${"value=1,".repeat(10_000)}value=2`, { value: 2 }],
    ["a long name", `m,host=${"h".repeat(65_000)} value=1`, { value: 1 }],
    ["a name of backslashes", `m,type=${"\\".repeat(65_000)}x value=1`, { value: 1 }],
    ["a name of escapes", `m,type=${"\\ ".repeat(32_000)} value=1`, { type: " ".repeat(32_000) }],
    ["a number of 64,000 digits", `m value=${"1".repeat(64_000)}e-63999`, { value: Math.fround(10 / 9) }],
    ["a half-way number of 64,000 digits", `m value=16777217.${"0".repeat(64_000)}1`, { value: 16777218 }],
    ["spaces", `m${" ".repeat(65_000)}value=1`, { value: 1 }],
    ["a string", `m value="${'a\\"'.repeat(20_000)}"`, "host : unsupported value type in message: string"],
  ])("%s", (_what, line, expected) => {
    for (let round = 1; round < ROUNDS; round++) parse(line);
    if (typeof expected === "string") expect(rejectionOf(line)).toContain(expected);
    else expect(sampleOf(line)).toMatchObject(expected);
  });
});
