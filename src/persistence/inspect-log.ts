// What a WAL or a journal holds.

import type { FileSystem } from "../runtime/ports.ts";
import { LOG_HEADERS } from "./inspect-kind.ts";
import { scanLog } from "./inspect-log-scan.ts";
import { countValue, hostOfPath, rangeOfRows, type FileDamage, type FileSummary } from "./inspect-summary.ts";
import type { HostName, InspectedFile, OnSample, SeriesRow } from "./inspect-summary.ts";

/**
 * Reads a log, in memory that depends on its series, not on its length. Of a log with a wrong magic, which the store
 * would not read, the records are given all the same.
 * @throws FileSystemError
 */
export async function summarizeLog(
  files: FileSystem,
  file: InspectedFile,
  kind: "wal" | "journal",
  onSample?: OnSample,
): Promise<FileSummary> {
  const { path, isPart } = file;
  const sizeBytes = await files.sizeOf(path);
  const damage = isPart ? [] : await headerDamage(files, path, kind);
  const rows = new LogRows(kind === "wal" ? "series" : "metric of a host", hostOfPath(path), onSample);
  await scanLog(
    files,
    path,
    { kind, from: isPart ? 0 : LOG_HEADERS[kind].headerBytes },
    {
      onHost: (host) => rows.setHost(host),
      onRecord: ({ metric, selector, timestamp, value }) => rows.add(metric, selector, timestamp, value),
      onDamage: (range) => void damage.push(range),
    },
  );
  const all = rows.all();
  return { ...file, sizeBytes, ...rangeOfRows(all), rows: all, damage };
}

/** What is wrong with the first bytes. An empty log is sound: the power went before anything was in it. */
async function headerDamage(files: FileSystem, path: string, kind: "wal" | "journal"): Promise<FileDamage[]> {
  const { magic, headerBytes } = LOG_HEADERS[kind];
  const header = await files.readRange(path, 0, headerBytes);
  if (header.length === 0) return [];
  if (header.length < headerBytes) return [{ start: 0, end: header.length, reason: "the file ends within its magic" }];
  const found = new DataView(header.buffer, header.byteOffset).getUint32(0, true);
  if (found === magic) return [];
  const reason = `file magic ${hex(found)}, expected ${hex(magic)}`;
  if (kind === "journal") return [{ start: 0, end: headerBytes, reason }];
  return [{ start: 0, end: undefined, reason: `${reason}: a start would put the file aside unread` }];
}

/** Counts records into rows. */
class LogRows {
  readonly #rows = new Map<string, SeriesRow>();
  readonly #per: "series" | "metric of a host";
  readonly #onSample: OnSample | undefined;
  #host: HostName;

  constructor(per: "series" | "metric of a host", host: HostName, onSample: OnSample | undefined) {
    this.#per = per;
    this.#host = host;
    this.#onSample = onSample;
  }

  setHost({ cluster, host }: HostName): void {
    this.#host = { cluster, host };
  }

  add(metric: string, selector: readonly string[], timestamp: number, value: number): void {
    const level = this.#per === "series" ? selector : [];
    countValue(this.#rowOf(metric, level), timestamp);
    this.#onSample?.({ ...this.#host, level: selector, metric }, timestamp, value);
  }

  all(): SeriesRow[] {
    return [...this.#rows.values()];
  }

  #rowOf(metric: string, level: readonly string[]): SeriesRow {
    const { cluster, host } = this.#host;
    const key = [cluster, host, metric, ...level].join("\0");
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const counts = { frequency: undefined, first: undefined, last: undefined, values: 0, gaps: undefined };
    const row: SeriesRow = { cluster, host, level, metric, ...counts };
    this.#rows.set(key, row);
    return row;
  }
}

function hex(magic: number): string {
  return `0x${magic.toString(16).toUpperCase().padStart(8, "0")}`;
}
