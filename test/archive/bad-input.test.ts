// What is damaged, missing, or somebody else's costs itself alone, and is told.

import { beforeEach, describe, expect, test } from "vitest";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { encodeHost } from "../../src/persistence/snapshot-files.ts";
import { MemoryFileSystem, type Fault } from "../../src/runtime/memory.ts";
import {
  ARCHIVE,
  archive,
  CHECKPOINTS,
  CLUSTER,
  DAY,
  HOUR,
  namesIn,
  newEncoder,
  newReader,
  putSnapshot,
  readAll,
  samplesOf,
  snapshotOf,
  T0,
} from "./setup.ts";

const NOT_ALLOWED: Fault = { code: "not-allowed", reason: "permission denied" };

const DIRECTORY = `${ARCHIVE}/${CLUSTER}`;

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
});

/** Copies of a file, each with another bit changed. */
function* withChangedBits(bytes: Uint8Array): Generator<{ name: string; bytes: Uint8Array }> {
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const at = Math.floor(bit / 8);
    const mask = 1 << (bit % 8);
    yield {
      name: `bit ${bit % 8} of byte ${at}`,
      bytes: Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ mask : byte)),
    };
  }
}

/** Lets everything that is done to paths which end so fail. */
function forbid(end: string): void {
  files.onOperation = ({ path }) => (path.endsWith(end) ? NOT_ALLOWED : "ok");
}

describe("checkpoint files", () => {
  test.each([
    ["cut in the middle", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 3)],
    ["empty", () => new Uint8Array(0)],
    ["with a wrong magic", (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte ^ 1 : byte))],
  ])("%s stay where they are and are told; the others are archived", async (_, damage) => {
    putSnapshot(files, { series: [{ values: [1] }] });
    const bad = putSnapshot(files, { from: T0 + HOUR, series: [{ values: [2] }] });
    files.put(bad, damage(files.files().get(bad) ?? new Uint8Array(0)));
    const { summary, problems } = await archive(files);
    expect(problems).toEqual([{ path: bad, reason: expect.any(String) }]);
    expect(summary).toMatchObject({ rows: 1, archivedSnapshots: 1 });
    expect([...files.files().keys()].filter((path) => path.startsWith(CHECKPOINTS))).toEqual([bad]);
    expect([...samplesOf(await readAll(files)).values()]).toEqual([1]);
  });

  test("that the system does not let us read stay and are told", async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    const bad = putSnapshot(files, { from: T0 + HOUR, series: [{ values: [2] }] });
    forbid(bad);
    const { summary, problems } = await archive(files);
    expect(problems).toMatchObject([{ path: bad, reason: expect.stringContaining("permission denied") }]);
    expect(summary).toMatchObject({ rows: 1, archivedSnapshots: 1 });
  });

  test("of a host whose directory cannot be listed stay; other hosts are archived", async () => {
    putSnapshot(files, { host: "a01", series: [{ values: [1] }] });
    putSnapshot(files, { host: "a02", series: [{ values: [2] }] });
    forbid("/a01");
    const { summary, problems } = await archive(files);
    expect(problems).toMatchObject([{ path: `${CHECKPOINTS}/${CLUSTER}/a01` }]);
    expect(summary).toMatchObject({ rows: 1, archivedSnapshots: 1 });
  });

  test("that cannot be removed are archived once, however often that is tried", async () => {
    const path = putSnapshot(files, { series: [{ values: [1] }] });
    files.onOperation = (operation) => (operation.name === "remove" && operation.path === path ? NOT_ALLOWED : "ok");
    for (let i = 0; i < 3; i++) {
      const { problems } = await archive(files);
      expect(problems).toMatchObject([{ path, reason: expect.stringContaining("archived, but not removed") }]);
    }
    expect(namesIn(files, DIRECTORY)).toEqual([`${T0 + HOUR}.parquet`, "_manifest.json"]);
    files.onOperation = undefined;
    await archive(files);
    expect(namesIn(files, CHECKPOINTS)).toEqual([]);
    expect(samplesOf(await readAll(files)).size).toBe(1);
  });
});

