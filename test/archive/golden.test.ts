// The reference's own Parquet files, and its checkpoint files archived here.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ArchiveAnswer } from "../../src/archive/ports.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { scopeOf } from "../../src/codec/parquet/level-scope.ts";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";
import { ARCHIVE, archive, CHECKPOINTS, newReader } from "./setup.ts";

type Row = readonly [
  hostname: string,
  metric: string,
  scope: string,
  scopeId: string,
  timestamp: number,
  frequency: number,
  value: number,
];

interface RecordedFile {
  readonly file: string;
  readonly format: string;
  readonly rows: readonly Row[];
}

const golden = new URL("../golden/files/", import.meta.url);
const manifest: { files: RecordedFile[] } = JSON.parse(readFileSync(new URL("manifest.json", golden), "utf8"));
const archives = manifest.files.filter(({ format }) => format === "parquet");

const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, golden)));

/** As sets of rows; of a sample that is there twice the last one. */
function lastOf(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.map(([...row]) => [row.slice(0, 6).join(" "), Math.fround(row[6])]));
}

function rowsOf(host: string, { series }: ArchiveAnswer): Map<string, number> {
  const rows = series.flatMap(({ metric, path, frequency, timestamps, values }) => {
    const { scope, scopeId } = scopeOf(path);
    return Array.from(timestamps, (time, i): Row => [host, metric, scope, scopeId, time, frequency, values[i]]);
  });
  return lastOf(rows);
}

async function readAllHosts(files: MemoryFileSystem, cluster: string): Promise<Map<string, number>> {
  const reader = newReader(files);
  const all = new Map<string, number>();
  for (const host of (await reader.hosts(cluster)).hosts) {
    const answer = await reader.read({ cluster, host, from: 0, to: 2 ** 40 });
    expect(answer.errors).toEqual([]);
    for (const [key, value] of rowsOf(host, answer)) all.set(key, value);
  }
  return all;
}

describe.each(archives.map(({ file, rows }) => ({ file, rows })))("$file", ({ file, rows }) => {
  const [tree, cluster, name] = file.split("/");

  test("of the reference reads sample by sample, from a directory without a manifest", async () => {
    const files = new MemoryFileSystem();
    files.put(`${ARCHIVE}/${cluster}/${name}`, bytesOf(file));
    expect(await readAllHosts(files, cluster)).toEqual(lastOf(rows));
    const { failures, rows: checked } = await verifyArchive(files, ARCHIVE);
    expect(failures).toEqual([]);
    expect(checked).toBe(rows.length);
  });

  test("of the reference, damaged or unreadable, costs itself alone and ends nothing", async () => {
    const path = `${ARCHIVE}/${cluster}/${name}`;
    const [[host]] = rows;
    const files = new MemoryFileSystem();
    const read = (): Promise<ArchiveAnswer> => newReader(files).read({ cluster, host, from: 0, to: 2 ** 40 });
    const bytes = bytesOf(file);
    // It has no checksums: what is wrong in it may be read. But a read that hyparquet does not wait for must not fail alone.
    for (let at = 0; at < bytes.length; at += 3) {
      files.put(
        path,
        Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte)),
      );
      const { errors } = await read();
      for (const error of errors) expect(error).toContain(path);
    }
    files.put(path, bytes);
    for (let reads = 1; ; reads++) {
      let left = reads;
      files.onOperation = ({ name: what }) =>
        what === "readRange" && left-- === 0 ? { code: "other", reason: "the disk is tired" } : "ok";
      const { errors } = await read();
      if (errors.length === 0) break;
      expect(errors).toEqual([expect.stringContaining("the disk is tired")]);
    }
  });

  test("is what archiving the same checkpoint files here gives", async () => {
    const files = new MemoryFileSystem();
    const directory = tree.replace("archive", "checkpoints");
    for (const recorded of manifest.files) {
      const [itsTree, itsCluster, host, snapshot] = recorded.file.split("/");
      if (itsTree !== directory || itsCluster !== cluster) continue;
      files.put(`${CHECKPOINTS}/${cluster}/${host}/${snapshot}`, bytesOf(recorded.file));
    }
    const { problems } = await archive(files, { cluster, olderThan: 2 ** 31 });
    expect(problems).toEqual([]);
    expect(await readAllHosts(files, cluster)).toEqual(lastOf(rows));
    expect(await verifyArchive(files, ARCHIVE)).toMatchObject({ failures: [], notes: [] });
  });
});

test("late data beside a file of the reference counts", async () => {
  const files = new MemoryFileSystem();
  const [{ file, rows }] = archives;
  const [, cluster, name] = file.split("/");
  files.put(`${ARCHIVE}/${cluster}/${name}`, bytesOf(file));
  const [host, metric, , , timestamp] = rows[0];
  const { putSnapshot } = await import("./setup.ts");
  putSnapshot(files, { cluster, host, from: timestamp, series: [{ metric, frequency: 1, values: [-7] }] });
  await archive(files, { cluster, olderThan: 2 ** 31 });
  const found = await readAllHosts(files, cluster);
  expect(found.get(rows[0].slice(0, 6).join(" "))).toBe(-7);
  expect(found.size).toBe(lastOf(rows).size);
});
