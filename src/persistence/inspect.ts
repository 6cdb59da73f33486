// `pegel inspect FILE|DIR`: what the files of a store hold. Reads only.

import { FileSystemError, type FileSystem } from "../runtime/ports.ts";
import { summarizeLog } from "./inspect-log.ts";
import { summarizeSnapshot } from "./inspect-snapshot.ts";
import { rangeOfRows, total, type FileSummary, type InspectedFile, type OnSample } from "./inspect-summary.ts";
import {
  damageLines,
  directoryJson,
  directoryLines,
  fileJson,
  fileLines,
  sampleJson,
  sampleTsv,
  SAMPLES_HEADER,
  type DirectorySum,
} from "./inspect-text.ts";
import { roleOf } from "./inspect-kind.ts";
import { identify, isDirectory, trimPath, walk, whyNot, type WalkedDirectory } from "./inspect-walk.ts";
import { join } from "./layout.ts";

export interface InspectOptions {
  readonly files: FileSystem;
  /** A file or a directory. */
  readonly path: string;
  readonly show: "summary" | "samples";
  /** `json`: an object a line. */
  readonly format: "text" | "json";
  /** Takes one line, or several with line ends between them. */
  readonly print: (text: string) => void;
  readonly printError: (line: string) => void;
}

/** Characters that are gathered before they are printed: a system call for each sample would be slow. */
const PRINTED_CHARACTERS = 1 << 16;

/** Prints what is at the path. Resolves to the exit code: 1 if something could not be read or is damaged. */
export async function inspect(options: InspectOptions): Promise<0 | 1> {
  const path = trimPath(options.path);
  const inspection = new Inspection(options);
  try {
    if (await isDirectory(options.files, path)) await inspection.directory(path);
    else await inspection.file(path);
  } catch (error) {
    inspection.failed(path, error);
  }
  return inspection.end();
}

class Inspection {
  readonly #options: InspectOptions;
  readonly #onSample: OnSample | undefined;
  #exitCode: 0 | 1 = 0;
  #lines: string[] = [];
  #characters = 0;

  constructor(options: InspectOptions) {
    const { show, format } = options;
    const asText = format === "json" ? sampleJson : sampleTsv;
    this.#options = options;
    this.#onSample = show === "summary" ? undefined : (series, time, value) => this.#print(asText(series, time, value));
    if (show === "samples" && format === "text") this.#print(SAMPLES_HEADER);
  }

  async file(path: string): Promise<void> {
    const file = await identify(this.#options.files, path);
    if (file === undefined) return this.#fail(path, "expected a snapshot (.bin, .json), a WAL (.wal) or a journal");
    const summary = await this.#summarize(file);
    if (this.#onSample === undefined) this.#print(...(this.#isJson ? [fileJson(summary)] : fileLines(summary)));
  }

  async directory(root: string): Promise<void> {
    for await (const directory of walk(this.#options.files, root, (path, error) => this.failed(path, error))) {
      await this.#filesOf(directory);
    }
  }

  failed(path: string, error: unknown): void {
    if (!(error instanceof FileSystemError)) throw error;
    this.#fail(path, whyNot(error));
  }

  end(): 0 | 1 {
    this.#flush();
    return this.#exitCode;
  }

  async #filesOf({ path: directory, entries }: WalkedDirectory): Promise<void> {
    const summaries: FileSummary[] = [];
    for (const { name, kind: entryKind } of entries) {
      const { kind, state } = roleOf(name);
      // What was put aside, or was never finished, is no part of what the store holds; it can be looked at by its name.
      if (entryKind !== "file" || kind === undefined || state !== "live") continue;
      const path = join(directory, name);
      try {
        summaries.push(await this.#summarize({ path, kind, isPart: false }));
      } catch (error) {
        this.failed(path, error);
      }
    }
    if (summaries.length === 0 || this.#onSample !== undefined) return;
    const sum = sumOf(directory, summaries);
    if (this.#isJson) this.#print(...summaries.map(fileJson), directoryJson(sum));
    else this.#print(...directoryLines(sum, summaries));
  }

  async #summarize(file: InspectedFile): Promise<FileSummary> {
    const { files, printError } = this.#options;
    const { kind } = file;
    const summary =
      kind === "wal" || kind === "journal"
        ? await summarizeLog(files, file, kind, this.#onSample)
        : await summarizeSnapshot(files, file, kind, this.#onSample);
    if (summary.damage.length > 0) this.#exitCode = 1;
    if (this.#onSample !== undefined) for (const line of damageLines(summary)) printError(line);
    return summary;
  }

  get #isJson(): boolean {
    return this.#options.format === "json";
  }

  #fail(path: string, reason: string): void {
    this.#exitCode = 1;
    this.#options.printError(`pegel inspect: ${path}: ${reason}`);
  }

  #print(...lines: readonly string[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#characters += line.length;
    }
    if (this.#characters >= PRINTED_CHARACTERS) this.#flush();
  }

  #flush(): void {
    if (this.#lines.length > 0) this.#options.print(this.#lines.join("\n"));
    this.#lines = [];
    this.#characters = 0;
  }
}

function sumOf(directory: string, summaries: readonly FileSummary[]): DirectorySum {
  const rows = summaries.flatMap((summary) => summary.rows);
  const keys = rows.map(({ cluster, host, level, metric }) => [cluster, host, metric, ...level].join("\0"));
  return {
    directory,
    files: summaries.length,
    sizeBytes: summaries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    series: new Set(keys).size,
    values: total(rows, "values"),
    ...rangeOfRows(rows),
    damagedFiles: summaries.filter(({ damage }) => damage.length > 0).length,
  };
}
