// The FlatBuffers encoding, as far as Arrow's messages need it: tables, vectors of tables or of structs of int64, texts.
// (flatbuffers.dev, "FlatBuffer Internals")

/** A field's value, `undefined` = left out. int64 are numbers here; those of Arrow messages are sizes and counts. */
export type FlatField =
  | { readonly int8: number }
  | { readonly int16: number }
  | { readonly int32: number }
  | { readonly int64: number }
  | { readonly text: string }
  | { readonly table: FlatTable }
  | { readonly tables: readonly FlatTable[] }
  /** A vector of structs, each of `width` int64. */
  | { readonly structs: readonly number[]; readonly width: number }
  | undefined;

/** The fields by their ids in the schema. */
export type FlatTable = readonly FlatField[];

const utf8 = new TextEncoder();

/** @param root the buffer's one table. The length of the bytes is a multiple of 8. */
export function encodeFlatBuffer(root: FlatTable): Uint8Array<ArrayBuffer> {
  const writer = new FlatWriter();
  const at = writer.reserve(4, 4);
  writer.patchOffset(at, writer.table(root));
  writer.align(8, 0);
  return writer.bytes();
}

/** Writes parents before children, so that all offsets, which must point ahead, do. */
class FlatWriter {
  #view = new DataView(new ArrayBuffer(1024));
  #length = 0;

  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer, 0, this.#length).slice();
  }

  /** Makes the length ≡ `remainder` modulo `alignment`. */
  align(alignment: number, remainder: number): void {
    const gap = (((remainder - this.#length) % alignment) + alignment) % alignment;
    this.reserve(gap, 1);
  }

  /** Room for `sizeBytes` zero bytes, aligned. Returns where. */
  reserve(sizeBytes: number, alignment: number): number {
    const at = Math.ceil(this.#length / alignment) * alignment;
    this.#length = at + sizeBytes;
    if (this.#length > this.#view.byteLength) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  patchOffset(at: number, target: number): void {
    this.#view.setUint32(at, target - at, true);
  }

  /** Writes a table and what it refers to. Returns where it begins. */
  table(fields: FlatTable): number {
    const sizes = fields.map(sizeOf);
    const vtableBytes = 4 + 2 * fields.length;
    // The table's own offset to its vtable has 4 bytes; the fields behind begin at a multiple of 8.
    this.align(8, (4 - vtableBytes) & 7);
    const vtable = this.reserve(vtableBytes, 1);
    const table = this.reserve(4, 4);
    const positions = this.#place(sizes);
    this.#view.setInt32(table, table - vtable, true);
    this.#view.setUint16(vtable, vtableBytes, true);
    this.#view.setUint16(vtable + 2, this.#length - table, true);
    for (const [id, at] of positions) this.#view.setUint16(vtable + 4 + 2 * id, at - table, true);
    for (const [id, at] of positions) this.#field(at, fields[id]);
    return table;
  }

  /** Room for the fields, the large ones first, so that each is aligned. */
  #place(sizes: readonly number[]): Map<number, number> {
    const positions = new Map<number, number>();
    for (const size of [8, 4, 2, 1]) {
      for (const [id, own] of sizes.entries()) if (own === size) positions.set(id, this.reserve(size, size));
    }
    return positions;
  }

  #field(at: number, field: FlatField): void {
    if (field === undefined) return;
    if ("int8" in field) this.#view.setInt8(at, field.int8);
    else if ("int16" in field) this.#view.setInt16(at, field.int16, true);
    else if ("int32" in field) this.#view.setInt32(at, field.int32, true);
    else if ("int64" in field) this.#int64(at, field.int64);
    else if ("table" in field) this.patchOffset(at, this.table(field.table));
    else if ("tables" in field) this.patchOffset(at, this.#tables(field.tables));
    else if ("structs" in field) this.patchOffset(at, this.#structs(field.structs, field.width));
    else this.patchOffset(at, this.#text(field.text));
  }

  #tables(tables: readonly FlatTable[]): number {
    const vector = this.reserve(4 + 4 * tables.length, 4);
    this.#view.setUint32(vector, tables.length, true);
    for (const [i, table] of tables.entries()) this.patchOffset(vector + 4 + 4 * i, this.table(table));
    return vector;
  }

  #structs(numbers: readonly number[], width: number): number {
    this.align(8, 4);
    const vector = this.reserve(4 + 8 * numbers.length, 4);
    this.#view.setUint32(vector, numbers.length / width, true);
    for (const [i, number] of numbers.entries()) this.#int64(vector + 4 + 8 * i, number);
    return vector;
  }

  #text(text: string): number {
    const encoded = utf8.encode(text);
    const at = this.reserve(4 + encoded.length + 1, 4);
    this.#view.setUint32(at, encoded.length, true);
    new Uint8Array(this.#view.buffer, at + 4).set(encoded);
    return at;
  }

  #int64(at: number, value: number): void {
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}

/** Bytes within the table. */
function sizeOf(field: FlatField): number {
  if (field === undefined) return 0;
  if ("int8" in field) return 1;
  if ("int16" in field) return 2;
  return "int64" in field ? 8 : 4;
}
