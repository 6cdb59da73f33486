// Name → how the disk is damaged → which samples must survive, what the recovery report says, and what is kept aside.
// Nothing else on the disk may suffer; a checkpoint and another start must give the same samples; and every byte that
// could not be read must still be there afterwards.

import { expect } from "vitest";
import { verify } from "../../src/persistence/verify.ts";
import type { MemoryFileSystem } from "../../src/runtime/memory.ts";
import { contentsOf } from "../runtime/power-cuts.ts";
import { JOURNAL, ROOT, soundDisk, start, timeOf, WAL } from "./damaged-disk.ts";

type Piece = readonly [path: string, from?: number, to?: number | undefined];

export interface Row {
  readonly damage: (disk: MemoryFileSystem) => void | Promise<void>;
  /** The number of samples that must survive; 29 are on the sound disk. */
  readonly count: number;
  /** And which. */
  readonly survivors: string[];
  /** What is kept aside of which file: exactly what could not be read. */
  readonly aside?: readonly Piece[];
  /** Directories where files belong: renamed, and reported once. */
  readonly renamed?: readonly string[];
  /** Damage that is reported, but stays where it is. */
  readonly unreadable?: readonly string[];
  readonly cutBytes?: number;
  readonly foreign?: readonly string[];
  /** What `pegel verify` has something against even after the checkpoint. */
  readonly staysWrong?: readonly string[];
  /** `pegel verify` has nothing against the disk as it is. */
  readonly isSound?: true;
}

export function ofWal(from: number, to?: number): Pick<Row, "aside"> {
  return { aside: [[WAL, from, to]] };
}

export function ofJournal(from: number, to?: number): Pick<Row, "aside"> {
  return { aside: [[JOURNAL, from, to]] };
}

export function whole(path: string): Pick<Row, "aside"> {
  return { aside: [[path]] };
}

/** Damages a sound disk and sees that all is as the row says. */
export async function check({
  damage,
  count,
  survivors,
  aside = [],
  renamed = [],
  unreadable = [],
  ...row
}: Row): Promise<void> {
  const disk = soundDisk();
  await damage(disk);
  const before = contentsOf(disk);
  const { failures } = await verify({ files: disk, path: ROOT, now: timeOf(0) });
  expect(contentsOf(disk), "verify changes nothing").toEqual(before);
  expect(failures.length > 0, `verify: ${JSON.stringify(failures)}`).toBe(row.isSound === undefined);

  const first = await start(disk);
  expect(first.samples).toEqual(survivors.toSorted());
  expect(first.samples).toHaveLength(count);
  const { damaged, cutBytes, foreign } = first.report;
  expect(damaged.map(({ path }) => path)).toEqual([...renamed, ...aside.map(([path]) => path), ...unreadable]);
  for (const { keptAs } of damaged.slice(0, renamed.length)) expect(await disk.list(keptAs ?? "")).toEqual([]);
  expect(cutBytes).toBe(row.cutBytes ?? 0);
  expect(foreign).toEqual(row.foreign ?? []);
  const lost = aside.map(([path, from, to]) => before.get(path)?.slice(from, to));
  const kept = (): unknown[] =>
    damaged.slice(renamed.length).flatMap(({ keptAs }) => (keptAs === undefined ? [] : contentsOf(disk).get(keptAs)));
  expect(kept()).toEqual(lost);
  expect(damaged.reduce((sum, { lostBytes }) => sum + lostBytes, 0)).toBe(lost.join("").length);

  expect(first.problems).toEqual([]);

  const { failures: notWritten } = await first.persistence.checkpoint();
  expect(notWritten).toEqual([]);
  const later = disk.kill();
  const second = await start(later);
  expect(second.samples).toEqual(first.samples);
  expect(second.report.damaged.map(({ path }) => path)).toEqual(unreadable);
  expect(second.report.cutBytes).toBe(0);
  expect(kept()).toEqual(lost);
  const left = await verify({ files: later, path: ROOT, now: timeOf(0) });
  expect(left.failures.map(({ path }) => path)).toEqual(row.staysWrong ?? []);
}
