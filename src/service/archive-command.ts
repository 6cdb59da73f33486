// `pegel archive`: looks at an archive, checks it, or takes samples out of it.

import { messageOf } from "../core/message-of.ts";
import { ParquetArchive } from "../archive/archive-reader.ts";
import { csvLines, CSV_HEADER, partsOf, writeParquet, type ExportPart } from "../archive/export-archive.ts";
import { listArchive, type ListedFile } from "../archive/list-archive.ts";
import { verifyArchive } from "../archive/verify-archive.ts";
import { WorkerEncoder } from "../archive/worker-encoder.ts";
import { removeIfThere } from "../persistence/atomic-file.ts";
import { counted, isoTime, printable } from "../persistence/inspect-text.ts";
import type { AppendFile, FileSystem, Platform } from "../runtime/ports.ts";
import type { ArchiveCommand, ExportCommand } from "./archive-command-line.ts";

type ArchivePlatform = Pick<Platform, "files" | "print" | "printError" | "startArchiveWorker">;

/** Returns the exit code: 1 if something is wrong, which is then said. */
export async function runArchive(command: ArchiveCommand, platform: ArchivePlatform): Promise<number> {
  try {
    switch (command.action) {
      case "ls":
        return await list(command.directory, platform);
      case "verify":
        return await verify(command.directory, platform);
      default:
        return await exportSamples(command, platform);
    }
  } catch (error) {
    platform.printError(messageOf(error));
    return 1;
  }
}

async function list(directory: string, { files, print }: ArchivePlatform): Promise<number> {
  const listed = await listArchive(files, directory);
  for (const file of listed) print(fileLine(file));
  const rows = listed.reduce((sum, file) => sum + file.rows, 0);
  const bytes = listed.reduce((sum, file) => sum + file.bytes, 0);
  print(`${counted(listed.length, "file")}, ${counted(rows, "row")}, ${counted(bytes, "byte")}`);
  return 0;
}

/** As `alpha/1795640400.parquet  2026-11-24T21:00:00Z … 2026-11-25T20:59:00Z  2 hosts, 5 rows, 2014 bytes`. */
function fileLine({ cluster, name, range, hosts, rows, bytes, remark }: ListedFile): string {
  const path = printable(`${cluster}/${name}`);
  if (range === undefined) return `${path}  ${remark ?? ""}`;
  const times = `${isoTime(range.from)} … ${isoTime(range.to - 1)}`;
  const counts = `${counted(hosts, "host")}, ${counted(rows, "row")}, ${counted(bytes, "byte")}`;
  return `${path}  ${times}  ${counts}${remark === undefined ? "" : `  (${remark})`}`;
}

async function verify(directory: string, { files, print }: ArchivePlatform): Promise<number> {
  const { failures, notes, ...sums } = await verifyArchive(files, directory);
  for (const { path, reason } of failures) print(`${printable(path)}: ${reason}`);
  for (const { path, reason } of notes) print(`note: ${printable(path)}: ${reason}`);
  const checked = `${counted(sums.files, "file")} of ${counted(sums.clusters, "cluster")}, ${counted(sums.rows, "row")}, ${counted(sums.bytes, "byte")}`;
  print(failures.length === 0 ? `all sound: ${checked}` : `${counted(failures.length, "fault")} in ${checked}`);
  return failures.length === 0 ? 0 : 1;
}

async function exportSamples(command: ExportCommand, platform: ArchivePlatform): Promise<number> {
  const { directory, hosts, metrics, level, from, to, format, output } = command;
  const { files, printError } = platform;
  await files.list(directory);
  const reader = new ParquetArchive({ files, root: directory });
  const cluster = command.cluster ?? onlyOne(await reader.clusters());
  let failures = 0;
  const selection = {
    cluster,
    level,
    from,
    to,
    ...(hosts.length > 0 && { hosts }),
    ...(metrics.length > 0 && { metrics }),
  };
  const parts = partsOf(reader, selection, (error) => {
    failures++;
    printError(error);
  });
  if (output === undefined) await printCsv(cluster, parts, platform);
  else {
    const write = format === "csv" ? writeCsv : writeParquetWith(platform);
    const rows = await writeFile(files, output, (file) => write(file, cluster, parts));
    printError(`${output}: ${counted(rows, "row")}`);
  }
  return failures === 0 ? 0 : 1;
}

function onlyOne(clusters: readonly string[]): string {
  const [cluster] = clusters;
  if (cluster !== undefined && clusters.length === 1) return cluster;
  const found = clusters.length === 0 ? "none" : clusters.join(", ");
  throw new Error(`-cluster is needed: the archive has ${found}`);
}

/** Lines that are printed, or written, at once. */
const LINES_AT_ONCE = 10_000;

async function printCsv(cluster: string, parts: AsyncIterable<ExportPart>, { print }: ArchivePlatform): Promise<void> {
  print(CSV_HEADER);
  for await (const part of parts) for (const text of textsOf(cluster, part)) print(text);
}

async function writeCsv(file: AppendFile, cluster: string, parts: AsyncIterable<ExportPart>): Promise<number> {
  const encoder = new TextEncoder();
  let rows = 0;
  await file.append([encoder.encode(`${CSV_HEADER}\n`)]);
  for await (const part of parts) {
    for (const text of textsOf(cluster, part)) await file.append([encoder.encode(`${text}\n`)]);
    rows += part.series.reduce((sum, { values }) => sum + values.length, 0);
  }
  return rows;
}

function* textsOf(cluster: string, part: ExportPart): Generator<string> {
  const lines = csvLines(cluster, part);
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) yield lines.slice(at, at + LINES_AT_ONCE).join("\n");
}

function writeParquetWith({ startArchiveWorker }: ArchivePlatform) {
  return async (file: AppendFile, cluster: string, parts: AsyncIterable<ExportPart>): Promise<number> => {
    const encoder = new WorkerEncoder(startArchiveWorker());
    try {
      return await writeParquet(file, encoder, cluster, parts);
    } finally {
      await encoder.close();
    }
  };
}

/** A file that is there is not overwritten; one that could not be finished does not stay. */
async function writeFile<Result>(
  files: FileSystem,
  path: string,
  write: (file: AppendFile) => Promise<Result>,
): Promise<Result> {
  const file = await files.openForAppend(path, "new");
  try {
    const result = await write(file);
    await file.datasync();
    await file.close();
    return result;
  } catch (error) {
    await file.close().catch(() => {});
    await removeIfThere(files, path).catch(() => {});
    throw error;
  }
}
