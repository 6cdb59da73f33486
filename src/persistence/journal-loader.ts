// The journals at a start: their records go into the store, and to their hosts, whose WALs will take them.

import { JOURNAL_HEADER_BYTES, JOURNAL_MAGIC } from "../codec/journal/journal-record.ts";
import { isTornRecord } from "../codec/journal/torn-record.ts";
import { MAX_RECORD_BYTES } from "../codec/wal/record.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { isNotFound } from "./atomic-file.ts";
import { parseJournalName, type FoundJournals } from "./journal.ts";
import { DAMAGED_JOURNALS, join, JOURNAL_DIRECTORY } from "./layout.ts";
import { badMagic, type LogReader } from "./log-reader.ts";
import type { Quarantine } from "./quarantine.ts";
import type { RecoveryReport } from "./recovery-report.ts";

/** A journal is put aside when it cannot be read so often: no later start would know what has come since. */
const READ_ATTEMPTS = 3;

export interface JournalLoaderOptions {
  readonly files: FileSystem;
  /** The directory of checkpoints. */
  readonly root: string;
  readonly report: RecoveryReport;
  readonly quarantine: Quarantine;
  readonly logs: LogReader;
}

export class JournalLoader {
  readonly #options: JournalLoaderOptions;
  readonly #directory: string;
  /** For what is damaged. */
  readonly #target: string;

  constructor(options: JournalLoaderOptions) {
    this.#options = options;
    this.#directory = join(options.root, JOURNAL_DIRECTORY);
    this.#target = join(options.root, DAMAGED_JOURNALS);
  }

  /** Loads the journals in the order in which they were written. */
  async load(): Promise<FoundJournals> {
    const numbers: number[] = [];
    let last = 0;
    for (const { number, entry } of numbered(await this.#list())) {
      if (entry.kind !== "file") await this.#options.quarantine.noFile(this.#directory, entry, this.#target);
      else if (await this.#load(entry.name)) numbers.push(number);
      last = number;
    }
    return { numbers, last };
  }

  async #list(): Promise<DirectoryEntry[]> {
    const { files, root, quarantine } = this.#options;
    try {
      return await files.list(this.#directory);
    } catch (error) {
      // Out of the way, whatever it is: this store will have journals of its own.
      if (!isNotFound(error)) await quarantine.whole(root, JOURNAL_DIRECTORY, String(error));
      return [];
    }
  }

  /** Returns whether it was read, so that it can go when its records are in the WALs. */
  async #load(name: string): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#read(name);
      } catch (error) {
        if (attempt < READ_ATTEMPTS) continue;
        // Away with it: read at a later start, it would overwrite what has come since.
        await this.#options.quarantine.whole(this.#directory, name, String(error), this.#target);
        return false;
      }
    }
  }

  /** As `load`; rejects when it cannot be read. Reading it twice changes nothing. */
  async #read(name: string): Promise<boolean> {
    const { logs, quarantine, report } = this.#options;
    const { sizeBytes, hasMagic } = await logs.lookAt(join(this.#directory, name), JOURNAL_MAGIC, JOURNAL_HEADER_BYTES);
    if (sizeBytes <= JOURNAL_HEADER_BYTES) {
      report.cutBytes += hasMagic ? 0 : sizeBytes;
      return true;
    }
    const intactBytes = await logs.read(this.#directory, name, JOURNAL_HEADER_BYTES, undefined, this.#target);
    const rest = await this.#restOf(name, intactBytes, sizeBytes);
    if (!hasMagic && intactBytes === JOURNAL_HEADER_BYTES) {
      await quarantine.whole(this.#directory, name, badMagic(JOURNAL_MAGIC), this.#target);
      return false;
    }
    if (!hasMagic) {
      const header = { start: 0, end: JOURNAL_HEADER_BYTES, reason: badMagic(JOURNAL_MAGIC) };
      await quarantine.range(this.#directory, name, header, this.#target);
    }
    report.cutBytes += sizeBytes - intactBytes;
    if (rest === "damaged") {
      const range = { start: intactBytes, end: sizeBytes, reason: "no intact record from here to the end" };
      await quarantine.range(this.#directory, name, range, this.#target);
    }
    return true;
  }

  /**
   * What follows the last intact record. What a crash has torn off was never acknowledged, and nothing is appended to an
   * old journal: it need not be cut or kept. Anything else may have been acknowledged.
   */
  async #restOf(name: string, intactBytes: number, sizeBytes: number): Promise<"torn" | "damaged" | "nothing"> {
    const restBytes = sizeBytes - intactBytes;
    if (restBytes === 0) return "nothing";
    if (restBytes >= MAX_RECORD_BYTES) return "damaged";
    const rest = await this.#options.files.readRange(join(this.#directory, name), intactBytes, restBytes);
    return isTornRecord(rest) ? "torn" : "damaged";
  }
}

/** Those that are named as journals, in the order of their numbers. */
function numbered(entries: readonly DirectoryEntry[]): { number: number; entry: DirectoryEntry }[] {
  return entries
    .map((entry) => ({ number: parseJournalName(entry.name), entry }))
    .flatMap(({ number, entry }) => (number === undefined ? [] : { number, entry }))
    .toSorted((a, b) => a.number - b.number);
}
