// Where what lies: <archive>/<cluster>/{<seconds>.parquet | _manifest.json}. (spec §5, "Parquet")

import { join, UNFINISHED_SUFFIX } from "../persistence/layout.ts";

// What is no data begins with `_`: programs that open the whole directory (pandas, Spark) leave such files out.

export const MANIFEST_NAME = "_manifest.json";

const SUFFIX = ".parquet";

/** What a file of this name holds ended before `before` (Unix seconds). */
export function archiveFileName(before: number): string {
  return `${before}${SUFFIX}`;
}

/** Of any file that may hold samples, whoever wrote it. */
export function isArchiveFileName(name: string): boolean {
  return name.endsWith(SUFFIX);
}

/** Name under which a file is written before it is complete. */
export function unfinishedName(name: string): string {
  return `_${name}${UNFINISHED_SUFFIX}`;
}

export function clusterDirectory(archiveRoot: string, cluster: string): string {
  return join(archiveRoot, cluster);
}
