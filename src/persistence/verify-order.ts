// What snapshots of one host must be to each other, and to their names. The reference does not start when one begins
// before its predecessor (spec §5, Loading); and binary ones have no checksum, so that this may be all that shows damage.

import type { HostSnapshot, LevelSnapshot } from "../codec/host-snapshot.ts";
import type { SnapshotName } from "./layout.ts";

export class SnapshotOrder {
  /** Series → where its block in the last snapshot begins, Unix seconds. */
  readonly #starts = new Map<string, number>();
  #predecessor = "";

  /** What is wrong with the next snapshot of the host, by their names in ascending order. */
  check(fileName: string, { from: named }: SnapshotName, { from, to, level }: HostSnapshot): string[] {
    const problems: string[] = [];
    if (from !== named) problems.push(`from is ${from}, expected ${named}, as it is named`);
    if (to < from) problems.push(`to is ${to}, expected ${from} (from) or later`);
    const early = this.#takeStarts(level, "");
    if (early.length > 0) problems.push(`begins before ${this.#predecessor}: ${early.slice(0, 3).join(", ")}`);
    this.#predecessor = fileName;
    return problems;
  }

  /** Notes where the blocks begin. Returns those that begin before the ones of the predecessor. */
  #takeStarts({ metrics, children }: LevelSnapshot, path: string): string[] {
    const early: string[] = [];
    for (const { name, start } of metrics) {
      const series = path + name;
      const before = this.#starts.get(series);
      if (before !== undefined && start < before) early.push(`${series} at ${start}, not from ${before} on`);
      this.#starts.set(series, start);
    }
    for (const child of children) early.push(...this.#takeStarts(child.level, `${path}${child.name}/`));
    return early;
  }
}