describe("an archive directory", () => {
  test("that cannot be written is told, and no checkpoint file is touched", async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    forbid(DIRECTORY);
    await expect(archive(files)).rejects.toThrow("permission denied");
    expect(namesIn(files, CHECKPOINTS)).toEqual([`${CLUSTER}/a01/${T0}.bin`]);
  });

  test("that cannot be read gives no samples and an error", async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    await archive(files);
    forbid(DIRECTORY);
    const answer = await readAll(files);
    expect(answer.series).toEqual([]);
    expect(answer.errors).toEqual([expect.stringContaining("permission denied")]);
  });

  test("with a damaged manifest reads as well, and the next run puts the manifest aside", async () => {
    putSnapshot(files, { series: [{ values: [1, 2] }] });
    await archive(files);
    files.put(`${DIRECTORY}/_manifest.json`, new TextEncoder().encode('{"version":1,"files":[{"name":7}]}'));
    expect(await readAll(files)).toMatchObject({ errors: [] });
    expect(samplesOf(await readAll(files)).size).toBe(2);
    putSnapshot(files, { series: [{ values: [10] }] });
    const { problems } = await archive(files);
    expect(problems).toMatchObject([
      { path: `${DIRECTORY}/_manifest.json`, reason: expect.stringContaining("files.0.name") },
    ]);
    expect([...samplesOf(await readAll(files)).values()]).toEqual([10, 2]);
    expect(namesIn(files, DIRECTORY)).toContain("_manifest.json.damaged");
  });
});

describe("of two archive files", () => {
  const [first, second] = [`${DIRECTORY}/${T0 + HOUR}.parquet`, `${DIRECTORY}/${T0 + DAY + HOUR}.parquet`];
  beforeEach(async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    putSnapshot(files, { from: T0 + DAY, series: [{ values: [2] }] });
    await archive(files);
    expect(samplesOf(await readAll(files)).size).toBe(2);
  });

  test.each([
    ["empty", () => new Uint8Array(0), "the file is empty"],
    ["cut", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2), "footer"],
    ["cut by a byte", (bytes: Uint8Array) => bytes.subarray(0, -1), "footer"],
    ["cut to four bytes", (bytes: Uint8Array) => bytes.subarray(0, 4), ""],
    ["overwritten with zeros", (bytes: Uint8Array) => new Uint8Array(bytes.length), ""],
    [
      "damaged in its pages",
      (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i > 4 && i < bytes.length / 3 ? byte ^ 0x5a : byte)),
      "",
    ],
  ])("one that is %s costs its own samples, and the answer names it", async (_, damage, reason) => {
    files.put(first, damage(files.files().get(first) ?? new Uint8Array(0)));
    const answer = await readAll(files);
    expect([...samplesOf(answer).values()]).toEqual([2]);
    expect(answer.errors).toEqual([expect.stringContaining(`${first}: `)]);
    expect(answer.errors[0]).toContain(reason);
    const { failures } = await verifyArchive(files, ARCHIVE);
    expect(failures.map(({ path }) => path)).toEqual([first]);
  });

  test("one that is missing costs its own samples, and only answers that need it say so", async () => {
    await files.remove(first);
    const answer = await readAll(files);
    expect([...samplesOf(answer).values()]).toEqual([2]);
    expect(answer.errors).toEqual([`${first}: the file is missing`]);
    expect((await readAll(files, "a01", { from: T0 + DAY, to: T0 + 2 * DAY })).errors).toEqual([]);
    expect((await readAll(files, "a77")).errors).toEqual([]);
    expect((await verifyArchive(files, ARCHIVE)).failures).toEqual([{ path: first, reason: "the file is missing" }]);
  });

  test("one that was damaged while it was in use is told, and read again once it is repaired", async () => {
    const reader = newReader(files);
    const read = () => reader.read({ cluster: CLUSTER, host: "a01", from: 0, to: 2 ** 40 });
    await read();
    const bytes = files.files().get(second) ?? new Uint8Array(0);
    files.put(second, new Uint8Array(bytes.length));
    expect((await read()).errors).toHaveLength(1);
    files.put(second, bytes);
    expect(samplesOf(await read()).size).toBe(2);
  });

  test("a changed bit anywhere is told, or changes no sample", async () => {
    const bytes = files.files().get(first) ?? new Uint8Array(0);
    const whole = [...samplesOf(await readAll(files))];
    for (const damaged of withChangedBits(bytes)) {
      files.put(first, damaged.bytes);
      const answer = await readAll(files);
      if (answer.errors.length > 0) expect(answer.errors, damaged.name).toEqual([expect.stringContaining(first)]);
      else expect([...samplesOf(answer)], damaged.name).toEqual(whole);
    }
  });

  test("a single changed bit is found by verify", async () => {
    const bytes = files.files().get(second) ?? new Uint8Array(0);
    bytes[40] ^= 1;
    files.put(second, bytes);
    const { failures } = await verifyArchive(files, ARCHIVE);
    expect(failures).toEqual([{ path: second, reason: expect.stringContaining("SHA-256") }]);
  });
});

