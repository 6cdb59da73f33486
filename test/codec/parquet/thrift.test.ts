import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  readThrift,
  thrift,
  ThriftError,
  writeThrift,
  type ThriftStruct,
  type ThriftValue,
} from "../../../src/codec/parquet/thrift.ts";

const { value: anyValue } = fc.letrec<{ value: ThriftValue; struct: ThriftStruct }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }).map((value) => thrift.int64(value + 0)),
    fc.integer().map((value) => thrift.int32(value + 0)),
    fc.integer({ min: -128, max: 127 }).map((value) => thrift.int8(value + 0)),
    fc.boolean().map(thrift.boolean),
    fc.string().map(thrift.text),
    tie("struct").map((fields): ThriftValue => ({ type: "struct", fields })),
    fc
      .array(fc.integer(), { maxLength: 20 })
      .map((values) => thrift.list([thrift.int32(0), ...values.map(thrift.int32)])),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }).map((values) => thrift.list(values.map(thrift.boolean))),
  ),
  struct: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 300 }), tie("value")), { maxLength: 5 })
    .map((fields) => new Map(fields)),
}));

const anyStruct = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 32_000 }), anyValue), { maxLength: 6 })
  .map((fields): ThriftStruct => new Map(fields));

test("any struct reads back as it was written", () => {
  fc.assert(
    fc.property(anyStruct, (fields) => {
      const bytes = writeThrift(fields);
      expect(readThrift(bytes)).toEqual({ fields, end: bytes.length });
    }),
  );
});

test("a struct that is cut anywhere is told to be", () => {
  fc.assert(
    fc.property(anyStruct, fc.double({ min: 0, max: 0.999, noNaN: true }), (fields, share) => {
      const bytes = writeThrift(fields);
      expect(() => readThrift(bytes.subarray(0, Math.floor(bytes.length * share)))).toThrow(ThriftError);
    }),
  );
});

test("any bytes are read, or refused with the place", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        readThrift(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ThriftError);
      }
    }),
  );
});

describe("the bytes of a struct", () => {
  test.each<[string, ThriftStruct, number[]]>([
    ["a small number", new Map([[1, thrift.int32(3)]]), [0x15, 0x06, 0]],
    ["a negative number", new Map([[1, thrift.int64(-1)]]), [0x16, 0x01, 0]],
    ["a far field", new Map([[20, thrift.boolean(true)]]), [0x01, 0x28, 0]],
    [
      "two booleans",
      new Map([
        [1, thrift.boolean(true)],
        [2, thrift.boolean(false)],
      ]),
      [0x11, 0x12, 0],
    ],
    ["a text", new Map([[4, thrift.text("ab")]]), [0x48, 2, 0x61, 0x62, 0]],
    ["a list", new Map([[1, thrift.list([thrift.int32(1), thrift.int32(2)])]]), [0x19, 0x25, 2, 4, 0]],
  ])("%s is as Thrift's compact protocol has it", (_, fields, bytes) => {
    expect([...writeThrift(fields)]).toEqual(bytes);
  });
});
