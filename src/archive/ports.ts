// What the archive is to the rest of the store: the shapes that cleanup and queries work with. Behind them are
// `archiveCheckpoints` (archive-run.ts), `ParquetArchive` (archive-reader.ts), and as encoders `WorkerEncoder`
// (worker-encoder.ts, with `platform.startArchiveWorker()`; one for each cleanup, closed after it: its memory is then free)
// or `ParquetEncoder` (parquet-encoder.ts), which works at the place of the call.

import type { FileProblem } from "../persistence/old-snapshots.ts";
import type { FileSystem } from "../runtime/ports.ts";

/** A stretch of time, Unix seconds; `to` is exclusive. */
export interface ArchiveRange {
  readonly from: number;
  readonly to: number;
}

// — Reading —

/** Which samples of one host to read. */
export interface ArchiveSelection extends ArchiveRange {
  readonly cluster: string;
  readonly host: string;
  /** Names of metrics; all if absent. */
  readonly metrics?: readonly string[];
  /** Tells of a path below the host ([] = the host itself, ["socket0", "memctrl1"]) whether to read it; all if absent. */
  readonly accepts?: (pathBelowHost: readonly string[]) => boolean;
}

/** The samples of one series in ascending order of time, each time once: of several files the newest's value. */
export interface ArchivedSeries {
  /** Names of the levels below the host; empty = the host's own. */
  readonly path: readonly string[];
  readonly metric: string;
  /** Seconds from one sample to the next, as when the newest of them was written. */
  readonly frequency: number;
  /** Unix seconds. */
  readonly timestamps: Float64Array;
  /** Values of `timestamps`; never NaN. */
  readonly values: Float32Array;
}

export interface ArchiveAnswer {
  /** Sorted by metric, then path. */
  readonly series: readonly ArchivedSeries[];
  /** One text for each file that should have been read and could not; it names the file. `series` has what the others hold. */
  readonly errors: readonly string[];
}

/** Samples in Parquet files. Nothing rejects for a bad file: that is in `errors`. */
export interface ArchiveReader {
  /** Clusters that have files, sorted. */
  clusters(): Promise<readonly string[]>;
  /** Hosts of a cluster that have samples near [from, to) (whole files count), sorted; of all time without a range. */
  hosts(cluster: string, range?: ArchiveRange): Promise<ArchivedHosts>;
  /** From the first to the last sample of a cluster; undefined if there is none. Cheap once the manifest is read. */
  covers(cluster: string): Promise<ArchiveRange | undefined>;
  read(selection: ArchiveSelection): Promise<ArchiveAnswer>;
}

export interface ArchivedHosts {
  readonly hosts: readonly string[];
  readonly errors: readonly string[];
}

// — Writing —

/** Who else changes checkpoint files while they are archived: the checkpointer of a running store. */
export interface CheckpointGuard {
  /** Runs `task` while nobody else changes the checkpoint files of the host. */
  exclusive<T>(cluster: string, host: string, task: () => Promise<T>): Promise<T>;
  /** Checkpoint files (names in the host's directory) were removed. Called within `exclusive`. */
  removed(cluster: string, host: string, names: readonly string[]): void;
}

export interface ArchiveOptions {
  readonly files: FileSystem;
  readonly encoder: ArchiveEncoder;
  readonly checkpointRoot: string;
  readonly archiveRoot: string;
  readonly cluster: string;
  /** Unix seconds: snapshot files whose range ends at or before this are archived whole, others not at all. */
  readonly olderThan: number;
  /** Without one nobody else may touch the checkpoint files meanwhile. */
  readonly guard?: CheckpointGuard;
  /** Once aborted, no host is begun any more, and the cluster stays as it was: the next run does it. */
  readonly signal?: AbortSignal;
  /** A file that could not be read or removed, and what that means. It stays where it is. */
  readonly onProblem: (problem: FileProblem) => void;
}

export interface ArchiveSummary {
  readonly cluster: string;
  /** Names of the Parquet files written. */
  readonly written: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  /** Checkpoint files that are in the Parquet files now, and gone. */
  readonly archivedSnapshots: number;
  /** Checkpoint files that are old enough but stay: unreadable, or changed meanwhile. Each was told to `onProblem`. */
  readonly keptSnapshots: number;
}

// — Encoding, in a worker or at the place of the call —

/** Samples of one host as its checkpoint files hold them. */
export interface EncoderHost {
  readonly host: string;
  /** In the order in which they count: of two values for the same time the later snapshot's stays. */
  readonly snapshots: readonly EncoderSnapshot[];
}

export interface EncoderSnapshot {
  readonly format: "bin" | "json";
  /** Given away: the caller must not use it any more. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface EncodedHost {
  /** The next bytes of the file. Empty if the host has no samples. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** Per snapshot: its digest, or why it is not in the file. */
  readonly snapshots: readonly EncodedSnapshot[];
}

export interface EncodedSnapshot {
  /** Of the snapshot's bytes: tells later whether the file has changed. */
  readonly digest: string;
  /** Set if the bytes are damaged: nothing of them is in the file. */
  readonly damage?: string;
}

export interface EncodedEnd {
  /** The last bytes of the file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** Of the samples. */
  readonly range: ArchiveRange;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly sha256: string;
}

/** Makes the bytes of Parquet files. One call at a time; rejects when the encoder itself has failed (it is then unusable). */
export interface ArchiveEncoder {
  /** Begins a file, and forgets one that was not finished. Resolves to its first bytes. */
  begin(file: EncoderFile): Promise<Uint8Array<ArrayBuffer>>;
  /** Adds the rows of a host; hosts come in ascending order of their names (as UTF-8). */
  addHost(host: EncoderHost): Promise<EncodedHost>;
  /** Undefined if there were no samples: then there is no file. */
  finish(): Promise<EncodedEnd | undefined>;
  /** Frees its memory, and ends its worker. */
  close(): Promise<void>;
}

export interface EncoderFile {
  readonly cluster: string;
  /** Files with a higher number are newer. */
  readonly sequence: number;
}
