// Files in memory, as fast as can be: what is measured over them is the store's own work.

import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { FileSystemError } from "../src/runtime/ports.ts";
import type { AppendFile, DirectoryEntry, DirectoryLock, FileSystem } from "../src/runtime/ports.ts";

/** `keep`: files can be read back. `discard`: they are counted only, so that memory stays as it is. */
export type Holding = "keep" | "discard";

/** Keeps the very pieces that are appended: they must stay as they are, as those of the log do. Knows no power cuts. */
export class HeldFiles implements FileSystem {
  readonly #holding: Holding;
  readonly #files = new Map<string, Uint8Array[]>();
  /** Bytes that were ever appended. */
  appendedBytes = 0;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  async openForAppend(path: string): Promise<AppendFile> {
    const pieces = this.#files.get(path) ?? [];
    this.#files.set(path, pieces);
    let sizeBytes = sizeOf(pieces);
    return {
      get sizeBytes() {
        return sizeBytes;
      },
      append: async (added) => {
        if (this.#holding === "keep") pieces.push(...added);
        sizeBytes += sizeOf(added);
        this.appendedBytes += sizeOf(added);
      },
      datasync: async () => {},
      close: async () => {},
    };
  }

  async sizeOf(path: string): Promise<number> {
    return sizeOf(this.#piecesOf(path));
  }

  /** A view, not a copy: reading costs nothing here. */
  async readRange(path: string, offset: number, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const pieces = this.#piecesOf(path);
    if (pieces.length > 1) this.#files.set(path, [joined(pieces)]);
    const [whole = new Uint8Array(0)] = this.#piecesOf(path);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing here is shared between threads
    return whole.subarray(offset, offset + sizeBytes) as Uint8Array<ArrayBuffer>;
  }

  async rename(from: string, to: string): Promise<void> {
    this.#files.set(to, this.#piecesOf(from));
    this.#files.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    const kinds = new Map<string, DirectoryEntry["kind"]>();
    for (const file of this.#files.keys()) {
      if (!file.startsWith(`${path}/`)) continue;
      const [name, ...rest] = file.slice(path.length + 1).split("/");
      kinds.set(name, rest.length > 0 ? "directory" : "file");
    }
    return Array.from(kinds, ([name, kind]) => ({ name, kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Writes everything to the disk, under the same paths. */
  async saveAll(): Promise<void> {
    for (const [path, pieces] of this.#files) {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, "wx");
      for (const piece of pieces) await file.appendFile(piece);
      await file.sync();
      await file.close();
    }
  }

  async truncate(): Promise<void> {}
  async makeDirectory(): Promise<void> {}
  async syncDirectory(): Promise<void> {}

  async lock(): Promise<DirectoryLock> {
    return { release: async () => {} };
  }

  #piecesOf(path: string): Uint8Array[] {
    const pieces = this.#files.get(path);
    if (pieces === undefined) throw new FileSystemError("not-found", "open", path, undefined);
    return pieces;
  }
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((size, piece) => size + piece.length, 0);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(sizeOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
