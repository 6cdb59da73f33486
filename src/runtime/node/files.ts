// Files and directories.

import { constants, lstat, mkdir, open, readdir, rename, rmdir, stat, unlink, type FileHandle } from "node:fs/promises";
import { FileSystemError } from "../ports.ts";
import type { AppendFile, DirectoryEntry, FileSystem, FileSystemErrorCode } from "../ports.ts";
import { codeOf } from "./errors.ts";
import { lockDirectory } from "./lock.ts";

/** Or a file given by mistake would be synced, and the names that the caller cares for would not. */
const ONLY_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

export const nodeFileSystem: FileSystem = {
  openForAppend: (path, which) =>
    tried("open", path, async () => {
      const create = which === "new" ? constants.O_CREAT | constants.O_EXCL : 0;
      const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | create);
      return new NodeAppendFile(path, handle, (await handle.stat()).size);
    }),
  sizeOf: (path) => tried("stat", path, async () => (await stat(path)).size),
  readRange: (path, offset, sizeBytes, memory) =>
    tried("read", path, () => withFile(path, "r", (handle) => readFully(handle, offset, sizeBytes, memory))),
  truncate: (path, sizeBytes) =>
    tried("truncate", path, () =>
      withFile(path, "r+", async (handle) => {
        await handle.truncate(sizeBytes);
        await handle.sync();
      }),
    ),
  rename: (from, to) => tried("rename", from, () => rename(from, to)),
  remove: (path) =>
    tried("remove", path, () =>
      unlink(path).catch(async (error: unknown) => {
        // Systems say in different ways that it is a directory.
        if ((await lstat(path)).isDirectory()) return rmdir(path);
        throw error;
      }),
    ),
  makeDirectory: (path) => tried("mkdir", path, async () => void (await mkdir(path, { recursive: true }))),
  list: (path) => tried("list", path, () => listSorted(path)),
  syncDirectory: (path) => tried("fsync", path, () => withFile(path, ONLY_DIRECTORY, (handle) => handle.sync())),
  lock: lockDirectory,
};

class NodeAppendFile implements AppendFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #sizeBytes: number;

  constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    await tried("write", this.#path, async () => {
      // All at once: a host's records of some seconds are thousands of small pieces, and each call is a task for a thread.
      for (let rest = behind(pieces, 0); rest.length > 0;) {
        const { bytesWritten } = await this.#handle.writev(rest);
        this.#sizeBytes += bytesWritten;
        rest = behind(rest, bytesWritten);
      }
    });
  }

  datasync(): Promise<void> {
    return tried("fdatasync", this.#path, () => this.#handle.datasync());
  }

  close(): Promise<void> {
    return tried("close", this.#path, () => this.#handle.close());
  }
}

/** What of the pieces is left when so many bytes are written; empty ones never are. */
function behind(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array[] {
  let toSkip = sizeBytes;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(toSkip, piece.length);
    toSkip -= skipped;
    return skipped === piece.length ? [] : piece.subarray(skipped);
  });
}

async function withFile<T>(path: string, flags: string | number, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

async function readFully(
  handle: FileHandle,
  offset: number,
  sizeBytes: number,
  memory: Uint8Array<ArrayBuffer> | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const available = Math.max(0, Math.min(sizeBytes, (await handle.stat()).size - offset));
  const bytes = memory ?? new Uint8Array(available);
  let filled = 0;
  while (filled < available) {
    const { bytesRead } = await handle.read(bytes, filled, available - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function listSorted(path: string): Promise<DirectoryEntry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .map((entry): DirectoryEntry => {
      const kind = entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "other";
      return { name: entry.name, kind };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const ERROR_CODES: ReadonlyMap<unknown, FileSystemErrorCode> = new Map([
  ["ENOENT", "not-found"],
  ["EEXIST", "exists"],
  ["EACCES", "not-allowed"],
  ["EPERM", "not-allowed"],
  ["ENOSPC", "no-space"],
  ["EDQUOT", "no-space"],
  ["ENOTEMPTY", "not-empty"],
]);

async function tried<T>(operation: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new FileSystemError(ERROR_CODES.get(codeOf(error)) ?? "other", operation, path, error);
  }
}
