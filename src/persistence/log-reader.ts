// Logs at a start: whether a file is one, its records into the store, and what is damaged of it aside.

import type { FileSystem } from "../runtime/ports.ts";
import { join } from "./layout.ts";
import type { Quarantine } from "./quarantine.ts";
import type { ReplayHost } from "./host-records.ts";
import type { RecordReplay, TakeRecords } from "./record-replay.ts";
import type { RecoveryReport } from "./recovery-report.ts";

/** What its first bytes and its size tell of a log. */
export interface LogHead {
  readonly sizeBytes: number;
  readonly hasMagic: boolean;
}

export interface LogReaderOptions {
  readonly files: FileSystem;
  readonly replay: RecordReplay;
  readonly quarantine: Quarantine;
  readonly report: RecoveryReport;
  /** Takes what journals hold. */
  readonly onJournalRecords: TakeRecords;
}

export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  async lookAt(path: string, magic: number, headerBytes: number): Promise<LogHead> {
    const sizeBytes = await this.#options.files.sizeOf(path);
    const header = await this.#options.files.readRange(path, 0, headerBytes);
    const hasMagic = header.length === headerBytes && new DataView(header.buffer).getUint32(0, true) === magic;
    return { sizeBytes, hasMagic };
  }

  /**
   * Replays a log from behind its header.
   * @param host whose records they are; undefined for a journal, which tells it itself
   * @param target the directory for what is damaged in its middle
   * @returns where its whole records end
   */
  async read(
    directory: string,
    name: string,
    headerBytes: number,
    host: ReplayHost | undefined,
    target: string,
  ): Promise<number> {
    const { replay, report, quarantine, onJournalRecords } = this.#options;
    const onRecords = host === undefined ? onJournalRecords : undefined;
    const result = await replay.replay(join(directory, name), headerBytes, host, onRecords);
    const { records, skipped, ignored, damaged, intactBytes } = result;
    report.logFiles++;
    report.logRecords += records;
    report.tooOld += skipped;
    report.notLoaded += ignored;
    for (const range of damaged) await quarantine.range(directory, name, range, target);
    return intactBytes;
  }
}

export function badMagic(expected: number): string {
  return `magic: expected 0x${expected.toString(16)}`;
}
