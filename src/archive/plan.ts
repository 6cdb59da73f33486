// Which checkpoint files of a cluster go into the archive, and how they are spread over Parquet files.

import { join, parseSnapshotFileName, type SnapshotFormat, type SnapshotName } from "../persistence/layout.ts";
import { readEnd } from "../persistence/snapshot-files.ts";
import { compareText } from "../codec/parquet/text-order.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { groupBy } from "./group-by.ts";
import { messageOf } from "./message-of.ts";
import type { ArchiveProblem } from "./ports.ts";

/** A checkpoint file that is old enough. Times in Unix seconds; `to` is exclusive. */
export interface OldSnapshot {
  readonly name: string;
  readonly format: SnapshotFormat;
  readonly from: number;
  readonly to: number;
}

export interface OldHost {
  readonly host: string;
  readonly directory: string;
  /** In the order in which they count: of two values for the same time the later snapshot's stays. */
  readonly snapshots: readonly OldSnapshot[];
}

/** What one Parquet file is made of: the snapshots that begin within a day. */
export interface Window {
  /** When the last of the snapshots ends. */
  readonly end: number;
  readonly hosts: readonly OldHost[];
}

/** So much time is in one Parquet file: bounds the memory of its writing, host by host, and of those who read it. */
const WINDOW_SECONDS = 86_400;

/** The hosts of a cluster that have snapshots which end at or before `olderThan`; those of which that cannot be told are problems. */
export async function findOldHosts(
  files: FileSystem,
  clusterPath: string,
  olderThan: number,
  onProblem: (problem: ArchiveProblem) => void,
): Promise<OldHost[]> {
  const hosts: OldHost[] = [];
  for (const { name: host, kind } of await files.list(clusterPath)) {
    if (kind !== "directory") continue;
    const directory = join(clusterPath, host);
    try {
      const snapshots = await findOldSnapshots(files, directory, olderThan, onProblem);
      if (snapshots.length > 0) hosts.push({ host, directory, snapshots });
    } catch (error) {
      onProblem({ path: directory, reason: messageOf(error) });
    }
  }
  return hosts.toSorted((a, b) => compareText(a.host, b.host));
}

async function findOldSnapshots(
  files: FileSystem,
  directory: string,
  olderThan: number,
  onProblem: (problem: ArchiveProblem) => void,
): Promise<OldSnapshot[]> {
  const snapshots: OldSnapshot[] = [];
  for (const { name, kind } of await files.list(directory)) {
    const parsed = kind === "file" ? parseSnapshotFileName(name) : undefined;
    if (parsed === undefined || parsed.from >= olderThan) continue;
    try {
      const to = await endOf(files, directory, name, parsed);
      if (to <= olderThan) snapshots.push({ name, ...parsed, to });
    } catch (error) {
      onProblem({ path: join(directory, name), reason: messageOf(error) });
    }
  }
  // Of two with the same time the binary one counts, as when they are loaded: the other may be rounded.
  return snapshots.toSorted((a, b) => a.from - b.from || (a.format === "json" ? -1 : 1));
}

/** @throws Error when the file does not tell its end, or tells nonsense */
async function endOf(files: FileSystem, directory: string, name: string, snapshot: SnapshotName): Promise<number> {
  const told = snapshot.format === "json" ? await endOfJson(files, join(directory, name)) : undefined;
  const to = told ?? (await readEnd(files, directory, snapshot));
  if (to >= snapshot.from) return to;
  throw new Error(`damaged: expected an end behind its beginning ${snapshot.from}, found ${to}`);
}

const JSON_TAIL_BYTES = 64;

/** Where pegel and the reference write it: last. Reading the whole text would hold the store up; undefined where one must. */
async function endOfJson(files: FileSystem, path: string): Promise<number | undefined> {
  const tail = await files.readRange(path, Math.max(0, (await files.sizeOf(path)) - JSON_TAIL_BYTES), JSON_TAIL_BYTES);
  const [, to] = /"to":(-?\d{1,15})\}\s*$/.exec(new TextDecoder().decode(tail)) ?? [];
  return to === undefined ? undefined : Number(to);
}

/** Spreads the snapshots over Parquet files, each as a whole: so it is archived or not, and nothing between. */
export function windowsOf(hosts: readonly OldHost[]): Window[] {
  const start = hosts.reduce((time, { snapshots }) => Math.min(time, snapshots[0]?.from ?? Infinity), Infinity);
  const parts = hosts.flatMap((host) => {
    const byDay = groupBy(host.snapshots, ({ from }) => Math.floor((from - start) / WINDOW_SECONDS));
    return [...byDay].map(([day, snapshots]) => ({ day, host: { ...host, snapshots } }));
  });
  return [...groupBy(parts, ({ day }) => day)]
    .toSorted(([a], [b]) => a - b)
    .map(([, ofDay]) => ofDay.map(({ host }) => host))
    .map((ofDay) => ({ end: endOfAll(ofDay), hosts: ofDay }));
}

function endOfAll(hosts: readonly OldHost[]): number {
  return hosts.flatMap(({ snapshots }) => snapshots).reduce((end, { to }) => Math.max(end, to), -Infinity);
}
