// Nothing unreadable is thrown away: it is kept beside its file under the name *.damaged, and reported. When the disk does
// not even take that, it is reported all the same, and the start goes on.

import type { FileSystem } from "../runtime/ports.ts";
import { setAside, writeNew } from "./atomic-file.ts";
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

  /** Puts a whole file aside. @param target the directory to put it into. Returns whether it is out of the way. */
  async whole(directory: string, name: string, reason: string, target: string = directory): Promise<boolean> {
    const path = join(directory, name);
    return this.#keep({ path, reason, lostBytes: 0 }, async (entry) => {
      entry.lostBytes = await this.#files.sizeOf(path);
      if (target !== directory) await this.#files.makeDirectory(target);
      return setAside(this.#files, directory, name, target);
    });
  }

  /** Copies a part of a file aside; the file itself stays. */
  async range(directory: string, name: string, range: DamagedRange, target: string = directory): Promise<void> {
    const { start, end, reason } = range;
    const path = join(directory, name);
    await this.#keep({ path, reason: `at ${start}: ${reason}`, lostBytes: end - start }, async () => {
      if (target !== directory) await this.#files.makeDirectory(target);
      return this.#copy(path, start, end, join(target, `${name}.${start}${DAMAGED_SUFFIX}`));
    });
  }

  /** Copies what follows the last whole record of a log. */
  async tornEnd(directory: string, name: string, intactBytes: number, sizeBytes: number): Promise<void> {
    const path = join(directory, name);
    this.#report.cutBytes += sizeBytes - intactBytes;
    await this.#keep({ path, reason: "torn end", lostBytes: sizeBytes - intactBytes }, () =>
      this.#copy(path, intactBytes, sizeBytes, `${path}.${intactBytes}${DAMAGED_SUFFIX}`),
    );
  }

  /** A file or directory that the system would not let us read; it stays where it is. */
  unreadable(path: string, error: unknown): void {
    this.#report.damaged.push({ path, reason: messageOf(error), lostBytes: 0, keptAs: undefined });
  }

  /** Reports, and tells where `keep` has kept what was damaged. Returns whether it could. */
  async #keep(entry: Entry, keep: (entry: Entry) => Promise<string>): Promise<boolean> {
    try {
      const keptAs = await keep(entry);
      this.#report.damaged.push({ ...entry, keptAs });
      return true;
    } catch (error) {
      const reason = `${entry.reason}; it cannot be kept aside: ${messageOf(error)}`;
      this.#report.damaged.push({ ...entry, reason, keptAs: undefined });
      return false;
    }
  }

  /** A copy of the same bytes, from a start before, is replaced. */
  async #copy(path: string, start: number, end: number, target: string): Promise<string> {
    const bytes = await this.#files.readRange(path, start, end - start);
    await this.#files.remove(target).catch(() => {});
    await writeNew(this.#files, target, bytes);
    return target;
  }
}

interface Entry {
  readonly path: string;
  readonly reason: string;
  lostBytes: number;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
