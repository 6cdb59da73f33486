// The simulated disk: directories, the names in them, and which of these a power cut would leave.

import { MemoryFile, type Random } from "./memory-file.ts";
import type { FileSystemErrorCode } from "./ports.ts";

export class MemoryDirectory {
  readonly kind = "directory";
  /** What programs see. */
  readonly names = new Map<string, Inode>();
  /** What is on the disk for certain. */
  readonly durableNames = new Map<string, Inode>();
}

export type Inode = MemoryFile | MemoryDirectory;

/** A place in a directory and what is there, or shall be. */
export interface Entry {
  readonly directory: MemoryDirectory;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** A creation, removal or renaming that a power cut leaves wholly or not at all. */
interface NameChange {
  /** Its sync makes the change durable. */
  readonly directory: MemoryDirectory;
  readonly entries: readonly Entry[];
}

/** Why the disk does not do it. */
export class DiskError extends Error {
  readonly code: FileSystemErrorCode;

  constructor(code: FileSystemErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

const NAME_LIMIT_BYTES = 255;

export class MemoryDisk {
  readonly root: MemoryDirectory;
  /** Oldest first. */
  #unsynced: NameChange[] = [];

  constructor(root = new MemoryDirectory()) {
    this.root = root;
  }

  // — Looking up. Relative paths start at the root. —

  /** @throws DiskError if the directory is not there; the entry itself need not be */
  entryAt(path: string): Entry {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw new DiskError("other", "not possible with the root directory");
    const directory = this.#walk(parts);
    return { directory, name, inode: directory.names.get(name) };
  }

  inodeAt(path: string): Inode {
    return partsOf(path).length === 0 ? this.root : existing(this.entryAt(path).inode);
  }

  fileAt(path: string): MemoryFile {
    const inode = this.inodeAt(path);
    if (inode.kind !== "file") throw new DiskError("other", "is a directory");
    return inode;
  }

  directoryAt(path: string): MemoryDirectory {
    return this.#walk(partsOf(path));
  }

  #walk(parts: readonly string[]): MemoryDirectory {
    let directory = this.root;
    for (const part of parts) directory = asDirectory(existing(directory.names.get(part)));
    return directory;
  }

  // — Changing —

  /** Sets the entries (or removes those without an inode) in one step, durable by a sync of `directory`. */
  #change(directory: MemoryDirectory, entries: readonly Entry[]): void {
    for (const entry of entries) setEntry(entry.directory.names, entry);
    this.#unsynced.push({ directory, entries });
  }

  /** @throws DiskError "exists" if there is anything of that name */
  makeFile(path: string): MemoryFile {
    const entry = this.entryAt(path);
    if (entry.inode !== undefined) throw new DiskError("exists", "file exists");
    const file = new MemoryFile();
    this.#change(entry.directory, [{ ...entry, inode: file }]);
    return file;
  }

  /** Makes a directory and those above it, each of them a change of its own. */
  makeDirectories(path: string): void {
    let directory = this.root;
    const parts = partsOf(path);
    for (const [i, name] of parts.entries()) {
      const inode = directory.names.get(name) ?? new MemoryDirectory();
      if (inode.kind === "file" && i === parts.length - 1) throw new DiskError("exists", "file exists");
      if (!directory.names.has(name)) this.#change(directory, [{ directory, name, inode }]);
      directory = asDirectory(inode);
    }
  }

