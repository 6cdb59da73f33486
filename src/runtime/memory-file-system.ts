// The file system of the tests: it knows what was synced, lets a test cut the power or inject a fault at any operation,
// and gives what the next start would find. The proofs of durability rest on it, so where the real one may do several
// things, it does the worst of them that POSIX and the port allow.

import { DiskError, MemoryDisk, type Inode } from "./memory-disk.ts";
import type { MemoryFile, Random } from "./memory-file.ts";
import { FileSystemError } from "./ports.ts";
import type { AppendFile, DirectoryEntry, DirectoryLock, FileSystem, FileSystemErrorCode } from "./ports.ts";

// — What a test sees and does —

export type OperationName = Exclude<keyof FileSystem, "lock"> | "append" | "datasync" | "close";

/** One call of the port, reads and `close` included. */
export interface Operation {
  /** Counts from 0, in the order of the calls. */
  readonly index: number;
  readonly name: OperationName;
  /** As the caller gave it; the old name of a rename. */
  readonly path: string;
}

/**
 * A failure that the machine survives. The operation does nothing, with three exceptions: an append may write a part
 * before, a failed datasync leaves what was not synced to chance for good, a truncate has cut but not synced.
 */
export interface Fault {
  readonly code: FileSystemErrorCode;
  readonly reason: string;
  /** Of an append: the share of its bytes, 0 to 1, that is written before. */
  readonly writtenShare?: number;
}

export const NO_SPACE: Fault = { code: "no-space", reason: "no space left on device" };
export const IO_ERROR: Fault = { code: "other", reason: "input/output error" };

export type Outcome = "ok" | "power-cut" | Fault;

/** Decides what becomes of an operation; while its promise is pending, others may overtake. */
export type OperationHook = (operation: Operation) => Outcome | Promise<Outcome>;

/** What every call rejects with once the power is cut: no FileSystemError, since no program lives to see it. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

/** Lets one operation end so, and all others well. */
export function failAt(index: number, outcome: Outcome): OperationHook {
  return (operation) => (operation.index === index ? outcome : "ok");
}

/** Lets operations that were begun together take effect in any order. */
export function shuffled(random: Random): OperationHook {
  return async (): Promise<Outcome> => {
    for (let turns = Math.floor(random() * 8); turns > 0; turns--) await Promise.resolve();
    return "ok";
  };
}

// — The file system —

/** Without a hook, operations take effect in the order of the calls, each a microtask later: runs can be repeated. */
export class MemoryFileSystem implements FileSystem {
  onOperation: OperationHook | undefined;
  readonly #disk: MemoryDisk;
  #operationCount = 0;
  #openFileCount = 0;
  #isOff = false;
  /** Of this program, which is the only one: they are gone with it. */
  readonly #locked = new Set<string>();

  constructor(disk = new MemoryDisk()) {
    this.#disk = disk;
  }

  /** Operations begun so far: the index of the next. */
  get operationCount(): number {
    return this.#operationCount;
  }

  /** Files opened and not closed. */
  get openFileCount(): number {
    return this.#openFileCount;
  }

