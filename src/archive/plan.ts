// Which checkpoint files of a cluster go into the archive, and how they are spread over Parquet files.

import { join } from "../persistence/layout.ts";
import { findOldSnapshots, type FileProblem, type OldSnapshot } from "../persistence/old-snapshots.ts";
import { compareText } from "../codec/parquet/text-order.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { groupBy } from "./group-by.ts";
import { messageOf } from "../core/message-of.ts";

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
  onProblem: (problem: FileProblem) => void,
): Promise<OldHost[]> {
  const hosts: OldHost[] = [];
  for (const { name: host, kind } of await files.list(clusterPath)) {
    if (kind !== "directory") continue;
    const directory = join(clusterPath, host);
    try {
      const snapshots = await findOldSnapshots(files, directory, olderThan, onProblem);
      if (snapshots.length > 0) hosts.push({ host, directory, snapshots: inOrder(snapshots) });
    } catch (error) {
      onProblem({ path: directory, reason: messageOf(error) });
    }
  }
  return hosts.toSorted((a, b) => compareText(a.host, b.host));
}

/** Of two with the same time the binary one counts, as when they are loaded: the other may be rounded. */
function inOrder(snapshots: readonly OldSnapshot[]): OldSnapshot[] {
  return snapshots.toSorted((a, b) => a.from - b.from || (a.format === "json" ? -1 : 1));
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
