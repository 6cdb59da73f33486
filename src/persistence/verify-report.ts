// What `pegel verify` has found, and how it is printed.

import { counted, printable } from "./inspect-text.ts";

/** Something about a file. */
export interface Finding {
  readonly path: string;
  /** Undefined where the fault has no one place. */
  readonly offset: number | undefined;
  readonly reason: string;
}

export interface VerifyReport {
  /** What cannot be read, or not be trusted. */
  readonly failures: readonly Finding[];
  /** What is as it may be, and still good to know. */
  readonly notes: readonly Finding[];
  readonly hosts: number;
  readonly files: number;
  readonly sizeBytes: number;
}

/** The report for the terminal: failures as `path: offset: reason`, notes, and a line that sums up. */
export function verifyLines({ failures, notes, hosts, files, sizeBytes }: VerifyReport): string[] {
  const checked = `${counted(files, "file")} of ${counted(hosts, "host")}, ${counted(sizeBytes, "byte")}`;
  const verdict =
    failures.length === 0 ? `all sound: ${checked}` : `${counted(failures.length, "fault")} in ${checked}`;
  return [...failures.map(findingText), ...notes.map((note) => `note: ${findingText(note)}`), verdict];
}

function findingText({ path, offset, reason }: Finding): string {
  return offset === undefined ? `${printable(path)}: ${reason}` : `${printable(path)}: ${offset}: ${reason}`;
}
