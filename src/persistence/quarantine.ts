// Nothing unreadable is thrown away: it is kept beside its file under the name *.damaged, and reported. When the disk does
// not even take that, it is reported all the same, and the start goes on.

import { messageOf } from "../core/message-of.ts";
import type { DirectoryEntry, FileSystem } from "../runtime/ports.ts";
import { makeDurableDirectory, setAside, writeNew } from "./atomic-file.ts";
import { DAMAGED_SUFFIX, join } from "./layout.ts";
import type { DamagedRange } from "./record-replay.ts";
import { TORN_END, type RecoveryReport } from "./recovery-report.ts";
import { readWhole } from "./snapshot-files.ts";

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
      if (target !== directory) await makeDurableDirectory(this.#files, target);
      return setAside(this.#files, directory, name, target);
    });
  }

  /** Puts aside what stands where a file belongs and is none: a directory, a link, a device. */
  async noFile(directory: string, { name, kind }: DirectoryEntry, target: string = directory): Promise<void> {
    const reason = `is a ${kind === "directory" ? kind : "link or device"}, expected a file`;
    await this.#keep({ path: join(directory, name), reason, lostBytes: 0 }, async () => {
      if (target !== directory) await makeDurableDirectory(this.#files, target);
      return setAside(this.#files, directory, name, target);
    });
  }

  /** Copies a part of a file aside; the file itself stays. */
  async range(directory: string, name: string, range: DamagedRange, target: string = directory): Promise<void> {
    const { start, end, reason } = range;
    const path = join(directory, name);
    await this.#keep({ path, reason: `at ${start}: ${reason}`, lostBytes: end - start }, async () => {
      if (target !== directory) await makeDurableDirectory(this.#files, target);
      return this.#copy(path, start, end, target, `${name}.${start}`);
    });
  }

  /** Copies what follows the last whole record of a log. */
  async tornEnd(directory: string, name: string, intactBytes: number, sizeBytes: number): Promise<void> {
    const path = join(directory, name);
    this.#report.cutBytes += sizeBytes - intactBytes;
    await this.#keep({ path, reason: TORN_END, lostBytes: sizeBytes - intactBytes }, () =>
      this.#copy(path, intactBytes, sizeBytes, directory, `${name}.${intactBytes}`),
    );
  }

  /** A file or directory that the system would not let us read; it stays, and a later start reads it. */
  unreadable(path: string, error: unknown): void {
    const reason = `${messageOf(error)}; the next start tries again`;
    this.#report.damaged.push({ path, reason, lostBytes: 0, keptAs: undefined });
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

  /**
   * Copies a part of a file, durably: what it is copied from may go soon. A copy of the same bytes, from a start before,
   * will do; one of others, whose file had the same name, stays.
   */
  async #copy(path: string, start: number, end: number, target: string, stem: string): Promise<string> {
    const bytes = await this.#files.readRange(path, start, end - start);
    const taken = new Set((await this.#files.list(target)).map(({ name }) => name));
    let copy = stem + DAMAGED_SUFFIX;
    for (let i = 2; taken.has(copy) && !(await this.#holds(join(target, copy), bytes)); i++) {
      copy = `${stem}.${i}${DAMAGED_SUFFIX}`;
    }
    if (!taken.has(copy)) await this.#write(join(target, copy), bytes);
    await this.#files.syncDirectory(target);
    return join(target, copy);
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await writeNew(this.#files, path, bytes);
    } catch (error) {
      // On a full disk every start would leave another one.
      await this.#files.remove(path).catch(() => {});
      throw error;
    }
  }

  async #holds(path: string, bytes: Uint8Array): Promise<boolean> {
    try {
      const found = await readWhole(this.#files, path);
      return found.length === bytes.length && found.every((byte, i) => byte === bytes[i]);
    } catch {
      return false; // Whatever it is, it stays.
    }
  }
}

interface Entry {
  readonly path: string;
  readonly reason: string;
  lostBytes: number;
}
