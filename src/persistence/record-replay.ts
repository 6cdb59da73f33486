// Reads files of WAL records back into the store: blocks from the disk, while others are taken.

import { WalReplayer } from "../codec/wal/replayer.ts";
import type { MetricStore } from "../core/store.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { HostRecords, type ReplayHost } from "./host-records.ts";
import { RecordReading, type ReplayResult, type TakeRecords } from "./record-reading.ts";

export type { DamagedRange, ReplayResult, TakeRecords } from "./record-reading.ts";

export interface ReplayOptions {
  readonly files: FileSystem;
  readonly store: MetricStore;
  /** Records older than this (Unix seconds) are left out. */
  readonly oldest: number;
  /** The number of a host that a journal names. */
  readonly numberOf: (cluster: string, host: string) => number;
}

/** Read from a file at once: while one block is taken, the next comes from the disk. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Reads any number of files, several at once too: each block is taken without a break. */
export class RecordReplay {
  readonly #options: ReplayOptions;
  readonly #replayer = new WalReplayer();
  readonly #hostRecords: HostRecords;
  /** Memory for blocks, of BLOCK_BYTES each: with new memory for each, reading takes a tenth longer. */
  readonly #idleBlocks: Memory[] = [];

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#replayer.setOldest(options.oldest);
    this.#hostRecords = new HostRecords(options.numberOf);
  }

  /** Reads a file from behind its header of `headerBytes`. A journal begins without a host. */
  async replay(
    path: string,
    headerBytes: number,
    host: ReplayHost | undefined,
    onRecords?: TakeRecords,
  ): Promise<ReplayResult> {
    const hostRecords = host === undefined ? this.#hostRecords : undefined;
    const reading = new RecordReading(this.#options.store, this.#replayer, headerBytes, hostRecords, onRecords);
    if (host !== undefined) reading.setHost(host);
    const sizeBytes = await this.#options.files.sizeOf(path);
    // What is handed on is kept: its memory is not free again.
    const blocks = onRecords === undefined ? this.#idleBlocks : undefined;
    let next = this.#readBlock(path, headerBytes, sizeBytes, blocks);
    for (let offset = headerBytes; offset < sizeBytes;) {
      const { memory } = next;
      const bytes = await next.bytes;
      if (bytes.length === 0) break;
      offset += bytes.length;
      next = this.#readBlock(path, offset, sizeBytes, blocks);
      reading.take(bytes, offset >= sizeBytes);
      blocks?.push(memory);
    }
    return reading.result();
  }

  /** @param idle memory that may be used again */
  #readBlock(path: string, offset: number, sizeBytes: number, idle: Memory[] = []): BlockRead {
    if (offset >= sizeBytes) return NO_BLOCK;
    const memory = idle.pop() ?? new Uint8Array(BLOCK_BYTES);
    const bytes = this.#options.files.readRange(path, offset, BLOCK_BYTES, memory);
    // Whoever awaits it learns of a failure; should nobody come to that, it is not unhandled.
    bytes.catch(() => {});
    return { memory, bytes };
  }
}

type Memory = Uint8Array<ArrayBuffer>;

/** A block that is being read. */
interface BlockRead {
  readonly memory: Memory;
  readonly bytes: Promise<Uint8Array>;
}

const NO_BLOCK: BlockRead = { memory: new Uint8Array(0), bytes: Promise.resolve(new Uint8Array(0)) };
