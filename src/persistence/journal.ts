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
  const match = /^(0|[1-9]\d{0,14})\.log$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** What a start has found of journals. */
export interface FoundJournals {
  /** Numbers of those that were read, ascending. */
  readonly numbers: readonly number[];
  /** The largest number of all, so that it is not given again; 0 if there are none. */
  readonly last: number;
}

export class Journal {
  readonly #files: FileSystem;
  readonly #root: string;
  readonly #directory: string;
  #file: AppendFile | undefined;
  /** Whether the present file holds anything that its writer may count on. */
  #hasRecords = false;
  #nextNumber: number;
  /** Numbers of files whose records may be nowhere else, in ascending order. */
  #numbers: number[];
  #hasDirectory = false;

  constructor(files: FileSystem, root: string, found: FoundJournals) {
    this.#files = files;
    this.#root = root;
    this.#directory = join(root, JOURNAL_DIRECTORY);
    this.#numbers = [...found.numbers];
    this.#nextNumber = found.last + 1;
  }

  /** Bytes in the file that takes the commits. */
  get sizeBytes(): number {
    return this.#file?.sizeBytes ?? 0;
  }

  /** Appends the pieces. After a failure the file is given up: the next append begins another one. */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    try {
      const file = this.#file ?? (await this.#openNext());
      await file.append(pieces);
      this.#hasRecords = true;
    } catch (error) {
      // Earlier appends may not have been synced yet, and nobody will come back to this file.
      if (this.#hasRecords) await this.#file?.datasync().catch(() => {});
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

  /** Removes ended files, whose records are durable elsewhere. */
  async remove(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      await removeIfThere(this.#files, this.#pathOf(number));
      // One by one: after a crash an older record must not be found without the newer ones that overwrite it.
      await this.#files.syncDirectory(this.#directory);
      this.#numbers = this.#numbers.filter((other) => other !== number);
    }
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
    const file = await this.#files.openForAppend(this.#pathOf(number), "new");
    this.#file = file;
    this.#hasRecords = false;
    this.#numbers.push(number);
    await file.append([fileHeader]);
    // Before the first record, so that a bad header in front of records is damage and not a torn end.
    await file.datasync();
    await this.#files.syncDirectory(this.#directory);
    return file;
  }

  async #giveUp(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    await file.close().catch(() => {});
    if (!this.#hasRecords) await this.#dropNewest();
  }

  /** A file that nobody counts on goes at once: on a full disk every commit would leave another one. */
  async #dropNewest(): Promise<void> {
    const number = this.#numbers.at(-1);
    if (number === undefined) throw new Error("BUG: there is no journal");
    try {
      await removeIfThere(this.#files, this.#pathOf(number));
      this.#numbers.pop();
    } catch {
      // Then it goes with the others.
    }
  }

  #pathOf(number: number): string {
    return join(this.#directory, journalName(number));
  }
}
