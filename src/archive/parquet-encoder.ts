// The encoder itself, without a thread of its own: snapshots of hosts in, the bytes of a Parquet file out.

import { createSHA256, createXXHash64, type IHasher } from "hash-wasm";
import type { HostSnapshot } from "../codec/host-snapshot.ts";
import { concatenate } from "../codec/parquet/concatenate.ts";
import { FileBuilder } from "../codec/parquet/file-builder.ts";
import { textColumnsOf } from "../codec/parquet/host-group.ts";
import { seriesOf, type RowSeries } from "../codec/parquet/host-series.ts";
import { decodeHost, isDamage } from "../persistence/snapshot-files.ts";
import { encodeNumbers, loadParquetWasm } from "./parquet-wasm.ts";
import type {
  ArchiveEncoder,
  ArchiveRange,
  EncodedEnd,
  EncodedHost,
  EncodedSnapshot,
  EncoderFile,
  EncoderHost,
} from "./ports.ts";

/** As the files say it. */
const CREATED_BY = "pegel";

const NOTHING = new Uint8Array(0);

interface OpenFile {
  readonly cluster: string;
  readonly builder: FileBuilder;
  range: ArchiveRange;
}

export class ParquetEncoder implements ArchiveEncoder {
  readonly #readWasm: () => Promise<Uint8Array<ArrayBuffer>>;
  #hashers: { readonly sha256: IHasher; readonly digest: IHasher } | undefined;
  #file: OpenFile | undefined;

  /** @param readWasm gives the bytes of parquet-wasm's `esm` build; called before the first file */
  constructor(readWasm: () => Promise<Uint8Array<ArrayBuffer>>) {
    this.#readWasm = readWasm;
  }

  async begin({ cluster, sequence }: EncoderFile): Promise<Uint8Array<ArrayBuffer>> {
    const hashers = await this.#prepare();
    hashers.sha256.init();
    const builder = new FileBuilder({ createdBy: CREATED_BY, sequence });
    this.#file = { cluster, builder, range: { from: Infinity, to: -Infinity } };
    return this.#hashed(builder.begin());
  }

  async addHost({ host, snapshots }: EncoderHost): Promise<EncodedHost> {
    const file = this.#openFile();
    const { digest } = await this.#prepare();
    const decoded: HostSnapshot[] = [];
    const outcomes = snapshots.map(({ format, bytes }): EncodedSnapshot => {
      const outcome = { digest: digest.init().update(bytes).digest() };
      try {
        decoded.push(decodeHost(bytes, format));
        return outcome;
      } catch (error) {
        if (isDamage(error)) return { ...outcome, damage: error.message };
        throw error;
      }
    });
    const series = seriesOf(decoded);
    if (series.length === 0) return { bytes: NOTHING, rows: 0, snapshots: outcomes };
    const texts = textColumnsOf(file.cluster, host, series);
    const numbers = await encodeNumbers(series);
    if (numbers.rows !== texts.rows) throw new Error(`BUG: ${numbers.rows} rows of ${texts.rows} were encoded`);
    const bytes = this.#hashed(concatenate(file.builder.add(texts, numbers.bytes)));
    file.range = rangeOf(series, file.range);
    return { bytes, rows: texts.rows, snapshots: outcomes };
  }

  async finish(): Promise<EncodedEnd | undefined> {
    const { builder, range } = this.#openFile();
    this.#file = undefined;
    if (builder.rows === 0) return undefined;
    const bytes = this.#hashed(builder.finish());
    const { sha256 } = await this.#prepare();
    return { bytes, rows: builder.rows, range, sha256: sha256.digest() };
  }

  async close(): Promise<void> {
    this.#file = undefined;
  }

  async #prepare(): Promise<{ sha256: IHasher; digest: IHasher }> {
    if (this.#hashers !== undefined) return this.#hashers;
    await loadParquetWasm(await this.#readWasm());
    this.#hashers = { sha256: await createSHA256(), digest: await createXXHash64() };
    return this.#hashers;
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw new Error("BUG: no file was begun");
    return this.#file;
  }

  #hashed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#hashers?.sha256.update(bytes);
    return bytes;
  }
}

/** The range widened by the samples of the series. */
function rangeOf(series: readonly RowSeries[], { from, to }: ArchiveRange): ArchiveRange {
  let first = from;
  let last = to - 1;
  for (const { start, frequency, values } of series.flatMap(({ runs }) => runs)) {
    first = Math.min(first, start);
    last = Math.max(last, start + (values.length - 1) * frequency);
  }
  return { from: first, to: last + 1 };
}
