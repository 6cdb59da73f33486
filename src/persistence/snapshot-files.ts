// Snapshot files in both formats: bytes ↔ the samples of one host.

import {
  CheckpointJsonError,
  decodeCheckpointJson,
  encodeCheckpointJson,
} from "../codec/checkpoint-json/checkpoint-json.ts";
import type { HostSnapshot } from "../codec/host-snapshot.ts";
import { decodeSnapshot, encodeSnapshot, SnapshotError } from "../codec/snapshot/snapshot.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { join, type SnapshotFormat } from "./layout.ts";

export function encodeHost(snapshot: HostSnapshot, format: SnapshotFormat): Uint8Array {
  return format === "bin" ? encodeSnapshot(snapshot) : encodeCheckpointJson(snapshot);
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

export async function readWhole(files: FileSystem, ...path: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const name = join(...path);
  return files.readRange(name, 0, await files.sizeOf(name));
}
