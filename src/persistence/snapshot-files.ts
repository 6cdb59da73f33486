// Snapshot files in both formats: bytes ↔ the samples of one host.

import {
  CheckpointJsonError,
  decodeCheckpointJson,
  encodeCheckpointJson,
  encodeCheckpointJsonInPieces,
} from "../codec/checkpoint-json/checkpoint-json.ts";
import type { HostSnapshot } from "../codec/host-snapshot.ts";
import { FieldReader } from "../codec/snapshot/field-reader.ts";
import { HEADER_BYTES } from "../codec/snapshot/layout.ts";
import { decodeSnapshot, encodeSnapshot, SnapshotError } from "../codec/snapshot/snapshot.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { isNotFound } from "./atomic-file.ts";
import { join, snapshotFileName, type SnapshotFormat, type SnapshotName } from "./layout.ts";

export function encodeHost(snapshot: HostSnapshot, format: SnapshotFormat): Uint8Array {
  return format === "bin" ? encodeSnapshot(snapshot) : encodeCheckpointJson(snapshot);
}

/** The same, with `nextTurn` between pieces of work. */
export async function encodeHostInTurns(
  snapshot: HostSnapshot,
  format: SnapshotFormat,
  nextTurn: () => Promise<void>,
): Promise<Uint8Array[]> {
  if (format === "bin") return [encodeSnapshot(snapshot)];
  const pieces: Uint8Array[] = [];
  for (const piece of encodeCheckpointJsonInPieces(snapshot)) {
    pieces.push(piece);
    await nextTurn();
  }
  return pieces;
}

/** @throws SnapshotError, CheckpointJsonError: see `isDamage` */
export function decodeHost(bytes: Uint8Array, format: SnapshotFormat): HostSnapshot {
  if (format === "json") return decodeCheckpointJson(bytes);
  const snapshot = decodeSnapshot(bytes);
  if (snapshot.trailingBytes > 0) {
    throw new SnapshotError(`${snapshot.trailingBytes} bytes behind the end`, bytes.length - snapshot.trailingBytes);
  }
  return snapshot;
}

/** Whether an error says that a file is damaged, rather than that it could not be read. */
export function isDamage(error: unknown): error is Error {
  return error instanceof SnapshotError || error instanceof CheckpointJsonError;
}

/**
 * The end of a snapshot's range, Unix seconds, exclusive. Of the file no more is read than tells it. Errors as `decodeHost`.
 */
export async function readEnd(files: FileSystem, directory: string, snapshot: SnapshotName): Promise<number> {
  const path = join(directory, snapshotFileName(snapshot));
  if (snapshot.format === "json") {
    return (await readEndOfText(files, path)) ?? decodeHost(await readWhole(files, path), "json").to;
  }
  const header = await files.readRange(path, 0, HEADER_BYTES);
  const reader = new FieldReader(header);
  reader.uint32("magic");
  reader.int64("from");
  return reader.int64("to");
}

const TEXT_TAIL_BYTES = 64;

/** Where pegel and the reference write it: last. To parse the whole text would hold others up. */
async function readEndOfText(files: FileSystem, path: string): Promise<number | undefined> {
  const start = Math.max(0, (await files.sizeOf(path)) - TEXT_TAIL_BYTES);
  const tail = await files.readRange(path, start, TEXT_TAIL_BYTES);
  const [, to] = /"to":(-?\d{1,15})\}\s*$/.exec(new TextDecoder().decode(tail)) ?? [];
  return to === undefined ? undefined : Number(to);
}

/** Undefined if there is no such file. */
export async function readWholeIfThere(
  files: FileSystem,
  ...path: string[]
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readWhole(files, ...path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function readWhole(files: FileSystem, ...path: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const name = join(...path);
  return files.readRange(name, 0, await files.sizeOf(name));
}
