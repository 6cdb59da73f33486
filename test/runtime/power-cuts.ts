// What the tests of the simulated disk share: files of known durability, and what many power cuts leave of them.

import { seededRandom } from "../../bench/random.ts";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";
import type { AppendFile, FileSystem } from "../../src/runtime/ports.ts";

const CUT_COUNT = 300;
/** Spread over all bits, since the generator starts slowly from small seeds. */
export const seeds = Array.from({ length: CUT_COUNT }, (_, i) => Math.imul(i + 1, 0x9e3779b1));

/** Runs the program once and gives what each of many power cuts at its end leaves: text by path. */
export async function afterCuts(program: (files: MemoryFileSystem) => Promise<void>): Promise<Map<string, string>[]> {
  const files = new MemoryFileSystem();
  await program(files);
  return seeds.map((seed) => contentsOf(files.crash(seededRandom(seed))));
}

export function contentsOf(files: MemoryFileSystem): Map<string, string> {
  return new Map([...files.files()].map(([path, content]) => [path, Buffer.from(content).toString("latin1")]));
}

export const NO_FILE = "(no file)";

/** The different texts of a file. */
export function distinct(found: readonly Map<string, string>[], path: string): string[] {
  return [...new Set(found.map((contents) => contents.get(path) ?? NO_FILE))].toSorted();
}

export function bytes(content: string): Uint8Array {
  return new Uint8Array(Buffer.from(content));
}

/** A new file with synced bytes; its name is not synced. */
export async function syncedFile(files: FileSystem, path: string, content: string): Promise<void> {
  const file = await files.openForAppend(path, "new");
  await file.append([bytes(content)]);
  await file.datasync();
  await file.close();
}

/** A new file, all of it durable, and open. */
export async function durableFile(files: FileSystem, path: string, content: string): Promise<AppendFile> {
  await syncedFile(files, path, content);
  await files.syncDirectory("/");
  return files.openForAppend(path, "existing");
}

export async function durableDirectory(files: FileSystem, path: string): Promise<void> {
  await files.makeDirectory(path);
  await files.syncDirectory("/");
}
