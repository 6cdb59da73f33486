// The journals at a start: their records go into the store, and to their hosts, whose WALs will take them.

import { JOURNAL_HEADER_BYTES, JOURNAL_MAGIC } from "../codec/journal/journal-record.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { isNotFound } from "./atomic-file.ts";
import { journalName, parseJournalName, type FoundJournals } from "./journal.ts";
import { DAMAGED_JOURNALS, join, JOURNAL_DIRECTORY } from "./layout.ts";
import { badMagic, type LogReader } from "./log-reader.ts";
import type { Quarantine } from "./quarantine.ts";
import type { RecoveryReport } from "./recovery-report.ts";

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
    const all = (await this.#list())
      .map(({ name }) => parseJournalName(name))
      .filter((number) => number !== undefined)
      .toSorted((a, b) => a - b);
    const numbers: number[] = [];
    for (const number of all) if (await this.#load(journalName(number))) numbers.push(number);
    return { numbers, last: all.at(-1) ?? 0 };
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
    const { logs, quarantine, report } = this.#options;
    try {
      const { sizeBytes, hasMagic } = await logs.lookAt(
        join(this.#directory, name),
        JOURNAL_MAGIC,
        JOURNAL_HEADER_BYTES,
      );
      if (sizeBytes <= JOURNAL_HEADER_BYTES) {
        report.cutBytes += hasMagic ? 0 : sizeBytes;
        return true;
      }
      if (!hasMagic) {
        const header = { start: 0, end: JOURNAL_HEADER_BYTES, reason: badMagic(JOURNAL_MAGIC) };
        await quarantine.range(this.#directory, name, header, this.#target);
      }
      const intactBytes = await logs.read(this.#directory, name, JOURNAL_HEADER_BYTES, undefined, this.#target);
      // What is torn off was never acknowledged, and nothing is appended to an old journal: it need not be cut or kept.
      report.cutBytes += sizeBytes - intactBytes;
      return true;
    } catch (error) {
      // Away with it: read at a later start, it would overwrite what has come since.
      await quarantine.whole(this.#directory, name, String(error), this.#target);
      return false;
    }
  }
}
