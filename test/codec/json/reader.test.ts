import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonDecimal } from "../../../src/codec/json/number-literal.ts";
import { MAX_DEPTH, readJson, type JsonValue, type ReadOptions } from "../../../src/codec/json/reader.ts";
import { JsonSyntaxError } from "../../../src/codec/json/syntax-error.ts";

const utf8 = new TextEncoder();

function read(text: string, options?: ReadOptions): JsonValue {
  return readJson(utf8.encode(text), options);
}

function failure(text: string): JsonSyntaxError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error(`was read: ${text}`);
}

/** What `JSON.parse` would have made of it. */
function withPlainNumbers(value: JsonValue): unknown {
  if (value instanceof JsonDecimal) return value.value;
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withPlainNumbers(member)]));
}

describe("values", () => {
  it.each([
    ["null", null],
    ["true", true],
    ["false", false],
    ["0", 0],
    ["-0", -0],
    ["1720879260", 1_720_879_260],
    ["-9223372036854775808", -(2 ** 63)],
    ["999999999999999", 999_999_999_999_999],
    ["9007199254740993", 9_007_199_254_740_992],
    ["99999999999999999999", 1e20],
    ['""', ""],
    ['"cpu_load"', "cpu_load"],
    [String.raw`"\"\\\/\b\f\n\r\t"`, '"\\/\b\f\n\r\t'],
    [String.raw`"\u0041\u00e4\u20AC\ud83d\ude00!"`, "Aä€😀!"],
    ['"ä€😀"', "ä€😀"],
    ["[]", []],
    ["[1,[2],null]", [1, [2], null]],
    ["{}", {}],
    [' \t\r\n{ "a" : [ 1 , { "b" : false } ] } ', { a: [1, { b: false }] }],
  ])("%s", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ["1.5", 1.5],
    ["1.0", 1],
    ["1e3", 1000],
    ["-2E-2", -0.02],
    ["0.5e+1", 5],
    ["1e999", Infinity],
  ])("%s is no integer, and keeps its spelling", (text, value) => {
    const decimal = read(text);
    expect(decimal).toBeInstanceOf(JsonDecimal);
    expect(decimal).toEqual(new JsonDecimal(text));
    expect(withPlainNumbers(decimal)).toBe(value);
  });

  it.each([
    ["a high surrogate alone", String.raw`"\ud800"`, "\ufffd"],
    ["a low surrogate alone", String.raw`"\udc00x"`, "\ufffdx"],
    ["two high surrogates", String.raw`"\ud800\ud800"`, "\ufffd\ufffd"],
    ["a high surrogate before another escape", String.raw`"\ud800\n\u0041"`, "\ufffd\nA"],
    ["a high surrogate before a pair", String.raw`"\ud800\ud83d\ude00"`, "\ufffd😀"],
  ])("%s reads as U+FFFD", (_, text, value) => {
    expect(read(text)).toBe(value);
  });

  it("bytes that are not UTF-8 read as U+FFFD", () => {
    expect(readJson(Uint8Array.of(0x22, 0x61, 0xff, 0x62, 0x22))).toBe("a\ufffdb");
  });

  it("agree with JSON.parse", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, stringUnit: "binary" }), fc.nat(3), (text, indent) => {
        const expected: unknown = JSON.parse(text);
        expect(withPlainNumbers(read(JSON.stringify(expected, null, indent)))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("as the reference reads a body", () => {
  it.each(['{"a":1} trailing', '{"a":1}{"a":2}', '{"a":1}}', '{"a":1}\u0000'])("ignores what follows: %j", (text) => {
    expect(read(text)).toEqual({ a: 1 });
  });

  it("takes the last of equal names", () => {
    expect(read('{"cluster":"x","cluster":"alex"}')).toEqual({ cluster: "alex" });
  });

  it("finds names in any case when asked to", () => {
    expect(read('{"With-Stats":1,"FROM":2,"from":3,"\u212aey\u017f":4}', { foldKeys: true })).toEqual({
      "with-stats": 1,
      from: 3,
      keys: 4,
    });
    expect(read('{"FROM":2}')).toEqual({ FROM: 2 });
  });

  it("leaves out members that are null when asked to, and only those", () => {
    const options = { dropNullMembers: true };
    expect(read('{"a":null,"b":[null],"c":{"d":null}}', options)).toEqual({ b: [null], c: {} });
    expect(read('{"a":5,"a":null}', options)).toEqual({ a: 5 });
    expect(read("null", options)).toBeNull();
    expect(read('{"a":null}')).toEqual({ a: null });
  });
});

describe("objects", () => {
  it("inherit nothing", () => {
    const object = read("{}");
    expect(object).not.toHaveProperty("toString");
    expect(object).not.toHaveProperty("constructor");
  });

  it("take __proto__ for a name like any other", () => {
    const object = read('{"__proto__":{"admin":true},"constructor":1}');
    expect(object).not.toHaveProperty("admin");
    expect(Object.keys(object ?? {})).toEqual(["__proto__", "constructor"]);
    expect({}).not.toHaveProperty("admin");
  });
});

describe("what is not JSON", () => {
  it.each(["", " ", "\r\n\t "])("nothing at all: %j", (text) => {
    expect(failure(text).message).toBe("EOF");
  });

  it.each([
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    "[",
    "[1",
    "[1,",
    '"abc',
    String.raw`"abc\ `.trim(),
    String.raw`"\u00`,
    "tru",
    "-",
    "1.",
    "1e",
    "1e+",
  ])("cut: %s", (text) => {
    expect(failure(text).message).toBe(`unexpected EOF at line 1, column ${text.length + 1}`);
  });

  it.each([
    ['{"cluster":"alex",}', "invalid character '}' looking for beginning of object key string", 19],
    ["{'cluster':1}", String.raw`invalid character '\'' looking for beginning of object key string`, 2],
    ["{1:2}", "invalid character '1' looking for beginning of object key string", 2],
    ['{"a" 1}', "invalid character '1' after object key", 6],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`, 8],
    ['{"a":01}', "invalid character '1' after object key:value pair", 7],
    ["[1 2]", "invalid character '2' after array element", 4],
    ["[1,]", "invalid character ']' looking for beginning of value", 4],
    ["[1}", "invalid character '}' after array element", 3],
    ["NaN", "invalid character 'N' looking for beginning of value", 1],
    ["[Infinity]", "invalid character 'I' looking for beginning of value", 2],
    ["[-Infinity]", "invalid character 'I' in numeric literal", 3],
    ["// x", "invalid character '/' looking for beginning of value", 1],
    ["+1", "invalid character '+' looking for beginning of value", 1],
    [".5", "invalid character '.' looking for beginning of value", 1],
    ["1.x", "invalid character 'x' after decimal point in numeric literal", 3],
    ["1ex", "invalid character 'x' in exponent of numeric literal", 3],
    ["[1e2e3]", "invalid character 'e' after array element", 5],
    ["[1.2.3]", "invalid character '.' after array element", 5],
    ["nul!", "invalid character '!' in literal null (expecting 'l')", 4],
    ["trUe", "invalid character 'U' in literal true (expecting 'u')", 3],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`, 3],
    [String.raw`"\x"`, "invalid character 'x' in string escape code", 3],
    [String.raw`"\u00g0"`, String.raw`invalid character 'g' in \u hexadecimal character escape`, 6],
    ["\ufeff{}", "invalid character '\ufeff' looking for beginning of value", 1],
    ["[😀]", "invalid character '😀' looking for beginning of value", 2],
  ])("%s", (text, problem, column) => {
    expect(failure(text).message).toBe(`${problem} at line 1, column ${column}`);
  });

  it("is pointed at by line, column and offset", () => {
    const error = failure('{\n  "ä": 1,\n  x\n}');
    expect(error).toMatchObject({ line: 3, column: 3, offset: 14 });
    expect(error.message).toContain("at line 3, column 3");
  });

  it("never fails in another way", () => {
    const fragment = fc.constantFrom(...Array.from("{}[]:,\"'\\ue.+-0123456789 truefalsn\n\u0001ä"));
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), (fragments) => {
        const text = fragments.join("");
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          return;
        }
        expect(withPlainNumbers(read(text))).toEqual(parsed);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          readJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonSyntaxError);
        }
      }),
    );
  });

  it("is every proper beginning of an object", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (object, part) => {
          const text = JSON.stringify(object);
          const beginning = text.slice(0, Math.floor(1 + part * (text.length - 2)));
          expect(failure(beginning).message).toMatch(/^unexpected EOF/);
        },
      ),
    );
  });
});

describe("nesting", () => {
  it("may be as deep as the limit, over and over", () => {
    const deep = "[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH);
    expect(() => read(deep)).not.toThrow();
    const wide = "[".repeat(MAX_DEPTH - 1) + "[],{},[]" + "]".repeat(MAX_DEPTH - 1);
    expect(() => read(wide)).not.toThrow();
  });

  it("ends in an error that names the limit, not in a stack overflow", () => {
    expect(failure("[".repeat(MAX_DEPTH + 1)).message).toMatch(/^exceeded max depth of 512 at line 1, column 513$/);
    expect(failure('{"a":'.repeat(1_000_000)).message).toMatch(/^exceeded max depth/);
  });
});
