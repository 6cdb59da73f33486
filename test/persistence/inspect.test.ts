// `pegel inspect`: what an operator sees of files of the reference, of pegel, and of what is none of theirs.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { encodeSnapshot } from "../../src/codec/snapshot/snapshot.ts";
import { encodeFileHeader, encodeRecord } from "../../src/codec/wal/record.ts";
import { inspect, type InspectOptions } from "../../src/persistence/inspect.ts";
import { IO_ERROR, MemoryFileSystem } from "../../src/runtime/memory.ts";
import { platform } from "../support/runtime.ts";
import {
  BIN,
  bytesOf,
  concat,
  cut,
  edit,
  flip,
  garbage,
  H1,
  JOURNAL,
  range,
  record,
  recordAt,
  ROOT,
  soundDisk,
  timeOf,
  WAL,
} from "./damaged-disk.ts";

interface Printed {
  readonly exitCode: number;
  readonly out: string[];
  readonly errors: string[];
}

type How = Partial<Pick<InspectOptions, "show" | "format">>;

async function run(files: InspectOptions["files"], path: string, how: How = {}): Promise<Printed> {
  const out: string[] = [];
  const errors: string[] = [];
  const exitCode = await inspect({
    files,
    path,
    show: "summary",
    format: "text",
    print: (text) => void out.push(...text.split("\n")),
    printError: (line) => void errors.push(line),
    ...how,
  });
  return { exitCode, out, errors };
}

async function samplesIn(files: InspectOptions["files"], path: string): Promise<string[]> {
  const { out } = await run(files, path, { show: "samples" });
  expect(out[0]).toBe("cluster\thost\tlevel\tmetric\ttimestamp\tvalue");
  return out.slice(1);
}

