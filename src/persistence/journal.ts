// The journal's files: one takes the commits of now, older ones wait until their records are in the hosts' WALs.

import { JOURNAL_MAGIC } from "../codec/journal/journal-record.ts";
import { FileSystemError, type AppendFile, type FileSystem } from "../runtime/ports.ts";
import { removeIfThere } from "./atomic-file.ts";
import { join, JOURNAL_DIRECTORY } from "./layout.ts";

const fileHeader = new Uint8Array(new Uint32Array([JOURNAL_MAGIC]).buffer);

/** Name of the journal with that number. */
export const journalName = (number: number): string => `${number}.log`;

/** The number in a journal's name; undefined if it is none. */
export function parseJournalName(name: string): number | undefined {
  const match = /^(\d{1,15})\.log$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export class Journal {
  readonly #files: FileSystem;
  readonly #root: string;
  readonly #directory: string;
  #file: AppendFile | undefined;
  #nextNumber: number;
  /** Numbers of files whose records may be nowhere else, in ascending order. */
  #numbers: number[];
  #hasDirectory = false;

  /** @param found numbers of journals that a crash has left, in ascending order */
  constructor(files: FileSystem, root: string, found: readonly number[]) {
    this.#files = files;
    this.#root = root;
    this.#directory = join(root, JOURNAL_DIRECTORY);
    this.#numbers = [...found];
    this.#nextNumber = (found.at(-1) ?? 0) + 1;
  }

  /** Bytes in the file that takes the commits. */
  get sizeBytes(): number {
    return this.#file?.sizeBytes ?? 0;
  }

  /** Appends the pieces. After a failure the file is given up: the next append begins another one. */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    try {
      this.#file ??= await this.#openNext();
      await this.#file.append(pieces);
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
  }

  /** Makes what was appended durable. After a failure nothing is known of it, and the file is given up. */
  async datasync(): Promise<void> {
    try {
      await this.#file?.datasync();
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
  }

  /** Ends the present file; the next append begins another. Returns the numbers of all files that are ended. */
  async rotate(): Promise<readonly number[]> {
    await this.#giveUp();
    return [...this.#numbers];
  }

  /** Removes ended files, whose records are durable elsewhere; oldest first, so that no older record outlives a newer. */
  async remove(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      await removeIfThere(this.#files, join(this.#directory, journalName(number)));
      this.#numbers = this.#numbers.filter((other) => other !== number);
    }
    if (numbers.length > 0) await this.#files.syncDirectory(this.#directory);
  }

  /**
   * Removes the directory: after a clean stop nothing of the journal is left. It stays if there is something else in it,
   * such as what was kept of a damaged journal; returns whether it is gone.
   */
  async removeDirectory(): Promise<boolean> {
    if (this.#numbers.length > 0) return false;
    try {
      await removeIfThere(this.#files, this.#directory);
    } catch (error) {
      if (error instanceof FileSystemError && error.code === "not-empty") return false;
      throw error;
    }
    this.#hasDirectory = false;
    await this.#files.syncDirectory(this.#root);
    return true;
  }

  async #openNext(): Promise<AppendFile> {
    if (!this.#hasDirectory) {
      await this.#files.makeDirectory(this.#directory);
      await this.#files.syncDirectory(this.#root);
      this.#hasDirectory = true;
    }
    const number = this.#nextNumber++;
    const file = await this.#files.openForAppend(join(this.#directory, journalName(number)), "new");
    this.#numbers.push(number);
    await file.append([fileHeader]);
    await this.#files.syncDirectory(this.#directory);
    return file;
  }

  async #giveUp(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }
}
