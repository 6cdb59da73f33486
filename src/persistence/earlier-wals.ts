// WALs that a start could not read. Nothing is wrong with them, perhaps: a later start reads them. Until then they must
// neither be appended to (what stands behind something unreadable is unreadable, too) nor removed; and what comes after
// them must be kept as well, else an old sample would be read over a newer one of the same time.
//
//     current.1.wal   could not be read; then, with all that has come since:   current.wal

import type { FileSystem } from "../runtime/ports.ts";
import { removeIfThere } from "./atomic-file.ts";
import { earlierWalName, join, WAL_NAME } from "./layout.ts";

/** Whether its records are in the store. */
export type WalState = "read" | "unread";

export class EarlierWals {
  readonly #files: FileSystem;
  readonly #directory: string;
  /** By number, ascending: in the order in which they were written. */
  #states = new Map<number, WalState>();

  /** @param directory of the host */
  constructor(files: FileSystem, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  get hasUnread(): boolean {
    return [...this.#states.values()].includes("unread");
  }

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  /** There is one of that number. */
  found(number: number, state: WalState): void {
    this.#states = new Map([...this.#states, [number, state] as const].toSorted(([a], [b]) => a - b));
  }

  /** Gives `current.wal`, which could not be read, a name under which it stands behind the others, durably. */
  async takeCurrent(): Promise<void> {
    const number = Math.max(0, ...this.#states.keys()) + 1;
    await this.#files.rename(join(this.#directory, WAL_NAME), join(this.#directory, earlierWalName(number)));
    this.found(number, "unread");
    await this.#files.syncDirectory(this.#directory);
  }

  /** Removes all of them, durably; to be called when they are read and a snapshot covers them. */
  async remove(): Promise<void> {
    for (const number of this.#states.keys()) {
      await removeIfThere(this.#files, join(this.#directory, earlierWalName(number)));
      // One by one: after a crash an older record must not be found without the newer ones that overwrite it.
      await this.#files.syncDirectory(this.#directory);
      this.#states.delete(number);
    }
  }
}
