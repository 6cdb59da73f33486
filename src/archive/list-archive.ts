// What files an archive has.

import type { FileSystem } from "../runtime/ports.ts";
import { Catalogs, type CatalogEntry } from "./catalog.ts";
import { messageOf } from "../core/message-of.ts";
import { ParquetFile } from "./parquet-file.ts";
import type { ArchiveRange } from "./ports.ts";

export interface ListedFile {
  readonly cluster: string;
  readonly name: string;
  /** Of the samples; undefined if the file cannot be read, or has none. */
  readonly range: ArchiveRange | undefined;
  readonly hosts: number;
  readonly rows: number;
  readonly bytes: number;
  /** What is to be said of it: missing, damaged, not in the manifest. */
  readonly remark: string | undefined;
}

/** In the order of the clusters' names, then of time. Rejects with FileSystemError. */
export async function listArchive(files: FileSystem, root: string): Promise<ListedFile[]> {
  await files.list(root);
  const catalogs = new Catalogs(files, root);
  const listed: ListedFile[] = [];
  for (const cluster of await catalogs.clusters()) {
    const { entries } = await catalogs.of(cluster);
    const ofCluster: ListedFile[] = [];
    for (const entry of entries) ofCluster.push(await describe(files, cluster, entry));
    listed.push(...ofCluster.toSorted((a, b) => (a.range?.from ?? 0) - (b.range?.from ?? 0)));
  }
  return listed;
}

async function describe(files: FileSystem, cluster: string, entry: CatalogEntry): Promise<ListedFile> {
  const { name, path, listed, isMissing } = entry;
  if (listed !== undefined) {
    const { from, to, hosts, rows, bytes } = listed;
    const remark = isMissing ? "missing" : undefined;
    return { cluster, name, range: { from, to }, hosts: hosts.length, rows, bytes, remark };
  }
  try {
    const { groups, rows, sizeBytes } = await ParquetFile.open(files, path);
    const range = {
      from: groups.reduce((time, group) => Math.min(time, group.range.from), Infinity),
      to: groups.reduce((time, group) => Math.max(time, group.range.to), -Infinity),
    };
    const hosts = new Set(groups.map(({ host }) => host)).size;
    return { cluster, name, range, hosts, rows, bytes: sizeBytes, remark: "not in the manifest" };
  } catch (error) {
    const remark = messageOf(error);
    return { cluster, name, range: undefined, hosts: 0, rows: 0, bytes: 0, remark };
  }
}