  /**
   * Cuts the power, if it is still on, and gives the file system that the next start finds: one of many possible ones.
   * What an operation in flight may leave is among what it may leave unsynced, so cutting before it loses no case.
   */
  crash(random: Random): MemoryFileSystem {
    this.#isOff = true;
    return new MemoryFileSystem(this.#disk.afterPowerCut(random));
  }

  /** Ends the program, as `kill -9` does, but not the machine: all is there, and what was not synced still is not. */
  kill(): MemoryFileSystem {
    this.#isOff = true;
    return new MemoryFileSystem(this.#disk);
  }

  /** All files, with copies of their bytes. Not an operation. */
  files(): Map<string, Uint8Array<ArrayBuffer>> {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    const collect = (inode: Inode, path: string): void => {
      if (inode.kind === "file") files.set(path, inode.bytes.slice());
      else for (const [name, child] of inode.names) collect(child, `${path}/${name}`);
    };
    collect(this.#disk.root, "");
    return files;
  }

  /** Gives a file these bytes, makes it and its directories where needed, all durable. Not an operation. */
  put(path: string, bytes: Uint8Array): void {
    const file = this.#disk.makeDurableFile(path);
    file.truncate(0);
    file.append(bytes);
    file.sync();
  }

  // — The port —

  openForAppend(path: string, which: "new" | "existing"): Promise<AppendFile> {
    return this.#operate("openForAppend", path, () => {
      const file = which === "new" ? this.#disk.makeFile(path) : this.#disk.fileAt(path);
      this.#openFileCount++;
      return new MemoryAppendFile(file, {
        operate: (name, act, fail) => this.#operate(name, path, act, fail),
        onClosed: () => void this.#openFileCount--,
      });
    });
  }

  sizeOf(path: string): Promise<number> {
    return this.#operate("sizeOf", path, () => this.#disk.fileAt(path).bytes.length);
  }

  readRange(path: string, offset: number, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#operate("readRange", path, () => this.#disk.fileAt(path).bytes.slice(offset, offset + sizeBytes));
  }

  truncate(path: string, sizeBytes: number): Promise<void> {
    const cut = (): MemoryFile => {
      const file = this.#disk.fileAt(path);
      file.truncate(sizeBytes);
      return file;
    };
    return this.#operate("truncate", path, () => cut().sync(), cut);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate("rename", from, () => this.#disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#operate("remove", path, () => this.#disk.remove(path));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operate("makeDirectory", path, () => this.#disk.makeDirectories(path));
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.#operate("list", path, () =>
      [...this.#disk.directoryAt(path).names]
        .map(([name, { kind }]): DirectoryEntry => ({ name, kind }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  syncDirectory(path: string): Promise<void> {
    const covered = this.#disk.unsyncedChanges();
    return this.#operate("syncDirectory", path, () => this.#disk.syncNames(this.#disk.directoryAt(path), covered));
  }

  /** Leaves no file, and costs no operation. */
  async lock(directory: string): Promise<DirectoryLock> {
    if (this.#isOff) throw new PowerCut(`lock ${directory}`);
    if (this.#locked.has(directory)) {
      const reason = new DiskError("locked", "this program has a store there already");
      throw new FileSystemError("locked", "lock", directory, reason);
    }
    this.#locked.add(directory);
    return { release: async () => void this.#locked.delete(directory) };
  }

  async #operate<T>(name: OperationName, path: string, act: () => T, fail?: (fault: Fault) => void): Promise<T> {
    if (this.#isOff) throw new PowerCut(`${name} ${path}`);
    const operation = { index: this.#operationCount++, name, path };
    const outcome = (await this.onOperation?.(operation)) ?? "ok";
    if (outcome === "power-cut") this.#isOff = true;
    if (this.#isOff) throw new PowerCut(`${name} ${path}`);
    try {
      if (outcome === "ok" || outcome === "power-cut") return act();
      fail?.(outcome);
      throw new DiskError(outcome.code, outcome.reason);
    } catch (error) {
      throw error instanceof DiskError ? new FileSystemError(error.code, name, path, error) : error;
    }
  }
}

/** What an open file needs of its file system. */
interface Host {
  operate(name: FileOperation, act: () => void, fail?: (fault: Fault) => void): Promise<void>;
  onClosed(): void;
}

type FileOperation = "append" | "datasync" | "close";

class MemoryAppendFile implements AppendFile {
  readonly #file: MemoryFile;
  readonly #host: Host;
  #sizeBytes: number;
  #isOpen = true;
  #isBusy = false;

  constructor(file: MemoryFile, host: Host) {
    this.#file = file;
    this.#host = host;
    this.#sizeBytes = file.bytes.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(pieces: readonly Uint8Array[]): Promise<void> {
    const write = (share: number): void => this.#write(pieces, share);
    return this.#alone(
      "append",
      () => write(1),
      ({ writtenShare = 0 }) => write(writtenShare),
    );
  }

  datasync(): Promise<void> {
    return this.#alone(
      "datasync",
      () => this.#file.sync(),
      () => this.#file.failSync(),
    );
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    await this.#alone("close", () => {
      this.#isOpen = false;
      this.#host.onClosed();
    });
  }

  #write(pieces: readonly Uint8Array[], share: number): void {
    let leftBytes = Math.floor(share * pieces.reduce((sum, { length }) => sum + length, 0));
    for (const piece of pieces) {
      const written = piece.subarray(0, leftBytes);
      this.#file.append(written);
      this.#sizeBytes += written.length;
      leftBytes -= written.length;
    }
  }

  /** The port allows one call at a time; on a real disk the bytes of two would mix, so it is a mistake here. */
  async #alone(name: FileOperation, act: () => void, fail?: (fault: Fault) => void): Promise<void> {
    if (this.#isBusy) throw new Error(`BUG: ${name} while another call on the same file is under way`);
    this.#isBusy = true;
    try {
      await this.#host.operate(name, () => this.#ifOpen(act), fail);
    } finally {
      this.#isBusy = false;
    }
  }

  #ifOpen(act: () => void): void {
    if (!this.#isOpen) throw new DiskError("other", "file closed");
    act();
  }
}