describe("a file in words", () => {
  test("a snapshot: kind, size, range, and a row for each series", async () => {
    const values = Float32Array.of(1, NaN, 3);
    const block = { name: "load", frequency: 10, start: 1_800_000_000, values };
    const child = { name: "socket0", level: { metrics: [{ ...block, name: "power" }], children: [] } };
    const level = { metrics: [block], children: [child] };
    const files = new MemoryFileSystem();
    files.put("/c/h/1800000000.bin", encodeSnapshot({ from: 1_800_000_000, to: 1_800_000_030, level }));
    expect((await run(files, "/c/h/1800000000.bin")).out).toEqual([
      "/c/h/1800000000.bin: binary snapshot, 122 bytes",
      "2027-01-15T08:00:00Z to 2027-01-15T08:00:30Z, 2 series, 4 values, 2 gaps",
      "",
      "level    metric  frequency  first                 last                  values  gaps",
      "(host)   load    10 s       2027-01-15T08:00:00Z  2027-01-15T08:00:20Z  2       1",
      "socket0  power   10 s       2027-01-15T08:00:00Z  2027-01-15T08:00:20Z  2       1",
    ]);
  });

  test("a WAL: its records by series, and its damage with place and reason", async () => {
    const disk = soundDisk();
    edit(disk, WAL, flip(recordAt(2) + 20));
    const { out, exitCode } = await run(disk, WAL);
    expect(exitCode).toBe(1);
    expect(out).toEqual([
      `${WAL}: write-ahead log, ${recordAt(6)} bytes`,
      "2027-01-15T08:01:40Z to 2027-01-15T08:02:30Z, 5 records",
      expect.stringMatching(`^damaged: ${WAL}: byte ${recordAt(2)} to ${recordAt(3)}: CRC-32 0x.{8}, expected 0x.{8}$`),
      "",
      "level    metric  first                 last                  records",
      "socket0  load    2027-01-15T08:01:40Z  2027-01-15T08:02:30Z  5",
    ]);
  });

  test("a journal: its records by host and metric", async () => {
    const { out, exitCode } = await run(soundDisk(), JOURNAL);
    expect(exitCode).toBe(0);
    expect(out.slice(1)).toEqual([
      "2027-01-15T08:02:40Z to 2027-01-15T08:03:20Z, 8 records",
      "",
      "host  metric  first                 last                  records",
      "c/h1  load    2027-01-15T08:02:40Z  2027-01-15T08:03:20Z  5",
      "c/h2  load    2027-01-15T08:02:40Z  2027-01-15T08:03:00Z  3",
    ]);
  });

  test("what a start has put aside, whole or a part of a log", async () => {
    const disk = soundDisk();
    disk.put(`${BIN}.damaged`, cut(50)(bytesOf(disk, BIN)));
    disk.put(`${WAL}.2.damaged`, bytesOf(disk, WAL));
    disk.put(`${WAL}.199.2.damaged`, record(2));
    disk.put(`${WAL}.199.damaged`, concat([Uint8Array.of(1, 2, 3), record(1)]));
    expect((await run(disk, `${BIN}.damaged`)).out[2]).toMatch(
      /^damaged: .*: byte 37: number of metrics is 1, more than /,
    );
    expect((await run(disk, `${WAL}.2.damaged`)).out.join()).toMatch(/: write-ahead log, .*, 6 records,/);
    expect((await run(disk, `${WAL}.199.2.damaged`)).out[0]).toMatch(/: part of a write-ahead log, 39 bytes$/);
    expect((await run(disk, `${WAL}.199.damaged`)).out.slice(0, 3)).toEqual([
      expect.stringMatching(/: part of a write-ahead log, 42 bytes$/),
      expect.stringMatching(/, 1 record$/),
      expect.stringMatching(/: byte 0 to 3: magic /),
    ]);
  });

  test("a file is known by its first bytes when its name says nothing", async () => {
    const disk = soundDisk();
    for (const [i, path] of [BIN, WAL, JOURNAL].entries()) disk.put(`/copy${i}`, bytesOf(disk, path));
    const kinds = await Promise.all(range(0, 3).map(async (i) => (await run(disk, `/copy${i}`)).out[0]));
    expect(kinds.join()).toMatch(/binary snapshot.*write-ahead log.*journal/);
  });

  test("a time beyond all calendars is printed as a number; control characters do not reach the terminal", async () => {
    const files = new MemoryFileSystem();
    const sample = { metric: "m\u001b[31m", selector: ["a\tb"], timestamp: 9e12, value: 1 };
    files.put("/c/h/current.wal", concat([encodeFileHeader(), encodeRecord(sample)]));
    const { out } = await run(files, "/c/h/current.wal");
    expect(out[1]).toBe("9000000000000 to 9000000000000, 1 record");
    expect(out[4]).toMatch(/^a\\tb {3}m\\u001b\[31m /);
    expect(await samplesIn(files, "/c/h/current.wal")).toEqual(["c\th\ta\\tb\tm\\u001b[31m\t9000000000000\t1"]);
  });
});

describe("a directory in words", () => {
  test("a line for each file, and their sum for each host; what is put aside is left out", async () => {
    const disk = soundDisk();
    disk.put(`${H1}/5.bin.damaged`, garbage(9));
    disk.put(`${H1}/notes.txt`, garbage(9));
    const { out, exitCode } = await run(disk, `${ROOT}/`);
    expect(exitCode).toBe(0);
    const times = (from: number, to: number): string =>
      `2027-01-15T08:0${Math.floor(from / 6)}:${from % 6}0Z to 2027-01-15T08:0${Math.floor(to / 6)}:${to % 6}0Z`;
    const sizes = [BIN, JSON_PATH, WAL].map((path) => bytesOf(disk, path).length);
    expect(out.slice(3, 8)).toEqual([
      H1,
      `  1800000000.bin   ${sizes[0]} bytes   ${times(0, 5)}  5 values`,
      `  1800000050.json  ${sizes[1]} bytes  ${times(5, 10)}  5 values`,
      `  current.wal      ${sizes[2]} bytes  ${times(10, 15)}  6 records`,
      `  sum: 3 files, ${sizes[0] + sizes[1] + sizes[2]} bytes, ${times(0, 15)}, 1 series, 16 values`,
    ]);
  });

  test("a damaged file is marked, and the others are told of all the same", async () => {
    const disk = soundDisk();
    edit(disk, BIN, cut(10));
    const { out, exitCode } = await run(disk, H1);
    expect(exitCode).toBe(1);
    expect(out[1]).toMatch(/^ {2}1800000000.bin .* no samples .*DAMAGED: byte 4: from is cut/);
    expect(out.at(-1)).toMatch(/, 11 values, 1 damaged$/);
  });

  test("a file that cannot be read is told of, and the others are read", async () => {
    const disk = soundDisk();
    disk.onOperation = ({ name, path }) => (name === "readRange" && path === WAL ? IO_ERROR : "ok");
    const { out, errors, exitCode } = await run(disk, H1);
    expect(exitCode).toBe(1);
    expect(errors).toEqual([`pegel inspect: ${WAL}: input/output error`]);
    expect(out.at(-1)).toMatch(/^ {2}sum: 2 files/);
  });
});

const JSON_PATH = `${H1}/1800000050.json`;

describe("samples", () => {
  test.each([
    ["a snapshot", BIN, "c\th1\tsocket0\tload\t1800000000\t0.5", 5],
    ["a JSON checkpoint", JSON_PATH, "c\th1\tsocket0\tload\t1800000050\t5.5", 5],
    ["a WAL", WAL, "c\th1\tsocket0\tload\t1800000100\t10.5", 6],
    ["a journal", JOURNAL, "c\th1\tsocket0\tload\t1800000160\t16.5", 8],
    ["a directory", H1, "c\th1\tsocket0\tload\t1800000000\t0.5", 16],
  ])("of %s, one a line", async (_, path, first, count) => {
    const lines = await samplesIn(soundDisk(), path);
    expect(lines[0]).toBe(first);
    expect(lines).toHaveLength(count);
  });

  test("damage goes to the other stream", async () => {
    const disk = soundDisk();
    edit(disk, WAL, flip(recordAt(2) + 20));
    const { out, errors, exitCode } = await run(disk, WAL, { show: "samples" });
    expect([out.length, errors.length, exitCode]).toEqual([6, 1, 1]);
    expect(errors[0]).toMatch(/^damaged: .*byte \d+ to \d+: CRC/);
  });

  test("as JSON, an object a line; a value that JSON has no number for is null", async () => {
    const files = new MemoryFileSystem();
    const records = [0.1, NaN, -Infinity].map((value) => {
      return encodeRecord({ metric: "m", selector: ["a", "b"], timestamp: 7, value });
    });
    files.put("/c/h/current.wal", concat([encodeFileHeader(), ...records]));
    const { out } = await run(files, "/c/h/current.wal", { show: "samples", format: "json" });
    const sample = { cluster: "c", host: "h", level: ["a", "b"], metric: "m", timestamp: 7 };
    expect(out.map((line) => JSON.parse(line))).toEqual([0.1, null, null].map((value) => ({ ...sample, value })));
  });

  test("of a long WAL come in pieces, in memory that does not grow with it", async () => {
    const files = new MemoryFileSystem();
    files.put("/c/h/current.wal", concat([encodeFileHeader(), ...range(0, 40_000).map((i) => record(i))]));
    const pieces: number[] = [];
    const print = (text: string): void => void pieces.push(text.length);
    await inspect({ files, path: "/c/h/current.wal", show: "samples", format: "text", print, printError: print });
    expect(pieces.length).toBeGreaterThan(10);
    expect(Math.max(...pieces)).toBeLessThan(100_000);
  });
});

describe("JSON", () => {
  test("of a file: one object with its series and its damage", async () => {
    const disk = soundDisk();
    edit(disk, WAL, cut(recordAt(5) + 7));
    const { out } = await run(disk, WAL, { format: "json" });
    expect(out).toHaveLength(1);
    const series = { cluster: "c", host: "h1", level: ["socket0"], metric: "load" };
    expect(JSON.parse(out[0])).toEqual({
      path: WAL,
      kind: "wal",
      sizeBytes: recordAt(5) + 7,
      from: timeOf(10),
      to: timeOf(14),
      values: 5,
      damage: [{ start: recordAt(5), end: recordAt(5) + 7, reason: "the file ends within a record" }],
      series: [{ ...series, first: timeOf(10), last: timeOf(14), values: 5 }],
    });
  });

  test("of a directory: an object for each file, then one for their sum", async () => {
    const { out } = await run(soundDisk(), H1, { format: "json" });
    const objects = out.map((line) => JSON.parse(line));
    expect(objects.map(({ kind }) => kind)).toEqual(["bin", "json", "wal", undefined]);
    expect(objects[3]).toMatchObject({ directory: H1, files: 3, series: 1, values: 16, damagedFiles: 0 });
  });
});

describe("what is no file of a store", () => {
  test.each<[string, string, string]>([
    ["a path that is not there", "/nowhere", "no such file or directory"],
    ["a file of another kind", "/notes", "expected a snapshot (.bin, .json), a WAL (.wal) or a journal"],
    ["an empty file", "/empty", "expected a snapshot (.bin, .json), a WAL (.wal) or a journal"],
    ["a path below a file", `${BIN}/x`, "not a directory"],
    ["a directory that may not be listed", H1, "permission denied"],
  ])("%s", async (_, path, reason) => {
    const disk = soundDisk();
    disk.put("/notes", new TextEncoder().encode("dear diary"));
    disk.put("/empty", new Uint8Array());
    disk.onOperation = (operation) =>
      operation.name === "list" && operation.path === H1 ? { code: "not-allowed", reason: "EACCES" } : "ok";
    expect(await run(disk, path)).toEqual({ exitCode: 1, out: [], errors: [`pegel inspect: ${path}: ${reason}`] });
  });
});

test("an inspection changes nothing", async () => {
  const disk = soundDisk();
  edit(disk, WAL, cut(recordAt(5) + 7));
  const changes: string[] = [];
  disk.onOperation = ({ name }) => {
    if (!["list", "sizeOf", "readRange"].includes(name)) changes.push(name);
    return "ok";
  };
  for (const path of [ROOT, BIN, WAL, JOURNAL]) await run(disk, path);
  expect(changes).toEqual([]);
});

// — Files that the reference wrote: test/golden/README.md —

interface RecordedFile {
  readonly file: string;
  readonly cluster: string;
  readonly host: string;
  readonly series?: {
    readonly selector: string[];
    readonly metric: string;
    readonly frequency: number;
    readonly start: number;
    readonly values: (number | null)[];
  }[];
  readonly records?: [timestamp: number, metric: string, selector: string[], value: number][];
}

const golden = fileURLToPath(new URL("../golden/files/", import.meta.url));
const recorded = (JSON.parse(readFileSync(`${golden}manifest.json`, "utf8")) as { files: RecordedFile[] }).files;

function recordedSamples({ cluster, host, series = [], records = [] }: RecordedFile): string[] {
  const line = (level: string[], metric: string, time: number, value: number): string =>
    [cluster, host, level.join("/"), metric, time, Math.fround(value)].join("\t");
  const ofSeries = series.flatMap(({ selector, metric, frequency, start, values }) =>
    values.flatMap((value, i) => (value === null ? [] : line(selector, metric, start + i * frequency, value))),
  );
  return [...ofSeries, ...records.map(([time, metric, selector, value]) => line(selector, metric, time, value))];
}

/** The printed values are the shortest decimals; the recorded ones are compared as float32. */
function asFloat32(line: string): string {
  const cells = line.split("\t");
  return [...cells.slice(0, -1), Math.fround(Number(cells.at(-1)))].join("\t");
}

test.each(recorded.filter(({ file }) => /\.(bin|json|wal)$/.test(file)))(
  "every sample of the reference's $file is printed",
  async (file) => {
    const printed = await samplesIn(platform.files, golden + file.file);
    expect(printed.map(asFloat32).toSorted()).toEqual(recordedSamples(file).toSorted());
  },
);
