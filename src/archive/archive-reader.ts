// Samples out of the archive: which files may have them, what these have, and of the same sample the newest.

import { compareText } from "../codec/parquet/text-order.ts";
import type { FileSystem } from "../runtime/ports.ts";
import { Catalogs, type CatalogEntry } from "./catalog.ts";
import { messageOf } from "../core/message-of.ts";
import { OpenFiles } from "./open-files.ts";
import { ForeignFileError, type ParquetFile } from "./parquet-file.ts";
import type { ArchiveAnswer, ArchivedHosts, ArchiveRange, ArchiveReader, ArchiveSelection } from "./ports.ts";
import { readPieces } from "./read-series.ts";
import { mergePieces, type Piece } from "./sample-merger.ts";

export interface ArchiveReaderOptions {
  readonly files: FileSystem;
  /** The directory of the archive. */
  readonly root: string;
}

const ALL_OF_TIME: ArchiveRange = { from: -Infinity, to: Infinity };

export class ParquetArchive implements ArchiveReader {
  readonly #catalogs: Catalogs;
  readonly #open: OpenFiles;

  constructor({ files, root }: ArchiveReaderOptions) {
    this.#catalogs = new Catalogs(files, root);
    this.#open = new OpenFiles(files);
  }

  async clusters(): Promise<readonly string[]> {
    try {
      return await this.#catalogs.clusters();
    } catch {
      // What cannot be listed is told by the answers of `hosts` and `read`.
      return [];
    }
  }

  async hosts(cluster: string, range: ArchiveRange = ALL_OF_TIME): Promise<ArchivedHosts> {
    const errors: string[] = [];
    const hosts = new Set<string>();
    for (const entry of await this.#entries(cluster, errors)) {
      for (const host of await this.#hostsOf(entry, range, errors)) hosts.add(host);
    }
    return { hosts: [...hosts].toSorted(compareText), errors };
  }

  async covers(cluster: string): Promise<ArchiveRange | undefined> {
    let [from, to] = [Infinity, -Infinity];
    for (const entry of await this.#entries(cluster, [])) {
      const range = entry.listed ?? (await this.#rangeOf(entry));
      from = Math.min(from, range.from);
      to = Math.max(to, range.to);
    }
    return from < to ? { from, to } : undefined;
  }

  async read(selection: ArchiveSelection): Promise<ArchiveAnswer> {
    const errors: string[] = [];
    const found: { readonly entry: CatalogEntry; readonly sequence: number; readonly pieces: readonly Piece[] }[] = [];
    for (const entry of await this.#entries(selection.cluster, errors)) {
      if (entry.listed !== undefined && !mayHold(entry.listed, selection)) continue;
      await this.#trying(entry, errors, async (file) => {
        const pieces = await readPieces(this.#open, file, selection);
        found.push({ entry, sequence: entry.listed?.sequence ?? file.sequence, pieces });
      });
    }
    // Files without a number, the reference's, come first, by the time in their names.
    const ordered = found.toSorted((a, b) => a.sequence - b.sequence || timeIn(a.entry) - timeIn(b.entry));
    return { series: mergePieces(ordered.flatMap(({ pieces }) => pieces)), errors };
  }

  async #entries(cluster: string, errors: string[]): Promise<readonly CatalogEntry[]> {
    try {
      return (await this.#catalogs.of(cluster)).entries;
    } catch (error) {
      errors.push(`archive of ${cluster}: ${messageOf(error)}`);
      return [];
    }
  }

  async #hostsOf(entry: CatalogEntry, range: ArchiveRange, errors: string[]): Promise<readonly string[]> {
    const { listed } = entry;
    if (listed !== undefined) return overlap(listed, range) ? listed.hosts : [];
    const hosts = new Set<string>();
    await this.#trying(entry, errors, async (file) => {
      for (const group of file.groups) {
        if (!overlap(group.range, range)) continue;
        if (group.host !== undefined) hosts.add(group.host);
        else for (const { host } of await this.#open.indexOf(file, group)) hosts.add(host);
      }
    });
    return [...hosts];
  }

  async #rangeOf(entry: CatalogEntry): Promise<ArchiveRange> {
    let [from, to] = [Infinity, -Infinity];
    await this.#trying(entry, [], async ({ groups }) => {
      for (const { range } of groups) {
        from = Math.min(from, range.from);
        to = Math.max(to, range.to);
      }
    });
    return { from, to };
  }

  async #trying(entry: CatalogEntry, errors: string[], use: (file: ParquetFile) => Promise<void>): Promise<void> {
    try {
      await use(await this.#open.open(entry));
    } catch (error) {
      this.#open.forget(entry.path);
      // Somebody's file with other columns holds none of our samples.
      if (error instanceof ForeignFileError) return;
      errors.push(`${entry.path}: ${messageOf(error)}`);
    }
  }
}

function mayHold(
  listed: ArchiveRange & { readonly hosts: readonly string[] },
  { host, from, to }: ArchiveSelection,
): boolean {
  return overlap(listed, { from, to }) && listed.hosts.includes(host);
}

function overlap(a: ArchiveRange, b: ArchiveRange): boolean {
  return a.from < b.to && b.from < a.to;
}

/** The number that a file is named after. */
function timeIn({ name }: CatalogEntry): number {
  return Number.parseInt(name, 10) || 0;
}
