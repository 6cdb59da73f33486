// One run: the old checkpoint files of a cluster become Parquet files, and go. (seed: CleanupCheckpoints)
//
// The order of the steps is what keeps every sample, whenever the power goes; see manifest.ts and FORMAT.md.

import { makeDurableDirectory, removeIfThere } from "../persistence/atomic-file.ts";
import { join } from "../persistence/layout.ts";
import { writeArchiveFile, type WrittenFile } from "./archive-file.ts";
import { openManifest, writeManifest, type ArchivedSnapshot, type Manifest } from "./manifest.ts";
import { archiveFileName, clusterDirectory, isArchiveFileName, unfinishedName } from "./names.ts";
import { findOldHosts, windowsOf, type OldHost, type Window } from "./plan.ts";
import type { ArchiveOptions, ArchiveSummary } from "./ports.ts";
import { removeArchived } from "./remove-archived.ts";

/**
 * Archives the checkpoint files of one cluster that end at or before `olderThan`, and removes them.
 * Rejects with FileSystemError when the archive cannot be written (then the checkpoint files are all there), and with Error
 * when the encoder failed.
 */
export async function archiveCheckpoints(options: ArchiveOptions): Promise<ArchiveSummary> {
  const { files, archiveRoot, checkpointRoot, cluster, olderThan, onProblem, signal } = options;
  const directory = clusterDirectory(archiveRoot, cluster);
  const manifest = await recover(options, directory);
  const found = await findOldHosts(files, join(checkpointRoot, cluster), olderThan, onProblem);
  const hosts = withoutArchived(found, manifest.removing);
  const windows = windowsOf(hosts);
  const old = hosts.reduce((sum, { snapshots }) => sum + snapshots.length, 0);
  if (windows.length === 0 || signal?.aborted === true) return summaryOf(options, [], 0, old);
  await makeDurableDirectory(files, directory);
  const names = await newNames(options, directory, windows);
  await writeManifest(files, directory, { ...manifest, writing: names });
  const outcome = await writeWindows(options, directory, manifest, windows, names);
  const written = outcome.files.flatMap(({ file }) => file ?? []);
  if (outcome.isComplete && (written.length > 0 || outcome.snapshots.length > 0)) {
    const committed = {
      ...manifest,
      files: [...manifest.files, ...written],
      writing: [],
      removing: [...manifest.removing, ...outcome.snapshots],
    };
    await writeManifest(files, directory, committed);
    const { removed, left } = await removeArchived(options, outcome.snapshots);
    await writeManifest(files, directory, { ...committed, removing: [...manifest.removing, ...left] });
    return summaryOf(options, written, removed, old - removed);
  }
  await discard(options, directory, manifest, names);
  return summaryOf(options, [], 0, old);
}

/** What is in the archive, but could not be removed, must not get into it again. */
function withoutArchived(hosts: readonly OldHost[], archived: readonly ArchivedSnapshot[]): OldHost[] {
  const paths = new Set(archived.map(({ host, name }) => join(host, name)));
  return hosts
    .map((host) => ({ ...host, snapshots: host.snapshots.filter(({ name }) => !paths.has(join(host.host, name))) }))
    .filter(({ snapshots }) => snapshots.length > 0);
}

/** Ends what a run that was cut off had begun. Returns the manifest as it is then. */
async function recover(options: ArchiveOptions, directory: string): Promise<Manifest> {
  const { files, onProblem } = options;
  const manifest = await openManifest(files, directory, onProblem);
  if (manifest.writing.length > 0) await discard(options, directory, manifest, manifest.writing);
  if (manifest.removing.length === 0) return { ...manifest, writing: [] };
  const { left } = await removeArchived(options, manifest.removing);
  const recovered = { ...manifest, writing: [], removing: left };
  await writeManifest(files, directory, recovered);
  return recovered;
}

/** Removes what there is of files that do not count, then their names from the manifest. */
async function discard(
  { files }: ArchiveOptions,
  directory: string,
  manifest: Manifest,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await removeIfThere(files, join(directory, unfinishedName(name)));
    await removeIfThere(files, join(directory, name));
  }
  await files.syncDirectory(directory);
  await writeManifest(files, directory, { ...manifest, writing: [] });
}

/** A name that nobody has for each window: the time before which its samples lie, or the next free number. */
async function newNames({ files }: ArchiveOptions, directory: string, windows: readonly Window[]): Promise<string[]> {
  const taken = new Set((await files.list(directory)).map(({ name }) => name).filter(isArchiveFileName));
  return windows.map(({ end }) => {
    let before = end;
    while (taken.has(archiveFileName(before))) before++;
    taken.add(archiveFileName(before));
    return archiveFileName(before);
  });
}

interface Outcome {
  readonly files: readonly WrittenFile[];
  /** Checkpoint files that are in the files. */
  readonly snapshots: readonly ArchivedSnapshot[];
  /** False if the run was stopped. */
  readonly isComplete: boolean;
}

async function writeWindows(
  options: ArchiveOptions,
  directory: string,
  manifest: Manifest,
  windows: readonly Window[],
  names: readonly string[],
): Promise<Outcome> {
  const firstSequence = manifest.files.reduce((next, { sequence }) => Math.max(next, sequence + 1), 1);
  const files: WrittenFile[] = [];
  try {
    for (const [i, window] of windows.entries()) {
      const file = { directory, name: names[i], sequence: firstSequence + i };
      const written = await writeArchiveFile(options, file, window);
      if (written === undefined) return { files: [], snapshots: [], isComplete: false };
      files.push(written);
    }
    await options.files.syncDirectory(directory);
  } catch (error) {
    // What is left, on a disk that is full for instance, is for the next run.
    await discard(options, directory, manifest, names).catch(() => {});
    throw error;
  }
  return { files, snapshots: archivedOf(options, files), isComplete: true };
}

/** Those that are in the files; the damaged ones are told. */
function archivedOf(
  { checkpointRoot, cluster, onProblem }: ArchiveOptions,
  files: readonly WrittenFile[],
): ArchivedSnapshot[] {
  return files.flatMap(({ sources }) =>
    sources.flatMap(({ host, name, digest, damage }): ArchivedSnapshot[] => {
      if (damage === undefined) return [{ host, name, digest }];
      onProblem({ path: join(checkpointRoot, cluster, host, name), reason: `damaged, not archived: ${damage}` });
      return [];
    }),
  );
}

function summaryOf(
  { cluster }: ArchiveOptions,
  written: readonly { name: string; rows: number; bytes: number }[],
  archivedSnapshots: number,
  keptSnapshots: number,
): ArchiveSummary {
  return {
    cluster,
    written: written.map(({ name }) => name),
    rows: written.reduce((sum, { rows }) => sum + rows, 0),
    bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
    archivedSnapshots,
    keptSnapshots,
  };
}
