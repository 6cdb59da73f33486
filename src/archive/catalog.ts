// Which files the archive of a cluster has: those of the manifest, and those that others put there, the reference above all.

import { isNotFound } from "../persistence/atomic-file.ts";
import { join } from "../persistence/layout.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { EMPTY_MANIFEST, ManifestError, readManifest, type ArchiveFile, type Manifest } from "./manifest.ts";
import { clusterDirectory, isArchiveFileName, MANIFEST_NAME } from "./names.ts";

/** A file of the archive, or one that should be there. */
export interface CatalogEntry {
  readonly name: string;
  readonly path: string;
  /** What the manifest says; undefined for a file that is not in it. */
  readonly listed: ArchiveFile | undefined;
  readonly isMissing: boolean;
}

export interface Catalog {
  readonly entries: readonly CatalogEntry[];
  /** What is wrong with the manifest: then all files count as found, not listed. */
  readonly problem: string | undefined;
}

const EMPTY: Catalog = { entries: [], problem: undefined };

export class Catalogs {
  readonly #files: FileSystem;
  readonly #root: string;
  readonly #known = new Map<string, { readonly state: string; readonly catalog: Catalog }>();

  /** @param root the directory of the archive */
  constructor(files: FileSystem, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** Names of the clusters, sorted. Rejects with FileSystemError unless there is simply no archive. */
  async clusters(): Promise<string[]> {
    try {
      const entries = await this.#files.list(this.#root);
      return entries.filter(({ kind }) => kind === "directory").map(({ name }) => name);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  /** What there is now. Reads the manifest only when something has changed. Rejects with FileSystemError. */
  async of(cluster: string): Promise<Catalog> {
    const directory = clusterDirectory(this.#root, cluster);
    try {
      const state = await this.#stateOf(directory);
      const known = this.#known.get(cluster);
      if (known?.state === state) return known.catalog;
      const catalog = await this.#read(directory);
      this.#known.set(cluster, { state, catalog });
      return catalog;
    } catch (error) {
      if (isNotFound(error)) return EMPTY;
      throw error;
    }
  }

  /** A run changes the names and the size of the manifest; nothing else writes here. */
  async #stateOf(directory: string): Promise<string> {
    const names = await this.#namesIn(directory);
    const hasManifest = names.has(MANIFEST_NAME);
    const manifestBytes = hasManifest ? await this.#files.sizeOf(join(directory, MANIFEST_NAME)) : -1;
    return `${manifestBytes}/${[...names].join("/")}`;
  }

  /** The manifest before the names: a file that a run adds meanwhile must not seem to be missing. */
  async #read(directory: string): Promise<Catalog> {
    let manifest = EMPTY_MANIFEST;
    let problem: string | undefined;
    try {
      manifest = (await readManifest(this.#files, directory)) ?? EMPTY_MANIFEST;
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      problem = error.message;
    }
    return { entries: entriesOf(directory, await this.#namesIn(directory), manifest), problem };
  }

  async #namesIn(directory: string): Promise<ReadonlySet<string>> {
    const entries = await this.#files.list(directory);
    return new Set(entries.filter(({ kind }) => kind !== "directory").map(({ name }) => name));
  }
}

function entriesOf(directory: string, names: ReadonlySet<string>, manifest: Manifest): CatalogEntry[] {
  const accounted = new Set([...manifest.writing, ...manifest.files.map(({ name }) => name)]);
  const others = [...names].filter((name) => isArchiveFileName(name) && !accounted.has(name));
  return [
    ...others.map((name) => ({ name, path: join(directory, name), listed: undefined, isMissing: false })),
    ...manifest.files.map((listed) => {
      const { name } = listed;
      return { name, path: join(directory, name), listed, isMissing: !names.has(name) };
    }),
  ];
}