describe("a file that is not in the manifest", () => {
  beforeEach(async () => {
    putSnapshot(files, { series: [{ values: [1] }] });
    await archive(files);
  });

  test("is read if it is an archive's: a copy from elsewhere, say", async () => {
    const bytes = files.files().get(`${DIRECTORY}/${T0 + HOUR}.parquet`) ?? new Uint8Array(0);
    files.put(`${ARCHIVE}/beta/copy.parquet`, bytes);
    const answer = await newReader(files).read({ cluster: "beta", host: "a01", from: 0, to: 2 ** 40 });
    expect(samplesOf(answer).size).toBe(1);
    expect(await newReader(files).hosts("beta")).toEqual({ hosts: ["a01"], errors: [] });
    expect(await newReader(files).covers("beta")).toEqual({ from: T0, to: T0 + 1 });
    expect((await verifyArchive(files, ARCHIVE)).notes).toMatchObject([{ path: `${ARCHIVE}/beta/copy.parquet` }]);
  });

  test("is told if it cannot be read: nobody knows what it holds", async () => {
    files.put(`${DIRECTORY}/broken.parquet`, new Uint8Array([1, 2, 3]));
    const answer = await readAll(files);
    expect(samplesOf(answer).size).toBe(1);
    expect(answer.errors).toEqual([expect.stringContaining("broken.parquet")]);
  });

  test("is left alone if it is none of ours", async () => {
    files.put(`${DIRECTORY}/README.txt`, new Uint8Array([1]));
    files.put(`${DIRECTORY}/1.parquet.tmp`, new Uint8Array([1]));
    files.put(`${ARCHIVE}/notes.parquet`, new Uint8Array([1]));
    expect((await readAll(files)).errors).toEqual([]);
    expect((await verifyArchive(files, ARCHIVE)).failures).toEqual([]);
    await archive(files);
    expect(namesIn(files, DIRECTORY)).toContain("README.txt");
  });
});

test("an archive that is sound is told to be", async () => {
  putSnapshot(files, { series: [{ values: [1, 2] }, { path: ["socket0"], metric: "power", values: [3] }] });
  putSnapshot(files, { host: "b", series: [{ values: [4] }] });
  await archive(files);
  const bytes = await files.sizeOf(`${DIRECTORY}/${T0 + HOUR}.parquet`);
  expect(await verifyArchive(files, ARCHIVE)).toEqual({
    failures: [],
    notes: [],
    clusters: 1,
    files: 1,
    rows: 4,
    bytes,
  });
});

test("a file of ours whose hosts are out of order is told by verify", async () => {
  const encoder = newEncoder();
  const bytes = (): Uint8Array<ArrayBuffer> =>
    new Uint8Array(encodeHost(snapshotOf({ series: [{ values: [1] }] }), "bin"));
  const pieces = [await encoder.begin({ cluster: CLUSTER, sequence: 1 })];
  for (const host of ["b", "a"]) {
    pieces.push((await encoder.addHost({ host, snapshots: [{ format: "bin", bytes: bytes() }] })).bytes);
  }
  pieces.push((await encoder.finish())?.bytes ?? new Uint8Array(0));
  files.put(`${DIRECTORY}/1.parquet`, Buffer.concat(pieces));
  const { failures } = await verifyArchive(files, ARCHIVE);
  expect(failures).toEqual([
    { path: `${DIRECTORY}/1.parquet`, reason: "row 1: not sorted by host, metric and selector" },
  ]);
});
