// What a start found on disk, and what a crash or damage has cost.

import { JOURNAL_DIRECTORY } from "./layout.ts";

/** A file that is not as it should be. */
export interface DamagedFile {
  readonly path: string;
  readonly reason: string;
  /** Bytes that could not be read. */
  readonly lostBytes: number;
  /** Where what was unreadable is kept; undefined if it stays where it is. */
  readonly keptAs: string | undefined;
}

export interface RecoveryReport {
  hosts: number;
  snapshotFiles: number;
  snapshotSamples: number;
  /** WAL files and journals. */
  logFiles: number;
  /** Records replayed from them. */
  logRecords: number;
  /** Records and snapshot files older than the retention. */
  tooOld: number;
  /** Records and blocks of metrics that are not configured, or of series beyond the limit. */
  notLoaded: number;
  /** Bytes cut from the ends of logs: records whose writing was cut short, so that nobody had been told they were safe. */
  cutBytes: number;
  readonly damaged: DamagedFile[];
  /**
   * Hosts, as `cluster/host`, or clusters, of whose files something could not be read: acknowledged samples of theirs may
   * be missing. Whose records a damaged journal held is not known.
   */
  readonly hostsWithGaps: string[];
  /** Files that are none of the store's; they are left alone. */
  readonly foreign: string[];
  durationMs: number;
}

export function newRecoveryReport(): RecoveryReport {
  return {
    hosts: 0,
    snapshotFiles: 0,
    snapshotSamples: 0,
    logFiles: 0,
    logRecords: 0,
    tooOld: 0,
    notLoaded: 0,
    cutBytes: 0,
    damaged: [],
    hostsWithGaps: [],
    foreign: [],
    durationMs: 0,
  };
}

/** Why what follows the last whole record of a WAL is kept: mostly it is a record that a crash has cut. */
export const TORN_END = "torn end";

/** Fills in the hosts with gaps, when all is loaded. @param root the directory of checkpoints */
export function noteGaps({ damaged, hostsWithGaps }: RecoveryReport, root: string): void {
  const hosts = damaged
    // Nobody had been told that a record which a crash has cut was safe.
    .filter(({ path, reason }) => path.startsWith(`${root}/`) && reason !== TORN_END)
    .map(({ path }) =>
      path
        .slice(root.length + 1)
        .split("/")
        .slice(0, 2)
        .join("/"),
    )
    .filter((host) => !host.startsWith(JOURNAL_DIRECTORY));
  hostsWithGaps.push(...[...new Set(hosts)].toSorted());
}

/** One line for the terminal and the log. */
export function describeRecovery(report: RecoveryReport): string {
  const parts = [
    `${report.hosts} hosts`,
    `${report.snapshotSamples} samples from ${report.snapshotFiles} snapshots`,
    `${report.logRecords} records from ${report.logFiles} logs`,
  ];
  if (report.tooOld > 0) parts.push(`${report.tooOld} too old`);
  if (report.notLoaded > 0) parts.push(`${report.notLoaded} not loaded (metric not configured)`);
  if (report.cutBytes > 0) parts.push(`${report.cutBytes} bytes cut from torn ends`);
  if (report.damaged.length > 0) parts.push(`${report.damaged.length} damaged files kept aside`);
  if (report.hostsWithGaps.length > 0) parts.push(`gaps in ${report.hostsWithGaps.length} hosts`);
  if (report.foreign.length > 0) parts.push(`${report.foreign.length} foreign files`);
  return `recovery: ${parts.join(", ")}; ${Math.round(report.durationMs)} ms`;
}
