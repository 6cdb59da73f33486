// The manifest of a cluster's archive: which files belong to it, and what a run that was cut off had under way.
//
// A run writes it three times. Before its first file: with the names that it will write. When all files are complete and
// have their names: with those files, and with the checkpoint files that are in them: from that moment on the samples are in
// the archive, and not before. When those are removed: without them. FORMAT.md tells what a start makes of each state.

import * as v from "valibot";
import { isNotFound, setAside, writeAtomically } from "../persistence/atomic-file.ts";
import { join } from "../persistence/layout.ts";
import { readWhole } from "../persistence/snapshot-files.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { MANIFEST_NAME } from "./names.ts";
import type { FileProblem } from "../persistence/old-snapshots.ts";

const fileSchema = v.object({
  name: v.string(),
  /** Of two files with the same sample that with the higher number is newer. */
  sequence: v.number(),
  /** Of the samples, Unix seconds; `to` is exclusive. */
  from: v.number(),
  to: v.number(),
  rows: v.number(),
  bytes: v.number(),
  /** Hexadecimal. */
  sha256: v.string(),
  /** Names, sorted. */
  hosts: v.array(v.string()),
});

const manifestSchema = v.object({
  version: v.literal(1),
  /** In the order in which they were written. */
  files: v.array(fileSchema),
  /** Names of the files that a run has begun: what is there of them counts for nothing. */
  writing: v.array(v.string()),
  /** Checkpoint files that are in `files`, and may still be there. */
  removing: v.array(v.object({ host: v.string(), name: v.string(), digest: v.string() })),
});

export type ArchiveFile = Readonly<v.InferOutput<typeof fileSchema>>;

export type ArchivedSnapshot = Readonly<v.InferOutput<typeof manifestSchema>["removing"][number]>;

export interface Manifest {
  readonly version: 1;
  readonly files: readonly ArchiveFile[];
  readonly writing: readonly string[];
  readonly removing: readonly ArchivedSnapshot[];
}

export const EMPTY_MANIFEST: Manifest = { version: 1, files: [], writing: [], removing: [] };

/** Undefined if there is none. @throws ManifestError, FileSystemError */
export async function readManifest(files: FileSystem, directory: string): Promise<Manifest | undefined> {
  let bytes;
  try {
    bytes = await readWhole(files, directory, MANIFEST_NAME);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  return parseManifest(bytes, join(directory, MANIFEST_NAME));
}

/** A manifest that is damaged, or of a version that this one does not know. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

function parseManifest(bytes: Uint8Array, path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new ManifestError(`${path}: ${error instanceof Error ? error.message : "no JSON"}`, { cause: error });
  }
  const result = v.safeParse(manifestSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ManifestError(`${path}: ${v.getDotPath(issue) ?? "the document"}: ${issue.message}`);
}

export async function writeManifest(files: FileSystem, directory: string, manifest: Manifest): Promise<void> {
  // A file a line: for people, and for `grep`.
  const list = (items: readonly object[]): string => items.map((item) => `\n  ${JSON.stringify(item)}`).join(",");
  const text = `{"version":${manifest.version},
"files":[${list(manifest.files)}],
"writing":${JSON.stringify(manifest.writing)},
"removing":[${list(manifest.removing)}]}
`;
  await writeAtomically(files, directory, MANIFEST_NAME, new TextEncoder().encode(text));
}

/** For a run: a manifest that is damaged is put aside and told; the files that it named are found without it. */
export async function openManifest(
  files: FileSystem,
  directory: string,
  onProblem: (problem: FileProblem) => void,
): Promise<Manifest> {
  try {
    return (await readManifest(files, directory)) ?? EMPTY_MANIFEST;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const keptAs = await setAside(files, directory, MANIFEST_NAME);
    onProblem({ path: join(directory, MANIFEST_NAME), reason: `${error.message}; kept as ${keptAs}` });
    return EMPTY_MANIFEST;
  }
}
