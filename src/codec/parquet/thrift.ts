// Thrift's compact protocol, in which Parquet writes its metadata, without a schema: what is read can be written again.
// (apache/thrift, "thrift-compact-protocol")

import { ByteWriter } from "./byte-writer.ts";

/** A value with its type on the wire, which is what a writer must know. */
export type ThriftValue =
  | { readonly type: "boolean"; readonly value: boolean }
  /** Whole numbers, beyond 2^52 not exact: sizes, counts, offsets. */
  | { readonly type: "int8" | "int16" | "int32" | "int64"; readonly value: number }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "binary"; readonly value: Uint8Array }
  | { readonly type: "list"; readonly elementCode: number; readonly values: readonly ThriftValue[] }
  | { readonly type: "struct"; readonly fields: ThriftStruct };

/** Fields by their ids. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

export class ThriftError extends Error {
  override readonly name = "ThriftError";

  constructor(reason: string, offset: number) {
    super(`at ${offset}: ${reason}`);
  }
}

const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const INT8 = 3;
const INT16 = 4;
const INT32 = 5;
const INT64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const CODES = {
  boolean: TRUE,
  int8: INT8,
  int16: INT16,
  int32: INT32,
  int64: INT64,
  double: DOUBLE,
  binary: BINARY,
  list: LIST,
  struct: STRUCT,
} as const;

/** Deeper than anything in Parquet; keeps a damaged file from exhausting the stack. */
const MAX_DEPTH = 32;

// — Reading —

export interface ThriftRead {
  readonly fields: ThriftStruct;
  /** Offset of the first byte behind the struct. */
  readonly end: number;
}

/**
 * Reads the struct at `offset`. Binary values are views of `bytes`.
 * @param lastField stops behind the field with this id
 * @throws ThriftError
 */
export function readThrift(bytes: Uint8Array, offset = 0, lastField = Infinity): ThriftRead {
  const reader = new Reader(bytes, offset);
  return { fields: reader.struct(0, lastField), end: reader.at };
}

class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number, lastField = Infinity): ThriftStruct {
    if (depth > MAX_DEPTH) throw new ThriftError(`more than ${MAX_DEPTH} structs within each other`, this.at);
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ;) {
      const head = this.#byte();
      const code = head & 15;
      if (code === STOP) return fields;
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      if (code === TRUE || code === FALSE) fields.set(id, { type: "boolean", value: code === TRUE });
      else fields.set(id, this.#value(code, depth));
      if (id === lastField) return fields;
    }
  }

  #value(code: number, depth: number): ThriftValue {
    switch (code) {
      // Within a list a boolean has a byte of its own.
      case TRUE:
      case FALSE:
        return { type: "boolean", value: this.#byte() === TRUE };
      case INT8:
        return { type: "int8", value: (this.#byte() << 24) >> 24 };
      case INT16:
        return { type: "int16", value: this.#zigzag() };
      case INT32:
        return { type: "int32", value: this.#zigzag() };
      case INT64:
        return { type: "int64", value: this.#zigzag() };
      case DOUBLE: {
        const view = new DataView(this.#take(8).slice().buffer);
        return { type: "double", value: view.getFloat64(0, true) };
      }
      case BINARY:
        return { type: "binary", value: this.#take(this.#varint()) };
      case LIST:
        return this.#list(depth);
      case STRUCT:
        return { type: "struct", fields: this.struct(depth + 1) };
      default:
        throw new ThriftError(`type ${code} is not one that Parquet uses`, this.at);
    }
  }

  #list(depth: number): ThriftValue {
    const head = this.#byte();
    const elementCode = head & 15;
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    if (count > this.#bytes.length - this.at)
      throw new ThriftError(`a list of ${count} values in fewer bytes`, this.at);
    const values: ThriftValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.#value(elementCode, depth + 1));
    return { type: "list", elementCode, values };
  }

  #byte(): number {
    if (this.at >= this.#bytes.length) throw new ThriftError("the bytes end within a struct", this.at);
    return this.#bytes[this.at++];
  }

  #take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new ThriftError(`${length} bytes expected, fewer are left`, this.at);
    const taken = this.#bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** By multiplication: shifts would cut at 32 bits. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (factor > 2 ** 63) throw new ThriftError("a number of more than 64 bits", this.at);
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

// — Writing —

export function writeThrift(fields: ThriftStruct): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.struct(fields);
  return writer.bytes();
}

class Writer {
  readonly #out = new ByteWriter();

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#out.bytes();
  }

  struct(fields: ThriftStruct): void {
    let last = 0;
    for (const [id, value] of [...fields].toSorted(([a], [b]) => a - b)) {
      const code = value.type === "boolean" && !value.value ? FALSE : CODES[value.type];
      const isNear = id > last && id - last < 16;
      this.#out.byte(isNear ? ((id - last) << 4) | code : code);
      if (!isNear) this.#zigzag(id);
      last = id;
      if (value.type !== "boolean") this.#value(value);
    }
    this.#out.byte(STOP);
  }

  #value(value: ThriftValue): void {
    switch (value.type) {
      case "boolean":
        return this.#out.byte(value.value ? TRUE : FALSE);
      case "int8":
        return this.#out.byte(value.value & 255);
      case "int16":
      case "int32":
      case "int64":
        return this.#zigzag(value.value);
      case "double":
        return this.#out.raw(new Uint8Array(new Float64Array([value.value]).buffer));
      case "binary":
        this.#out.varint(value.value.length);
        return this.#out.raw(value.value);
      case "list":
        return this.#list(value.elementCode, value.values);
      case "struct":
        return this.struct(value.fields);
    }
  }

  #list(elementCode: number, values: readonly ThriftValue[]): void {
    const isShort = values.length < 15;
    this.#out.byte(((isShort ? values.length : 15) << 4) | elementCode);
    if (!isShort) this.#out.varint(values.length);
    for (const value of values) this.#value(value);
  }

  #zigzag(value: number): void {
    this.#out.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }
}

// — Values for writing —

export const thrift = {
  int8: (value: number): ThriftValue => ({ type: "int8", value }),
  int32: (value: number): ThriftValue => ({ type: "int32", value }),
  int64: (value: number): ThriftValue => ({ type: "int64", value }),
  boolean: (value: boolean): ThriftValue => ({ type: "boolean", value }),
  binary: (value: Uint8Array): ThriftValue => ({ type: "binary", value }),
  text: (value: string): ThriftValue => ({ type: "binary", value: new TextEncoder().encode(value) }),
  struct: (fields: readonly [id: number, value: ThriftValue][]): ThriftValue => ({
    type: "struct",
    fields: new Map(fields),
  }),
  /** @param values all of the type of the first */
  list: (values: readonly ThriftValue[]): ThriftValue => ({
    type: "list",
    elementCode: CODES[values[0]?.type ?? "struct"],
    values,
  }),
};
