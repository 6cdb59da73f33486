// Nothing unreadable is thrown away: it is kept beside its file under the name *.damaged, and reported.

import type { FileSystem } from "../runtime/ports.ts";
import { DAMAGED_SUFFIX, join } from "./layout.ts";
import type { DamagedRange } from "./record-replay.ts";
import type { RecoveryReport } from "./recovery-report.ts";

export class Quarantine {
  readonly #files: FileSystem;
  readonly #report: RecoveryReport;

  constructor(files: FileSystem, report: RecoveryReport) {
    this.#files = files;
    this.#report = report;
  }

  /** Puts a whole file aside. */
  async whole(directory: string, name: string, reason: string): Promise<void> {
    const path = join(directory, name);
    const lostBytes = await this.#files.sizeOf(path);
    await this.#files.rename(path, path + DAMAGED_SUFFIX);
    await this.#files.syncDirectory(directory);
    this.#report.damaged.push({ path, reason, lostBytes, keptAs: path + DAMAGED_SUFFIX });
  }

  /** Copies a part of a file aside; the file itself stays. */
  async range(directory: string, name: string, { start, end, reason }: DamagedRange): Promise<void> {
    const path = join(directory, name);
    const keptAs = `${path}.${start}${DAMAGED_SUFFIX}`;
    await this.#copy(path, start, end, keptAs);
    this.#report.damaged.push({ path, reason: `at ${start}: ${reason}`, lostBytes: end - start, keptAs });
  }

  /** Cuts what follows the last whole record of a log: nothing must be appended behind it. */
  async tornEnd(directory: string, name: string, intactBytes: number): Promise<void> {
    const path = join(directory, name);
    const sizeBytes = await this.#files.sizeOf(path);
    if (sizeBytes === intactBytes) return;
    const keptAs = `${path}.${intactBytes}${DAMAGED_SUFFIX}`;
    await this.#copy(path, intactBytes, sizeBytes, keptAs);
    await this.#files.truncate(path, intactBytes);
    this.#report.cutBytes += sizeBytes - intactBytes;
    this.#report.damaged.push({ path, reason: "torn end", lostBytes: sizeBytes - intactBytes, keptAs });
  }

  /** A file or directory that the system would not let us read; it stays where it is. */
  unreadable(path: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#report.damaged.push({ path, reason, lostBytes: 0, keptAs: undefined });
  }

  async #copy(path: string, start: number, end: number, target: string): Promise<void> {
    const bytes = await this.#files.readRange(path, start, end - start);
    await this.#files.remove(target).catch(() => {});
    const file = await this.#files.openForAppend(target, "new");
    try {
      await file.append([bytes]);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
