// The power goes at every single operation of archiving, and of the run that finishes what was begun.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { archiveCheckpoints } from "../../src/archive/archive-run.ts";
import type { ArchiveEncoder } from "../../src/archive/ports.ts";
import { decodeHost } from "../../src/persistence/snapshot-files.ts";
import { failAt, IO_ERROR, MemoryFileSystem, NO_SPACE, type Outcome } from "../../src/runtime/memory.ts";
import type { HostSnapshot, LevelSnapshot } from "../../src/codec/host-snapshot.ts";
import { ARCHIVE, CHECKPOINTS, CLUSTER, DAY, namesIn, newEncoder, newReader, putSnapshot, T0 } from "./setup.ts";

const HOSTS = ["a01", "a02"];

/** Two hosts, two days, a late file: every sample another value. */
function prepare(): MemoryFileSystem {
  const files = new MemoryFileSystem();
  let value = 0;
  for (const host of HOSTS) {
    for (const from of [T0, T0 + 600, T0 + DAY - 60]) {
      const values = [1, 2, 3].map(() => value++);
      putSnapshot(files, { host, from, to: from + 180, series: [{ values }, { path: ["socket0"], values }] });
    }
  }
  return files;
}

async function run(files: MemoryFileSystem, encoder: ArchiveEncoder): Promise<void> {
  await archiveCheckpoints({
    files,
    encoder,
    checkpointRoot: CHECKPOINTS,
    archiveRoot: ARCHIVE,
    cluster: CLUSTER,
    olderThan: T0 + 10 * DAY,
    onProblem: () => {},
  });
}

/** "host path time" → value, as a query would see it; and how often each is in the archive's files. */
async function contentsOf(files: MemoryFileSystem): Promise<{ samples: Map<string, number>; inArchive: number }> {
  const samples = new Map<string, number>();
  const reader = newReader(files);
  let inArchive = 0;
  for (const host of HOSTS) {
    const { series, errors } = await reader.read({ cluster: CLUSTER, host, from: 0, to: 2 ** 40 });
    expect(errors).toEqual([]);
    for (const { path, timestamps, values } of series) {
      inArchive += values.length;
      for (const [i, time] of timestamps.entries()) samples.set(`${host} ${path.join("/")} ${time}`, values[i]);
    }
  }
  for (const [path, bytes] of files.files()) {
    const [, host] = /\/alpha\/(\w+)\/\d+\.bin$/.exec(path) ?? [];
    if (host !== undefined) addSnapshot(samples, host, decodeHost(bytes, "bin"));
  }
  return { samples, inArchive };
}

function addSnapshot(samples: Map<string, number>, host: string, { level }: HostSnapshot): void {
  const add = ({ metrics, children }: LevelSnapshot, path: readonly string[]): void => {
    for (const { start, frequency, values } of metrics) {
      for (const [i, value] of values.entries())
        samples.set(`${host} ${path.join("/")} ${start + i * frequency}`, value);
    }
    for (const { name, level: child } of children) add(child, [...path, name]);
  };
  add(level, []);
}

/** Rows of all files that count, doubles included. */
async function rowsOf(files: MemoryFileSystem): Promise<number> {
  const bytes = files.files().get(`${ARCHIVE}/${CLUSTER}/_manifest.json`);
  if (bytes === undefined) return 0;
  const manifest: { files: { rows: number }[] } = JSON.parse(new TextDecoder().decode(bytes));
  return manifest.files.reduce((sum, { rows }) => sum + rows, 0);
}

const encoder = newEncoder();
const expected = (await contentsOf(prepare())).samples;
const operations = await countOperations();

async function countOperations(): Promise<number> {
  const files = prepare();
  await run(files, encoder);
  return files.operationCount;
}

/** A run one operation of which ends so. */
async function runInto(files: MemoryFileSystem, index: number, outcome: Outcome): Promise<void> {
  files.onOperation = failAt(index, outcome);
  await run(files, encoder).catch(() => {});
  files.onOperation = undefined;
}

test("the run that is interrupted below has all kinds of operations", () => {
  expect(operations).toBeGreaterThan(70);
  expect(expected.size).toBe(2 * 2 * 9);
});

describe("when the power goes at any operation of a run", () => {
  test("every sample is there, and after the next run each is in the archive once", async () => {
    for (let index = 0; index < operations; index++) {
      const files = prepare();
      await runInto(files, index, "power-cut");
      const left = files.crash(seededRandom(index));
      expect((await contentsOf(left)).samples, `after the cut at ${index}`).toEqual(expected);
      await run(left, encoder);
      const { samples, inArchive } = await contentsOf(left);
      expect(samples, `after the run behind the cut at ${index}`).toEqual(expected);
      expect(namesIn(left, CHECKPOINTS), `cut at ${index}`).toEqual([]);
      expect(inArchive).toBe(expected.size);
      expect(await rowsOf(left), `rows, cut at ${index}`).toBe(expected.size);
      expect(namesIn(left, ARCHIVE).filter((name) => !/^alpha\/(\d+\.parquet|_manifest\.json)$/.test(name))).toEqual(
        [],
      );
    }
  }, 120_000);

  test("and again at any operation of the run that finishes it", async () => {
    for (let index = 5; index < operations; index += 7) {
      const first = prepare();
      await runInto(first, index, "power-cut");
      for (let second = index % 5, isCut = true; isCut; second += 5) {
        const files = first.crash(seededRandom(index));
        await runInto(files, second, "power-cut");
        isCut = files.operationCount > second;
        const left = files.crash(seededRandom(second));
        expect((await contentsOf(left)).samples, `cuts at ${index}, ${second}`).toEqual(expected);
        await run(left, encoder);
        expect((await contentsOf(left)).samples, `cuts at ${index}, ${second}`).toEqual(expected);
        expect(await rowsOf(left), `rows, cuts at ${index}, ${second}`).toBe(expected.size);
      }
    }
  }, 120_000);
});

describe.each([
  ["a full disk", NO_SPACE],
  ["a disk that fails", IO_ERROR],
])("%s at any operation", (_, fault) => {
  test("loses nothing, and the next run archives each sample once", async () => {
    for (let index = 0; index < operations; index++) {
      const files = prepare();
      await runInto(files, index, fault);
      expect((await contentsOf(files)).samples, `operation ${index}`).toEqual(expected);
      await run(files, encoder);
      expect((await contentsOf(files)).samples, `after the run behind ${index}`).toEqual(expected);
      expect(await rowsOf(files), `rows, operation ${index}`).toBe(expected.size);
    }
  }, 120_000);
});
