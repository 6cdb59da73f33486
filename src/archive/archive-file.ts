// Writes one Parquet file, host by host: in memory there is one host at a time.

import { readThrift } from "../codec/parquet/thrift.ts";
import { metadataBytesOf } from "../codec/parquet/footer.ts";
import { TRAILER_BYTES } from "../codec/parquet/schema.ts";
import { removeIfThere } from "../persistence/atomic-file.ts";
import { join } from "../persistence/layout.ts";
import { readWholeIfThere } from "../persistence/snapshot-files.ts";
import type { AppendFile, FileSystem } from "../runtime/ports.ts";
import type { ArchiveFile } from "./manifest.ts";
import { messageOf } from "../core/message-of.ts";
import { unfinishedName } from "./names.ts";
import type { OldHost, Window } from "./plan.ts";
import type { ArchiveOptions, EncodedEnd, EncodedSnapshot, EncoderSnapshot } from "./ports.ts";

export interface NewFile {
  readonly directory: string;
  readonly name: string;
  readonly sequence: number;
}

export interface WrittenFile {
  /** Undefined if there was no sample: then no file was written. */
  readonly file: ArchiveFile | undefined;
  /** The checkpoint files that were read. */
  readonly sources: readonly Source[];
}

/** A checkpoint file that was read; all its samples are in the file, unless it is damaged. */
export interface Source extends EncodedSnapshot {
  readonly host: string;
  readonly name: string;
}

/** Undefined if the run was stopped. The file's name is not yet durable. */
export async function writeArchiveFile(
  options: ArchiveOptions,
  { directory, name, sequence }: NewFile,
  window: Window,
): Promise<WrittenFile | undefined> {
  const { files, encoder, cluster } = options;
  const path = join(directory, name);
  const unfinished = join(directory, unfinishedName(name));
  await removeIfThere(files, unfinished);
  const file = await files.openForAppend(unfinished, "new");
  let content: Content | undefined;
  let bytes = 0;
  try {
    await file.append([await encoder.begin({ cluster, sequence })]);
    content = await appendHosts(options, file, window);
    if (content === undefined) return undefined;
    if (content.end !== undefined) {
      await file.append([content.end.bytes]);
      await file.datasync();
    }
    bytes = file.sizeBytes;
  } finally {
    await file.close();
  }
  const { end, sources, hosts } = content;
  if (end === undefined) {
    await removeIfThere(files, unfinished);
    return { file: undefined, sources };
  }
  await checkRows(files, unfinished, bytes, end.rows);
  await files.rename(unfinished, path);
  return {
    file: { name, sequence, ...end.range, rows: end.rows, bytes, sha256: end.sha256, hosts },
    sources,
  };
}

interface Content {
  readonly end: EncodedEnd | undefined;
  readonly sources: readonly Source[];
  /** Those that have rows. */
  readonly hosts: string[];
}

async function appendHosts(options: ArchiveOptions, file: AppendFile, window: Window): Promise<Content | undefined> {
  const { encoder, signal } = options;
  const sources: Source[] = [];
  const hosts: string[] = [];
  let rows = 0;
  for (const oldHost of window.hosts) {
    if (signal?.aborted === true) return undefined;
    const { host } = oldHost;
    const { names, snapshots } = await readHost(options, oldHost);
    const encoded = await encoder.addHost({ host, snapshots });
    sources.push(...encoded.snapshots.map((snapshot, i) => ({ host, name: names[i], ...snapshot })));
    if (encoded.rows === 0) continue;
    await appendDurably(file, encoded.bytes);
    rows += encoded.rows;
    hosts.push(host);
  }
  const end = await encoder.finish();
  if ((end?.rows ?? 0) !== rows) throw new Error(`BUG: the encoder wrote ${end?.rows ?? 0} rows, ${rows} expected`);
  return { end, sources, hosts };
}

/** What is flushed at once: a flush of the store's journal may have to wait for it. */
const FLUSHED_BYTES = 512 * 1024;

/** One flush at the end would be a long one, and every write that wants to be acknowledged meanwhile would wait for it. */
async function appendDurably(file: AppendFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += FLUSHED_BYTES) {
    await file.append([bytes.subarray(at, at + FLUSHED_BYTES)]);
    await file.datasync();
  }
}

/** The bytes of a host's snapshots. One that cannot be read is told, and stays; one that is gone was replaced by another. */
async function readHost(
  { files, guard, cluster, onProblem }: ArchiveOptions,
  { host, directory, snapshots }: OldHost,
): Promise<{ names: string[]; snapshots: EncoderSnapshot[] }> {
  const names: string[] = [];
  const found: EncoderSnapshot[] = [];
  const read = async (): Promise<void> => {
    for (const { name, format } of snapshots) {
      try {
        const bytes = await readWholeIfThere(files, directory, name);
        if (bytes === undefined) continue;
        names.push(name);
        found.push({ format, bytes });
      } catch (error) {
        onProblem({ path: join(directory, name), reason: messageOf(error) });
      }
    }
  };
  await (guard === undefined ? read() : guard.exclusive(cluster, host, read));
  return { names, snapshots: found };
}

/** FileMetaData: num_rows; only what is behind it is long. */
const ROWS_FIELD = 3;

/** Looks at what is on the disk: an end, and the number of rows that was written. */
async function checkRows(files: FileSystem, path: string, sizeBytes: number, rows: number): Promise<void> {
  const trailer = await files.readRange(path, sizeBytes - TRAILER_BYTES, TRAILER_BYTES);
  const footerBytes = metadataBytesOf(trailer, sizeBytes);
  const footer = await files.readRange(path, sizeBytes - TRAILER_BYTES - footerBytes, footerBytes);
  const found = readThrift(footer, 0, ROWS_FIELD).fields.get(ROWS_FIELD);
  if (found?.type === "int64" && found.value === rows) return;
  throw new Error(`${path}: expected ${rows} rows, found ${found?.type === "int64" ? found.value : "none"}`);
}