  rename(from: string, to: string): void {
    const [source, target] = [this.entryAt(from), this.entryAt(to)];
    const inode = existing(source.inode);
    if (target.inode === inode) return;
    if (inode.kind === "directory" && contains(inode, target.directory))
      throw new DiskError("other", "invalid argument");
    if (target.inode !== undefined) checkReplaceable(target.inode, inode);
    this.#change(target.directory, [
      { ...source, inode: undefined },
      { ...target, inode },
    ]);
  }

  remove(path: string): void {
    const entry = this.entryAt(path);
    checkEmpty(existing(entry.inode));
    this.#change(entry.directory, [{ ...entry, inode: undefined }]);
  }

  /** The file of that name, made with its directories where needed. All names are durable then. */
  makeDurableFile(path: string): MemoryFile {
    this.makeDirectories(`${path}/..`);
    const file = this.entryAt(path).inode ?? this.makeFile(path);
    this.#sync(() => true);
    if (file.kind !== "file") throw new DiskError("other", "is a directory");
    return file;
  }

  // — Surviving —

  /** The changes that a sync begun now covers. */
  unsyncedChanges(): ReadonlySet<object> {
    return new Set(this.#unsynced);
  }

  /** Makes the names in a directory durable, as far as the changes to them are among those covered. */
  syncNames(directory: MemoryDirectory, covered: ReadonlySet<object>): void {
    this.#sync((change) => change.directory === directory && covered.has(change));
  }

  #sync(isChosen: (change: NameChange) => boolean): void {
    const synced = withCauses(this.#unsynced, isChosen);
    for (const { entries } of synced) for (const entry of entries) setEntry(entry.directory.durableNames, entry);
    const done = new Set(synced);
    this.#unsynced = this.#unsynced.filter((change) => !done.has(change));
  }

  /**
   * The disk that the next start finds. Each unsynced change is kept or lost for itself; but a name is found as it was
   * at some time since its sync: who keeps a change keeps those before it of the same names.
   */
  afterPowerCut(random: Random): MemoryDisk {
    const keepChance = random(); // drawn, too: so that disks that keep nearly all or nearly nothing are not rare
    const kept = withCauses(this.#unsynced, () => random() < keepChance);
    const clone = (directory: MemoryDirectory): MemoryDirectory => {
      const names = new Map(directory.durableNames);
      for (const { entries } of kept) {
        for (const entry of entries) if (entry.directory === directory) setEntry(names, entry);
      }
      const left = new MemoryDirectory();
      for (const [name, inode] of names) {
        const inodeLeft = inode.kind === "file" ? inode.afterPowerCut(random) : clone(inode);
        left.names.set(name, inodeLeft);
        left.durableNames.set(name, inodeLeft);
      }
      return left;
    };
    return new MemoryDisk(clone(this.root));
  }
}

/** The chosen changes and, of the same names, those before them, in order. */
function withCauses(changes: readonly NameChange[], isChosen: (change: NameChange) => boolean): NameChange[] {
  const chosen: NameChange[] = [];
  const chosenNames = new Map<MemoryDirectory, Set<string>>();
  for (const change of changes.toReversed()) {
    const isCause = change.entries.some(({ directory, name }) => chosenNames.get(directory)?.has(name));
    if (!isCause && !isChosen(change)) continue;
    chosen.push(change);
    for (const { directory, name } of change.entries) {
      chosenNames.set(directory, (chosenNames.get(directory) ?? new Set()).add(name));
    }
  }
  return chosen.toReversed();
}

function contains(directory: MemoryDirectory, wanted: MemoryDirectory): boolean {
  if (directory === wanted) return true;
  return [...directory.names.values()].some((inode) => inode.kind === "directory" && contains(inode, wanted));
}

function checkReplaceable(old: Inode, replacement: Inode): void {
  if (old.kind === "directory" && replacement.kind === "file") throw new DiskError("other", "is a directory");
  if (replacement.kind === "directory") asDirectory(old);
  checkEmpty(old);
}

function checkEmpty(inode: Inode): void {
  if (inode.kind === "directory" && inode.names.size > 0) throw new DiskError("not-empty", "directory not empty");
}

function setEntry(names: Map<string, Inode>, { name, inode }: Entry): void {
  if (inode === undefined) names.delete(name);
  else names.set(name, inode);
}

function existing(inode: Inode | undefined): Inode {
  if (inode === undefined) throw new DiskError("not-found", "no such file or directory");
  return inode;
}

function asDirectory(inode: Inode): MemoryDirectory {
  if (inode.kind !== "directory") throw new DiskError("other", "not a directory");
  return inode;
}

function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(checkedName(part));
  }
  return parts;
}

function checkedName(name: string): string {
  if (new TextEncoder().encode(name).length > NAME_LIMIT_BYTES) throw new DiskError("other", "file name too long");
  return name;
}
