// The floors: what the same bytes cost without a store. And a directory for the files, which must lie on a disk.

import { mkdir, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Beside the compiled bench, in the working copy: the system's directory for temporary files may be memory. */
const PARENT = fileURLToPath(new URL("../data", import.meta.url));

const PIECE_BYTES = 1 << 20;

/** Makes an empty directory, which the caller removes. */
export async function newDirectory(): Promise<string> {
  await mkdir(PARENT, { recursive: true });
  return mkdtemp(join(PARENT, "bench-"));
}

/** Makes a directory for as long as `use` takes. */
export async function withDirectory<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await newDirectory();
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Copies so many bytes in memory, a megabyte at a time from place to place; returns the milliseconds. */
export function copyInMemory(sizeBytes: number): number {
  const source = new Uint8Array(PIECE_BYTES).fill(1);
  const places = Array.from({ length: 64 }, () => new Uint8Array(PIECE_BYTES).fill(2));
  const begin = performance.now();
  for (let at = 0, i = 0; at < sizeBytes; at += PIECE_BYTES, i++) places[i % places.length].set(source);
  return ((performance.now() - begin) * sizeBytes) / (Math.ceil(sizeBytes / PIECE_BYTES) * PIECE_BYTES);
}

/** The same into memory that the system has to give first, as a store needs it for what it loads. */
export function copyIntoNewMemory(sizeBytes: number): number {
  const source = new Uint8Array(PIECE_BYTES).fill(1);
  const pieces: Uint8Array[] = [];
  const begin = performance.now();
  for (let left = sizeBytes; left > 0; left -= PIECE_BYTES) {
    const piece = new Uint8Array(new SharedArrayBuffer(PIECE_BYTES));
    piece.set(left < PIECE_BYTES ? source.subarray(0, left) : source);
    pieces.push(piece);
  }
  return performance.now() - begin;
}

/** `no`: the bytes are given to the system. `each`: every piece is on disk before the next is written. */
export type Sync = "no" | "end" | "each";

/** Appends so many bytes to a new file, piece by piece; returns the milliseconds. */
export async function appendPlainly(
  path: string,
  sizeBytes: number,
  sync: Sync,
  pieceBytes = PIECE_BYTES,
): Promise<number> {
  const piece = new Uint8Array(Math.min(pieceBytes, sizeBytes)).fill(1);
  const file = await open(path, "ax");
  try {
    const begin = performance.now();
    for (let left = sizeBytes; left > 0; left -= piece.length) {
      await file.appendFile(piece.subarray(0, left));
      if (sync === "each") await file.datasync();
    }
    if (sync === "end") await file.datasync();
    return performance.now() - begin;
  } finally {
    await file.close();
  }
}

/** Reads all files below a directory, one after the other; returns milliseconds and bytes. */
export async function readPlainly(directory: string): Promise<{ timeMs: number; sizeBytes: number }> {
  const begin = performance.now();
  const piece = new Uint8Array(PIECE_BYTES);
  let sizeBytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), "r");
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES);
      if (bytesRead === 0) break;
      sizeBytes += bytesRead;
    }
    await file.close();
  }
  return { timeMs: performance.now() - begin, sizeBytes };
}
