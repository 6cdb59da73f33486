// `pegel verify`: everything that is wrong is told with its place, what is merely odd is noted, nothing is changed.

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { verify, type VerifyOptions } from "../../src/persistence/verify.ts";
import { verifyLines } from "../../src/persistence/verify-report.ts";
import { IO_ERROR, type MemoryFileSystem } from "../../src/runtime/memory.ts";
import { platform } from "../support/runtime.ts";
import {
  append,
  BIN,
  binOf,
  bytesOf,
  cut,
  edit,
  flip,
  garbage,
  H1,
  H2,
  hostRecord,
  IN_2100,
  JOURNAL,
  JSON_FILE,
  jsonOf,
  record,
  recordAt,
  ROOT,
  RUNS,
  soundDisk,
  timeOf,
  WAL,
  walOf,
} from "./damaged-disk.ts";

function check(files: VerifyOptions["files"], path = ROOT): Promise<string[]> {
  return verify({ files, path, now: timeOf(0) }).then(verifyLines);
}

async function damaged(damage: (disk: MemoryFileSystem) => void | Promise<void>): Promise<string[]> {
  const disk = soundDisk();
  await damage(disk);
  return check(disk);
}

test("a sound directory gets one line, and the exit code is that of no failures", async () => {
  const disk = soundDisk();
  const sizeBytes = [...disk.files().values()].reduce((sum, { length }) => sum + length, 0);
  expect(await check(disk)).toEqual([`all sound: 5 files of 2 hosts, ${sizeBytes} bytes`]);
});

describe("failures, as path: offset: reason", () => {
  test.each<[string, string | RegExp, (disk: MemoryFileSystem) => void | Promise<void>]>([
    [
      "a flipped bit in a WAL record",
      /^current.wal: 82: CRC-32 .*, expected .* \(39 bytes\)$/,
      (disk) => edit(disk, WAL, flip(recordAt(2) + 20)),
    ],
    [
      "a flipped bit in a WAL that waits for a later start",
      /^current.1.wal: 43: CRC-32 /,
      (disk) => disk.put(`${H1}/current.1.wal`, flip(recordAt(1) + 20)(bytesOf(disk, WAL))),
    ],
    [
      "a torn WAL",
      "current.wal: 199: the file ends within a record (5 bytes)",
      (disk) => edit(disk, WAL, cut(recordAt(5) + 5)),
    ],
    ["a cut magic", "current.wal: 0: the file ends within its magic (3 bytes)", (disk) => edit(disk, WAL, cut(3))],
    [
      "a wrong magic",
      /^current.wal: 0: file magic 0xCC1DA700, expected 0xCC1DA701: /,
      (disk) => edit(disk, WAL, flip(0)),
    ],
    ["a cut .bin", /^1800000000.bin: \d+: number of values is 5, more than /, (disk) => edit(disk, BIN, cut(80))],
    [
      "a .bin with more behind its end",
      "1800000000.bin: 91: 2 bytes behind the end",
      (disk) => edit(disk, BIN, append(Uint8Array.of(0, 0))),
    ],
    ["a .json that is none", "1800000050.json: 1: not UTF-8, line 1", (disk) => disk.put(JSON_FILE, garbage(10))],
    [
      "a .json of another shape",
      /^1800000050.json: from: an integer below 2\^53 expected/,
      (disk) => disk.put(JSON_FILE, new TextEncoder().encode("{}")),
    ],
    [
      "a name that is no time",
      "backup.bin: not named <seconds>.bin, as snapshots are",
      (disk) => disk.put(`${H1}/backup.bin`, binOf(0, 1)),
    ],
    [
      "a name that is another time",
      "1800000000.bin: from is 1800000010, expected 1800000000, as it is named",
      (disk) => disk.put(BIN, binOf(1, 4)),
    ],
    [
      "an end before the beginning",
      "1800000000.bin: to is 1799999990, expected 1800000000 (from) or later",
      (disk) => disk.put(BIN, binOf(0, -1)),
    ],
    [
      "a block that begins before the predecessor's",
      "1800000050.json: begins before 1800000000.bin: socket0/load at 1799999990, not from 1800000000 on",
      (disk) =>
        disk.put(
          JSON_FILE,
          new TextEncoder().encode(
            new TextDecoder().decode(jsonOf(5, 5)).replace('"start":1800000050', '"start":1799999990'),
          ),
        ),
    ],
    [
      "a directory as WAL",
      "current.wal: is a directory, expected a file",
      async (disk) => {
        await disk.remove(WAL);
        await disk.makeDirectory(WAL);
      },
    ],
    ["a directory as snapshot", "3.bin: is a directory, expected a file", (disk) => disk.makeDirectory(`${H1}/3.bin`)],
    [
      "a file that cannot be read",
      "current.wal: input/output error",
      (disk) => void (disk.onOperation = ({ name, path }) => (name === "readRange" && path === WAL ? IO_ERROR : "ok")),
    ],
  ])("%s", async (_, line, damage) => {
    const [first, ...more] = await damaged(damage);
    expect(first.startsWith(`${H1}/`)).toBe(true);
    expect(first.slice(H1.length + 1)).toEqual(typeof line === "string" ? line : expect.stringMatching(line));
    expect(more).toEqual([expect.stringMatching(/^1 fault in \d files of 2 hosts, /)]);
  });

  test.each<[string, string | RegExp, (disk: MemoryFileSystem) => void | Promise<void>]>([
    [
      "a damaged host record",
      "/7.log: 138: damaged host record (134 bytes)",
      (disk) => edit(disk, JOURNAL, flip(RUNS.h2 + 9)),
    ],
    [
      "a directory as journal",
      "/8.log: is a directory, expected a file",
      (disk) => disk.makeDirectory(`${ROOT}/.journal/8.log`),
    ],
    [
      "a file as directory of journals",
      ": expected a directory: a start would put it aside",
      async (disk) => {
        await disk.remove(JOURNAL);
        await disk.remove(`${ROOT}/.journal`);
        disk.put(`${ROOT}/.journal`, garbage(1));
      },
    ],
  ])("%s", async (_, line, damage) => {
    const [first, ...more] = await damaged(damage);
    expect(first.startsWith(`${ROOT}/.journal`)).toBe(true);
    expect(first.slice(`${ROOT}/.journal`.length)).toEqual(
      typeof line === "string" ? line : expect.stringMatching(line),
    );
    expect(more).toEqual([expect.stringMatching(/^1 fault in /)]);
  });

  test("all of them are told, not only the first", async () => {
    const lines = await damaged((disk) => {
      edit(disk, WAL, (wal) => flip(recordAt(3) + 20)(flip(recordAt(1) + 20)(wal)));
      edit(disk, BIN, flip(0));
      edit(disk, `${H2}/1800000000.bin`, cut(7));
    });
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/^4 faults in 5 files of 2 hosts/);
  });
});

describe("notes, which are no failures", () => {
  test.each<[string, string, (disk: MemoryFileSystem) => void | Promise<void>]>([
    [
      "what a start has put aside",
      "c/h1/5.bin.damaged: damaged, kept aside by an earlier start",
      (disk) => disk.put(`${H1}/5.bin.damaged`, garbage(5)),
    ],
    [
      "parts of a journal put aside",
      ".journal/damaged/7.log: damaged, kept aside by an earlier start",
      (disk) => disk.put(`${ROOT}/.journal/damaged/7.log`, garbage(5)),
    ],
    [
      "an unfinished file",
      "c/h1/5.bin.tmp: unfinished: the next start removes it",
      (disk) => disk.put(`${H1}/5.bin.tmp`, garbage(5)),
    ],
    ["a foreign file", "c/h1/notes.txt: none of the store's files", (disk) => disk.put(`${H1}/notes.txt`, garbage(5))],
    [
      "the lock of a store",
      ".journal/lock: a store runs here, or was killed",
      (disk) => disk.put(`${ROOT}/.journal/lock`, new Uint8Array()),
    ],
    [
      "a foreign file among the journals",
      ".journal/notes.txt: none of the store's files",
      (disk) => disk.put(`${ROOT}/.journal/notes.txt`, garbage(5)),
    ],
    [
      "a file beside the clusters",
      "README: not in the directory of a host: a start ignores it",
      (disk) => disk.put(`${ROOT}/README`, garbage(5)),
    ],
    [
      "a WAL beside the hosts",
      "c/current.wal: not in the directory of a host: a start ignores it",
      (disk) => disk.put(`${ROOT}/c/current.wal`, garbage(5)),
    ],
    [
      "a snapshot below a host",
      "c/h1/old/1.bin: not in the directory of a host: a start ignores it",
      (disk) => disk.put(`${H1}/old/1.bin`, garbage(5)),
    ],
    ["an empty WAL", "c/h2/current.wal: no records", (disk) => disk.put(`${H2}/current.wal`, new Uint8Array())],
    [
      "two snapshots of the same time",
      "c/h1/1800000000.json: 1800000000.bin counts where both differ",
      (disk) => disk.put(`${H1}/1800000000.json`, jsonOf(0, 5)),
    ],
    [
      "a snapshot of 2100",
      `c/h1/${IN_2100}.bin: goes on until 2100-01-01T00:00:50Z, which is yet to come`,
      (disk) => disk.put(`${H1}/${IN_2100}.bin`, binOf(0, 5, IN_2100)),
    ],
    [
      "a record of 2100",
      "c/h1/current.wal: goes on until 2100-01-01T00:00:00Z, which is yet to come",
      (disk) => edit(disk, WAL, append(record(3, "load", IN_2100))),
    ],
  ])("%s", async (_, note, damage) => {
    expect(await damaged(damage)).toEqual([`note: ${ROOT}/${note}`, expect.stringMatching(/^all sound: /)]);
  });
});

describe("the directory given", () => {
  test.each([
    ["of a cluster", `${ROOT}/c/`, /^all sound: 4 files of 2 hosts/],
    ["of a host", H1, /^all sound: 3 files of 1 host,/],
    ["of the journals", `${ROOT}/.journal`, /^all sound: 1 file of 0 hosts/],
  ])("may be that %s", async (_, path, verdict) => {
    expect(await check(soundDisk(), path)).toEqual([expect.stringMatching(verdict)]);
  });

  test("may be that of a host with damage", async () => {
    const disk = soundDisk();
    edit(disk, BIN, cut(7));
    expect(await check(disk, H1)).toHaveLength(2);
  });

  test.each([
    ["/nowhere", "/nowhere: no such file or directory"],
    [BIN, `${BIN}: expected a directory`],
  ])("is a failure when it is none: %s", async (path, line) => {
    expect(await check(soundDisk(), path)).toEqual([line, "1 fault in 0 files of 0 hosts, 0 bytes"]);
  });
});

test("names with odd characters are checked like others, and printed on one line", async () => {
  const disk = soundDisk();
  disk.put(`${ROOT}/c/a\nb/current.wal`, cut(20)(walOf([record(1)])));
  edit(disk, JOURNAL, append(hostRecord("a\nb"), record(2)));
  expect((await check(disk))[0]).toBe(`${ROOT}/c/a\\nb/current.wal: 4: the file ends within a record (16 bytes)`);
});

test("nothing is changed, whatever is found", async () => {
  const disk = soundDisk();
  edit(disk, WAL, cut(recordAt(5) + 5));
  disk.put(`${H1}/5.bin.tmp`, garbage(5));
  const changes: string[] = [];
  disk.onOperation = ({ name }) => {
    if (!["list", "sizeOf", "readRange"].includes(name)) changes.push(name);
    return "ok";
  };
  const before = bytesOf(disk, WAL);
  await check(disk);
  expect(changes).toEqual([]);
  expect(bytesOf(disk, WAL)).toEqual(before);
});

// — Directories of the reference: test/golden/README.md —

describe("a directory of the reference", () => {
  const golden = fileURLToPath(new URL("../golden/files/", import.meta.url));
  const failures = async (name: string): Promise<string[]> => {
    const report = await verify({ files: platform.files, path: golden + name, now: timeOf(0) });
    return report.failures.map(({ path, offset }) => `${path.slice(path.lastIndexOf("/") + 1)} ${offset ?? "-"}`);
  };

  test.each(["checkpoints-wal", "checkpoints-mixed", "checkpoints-json"])(
    "is sound as it was left: %s",
    async (name) => {
      expect(await failures(name)).toEqual([]);
    },
  );

  test.each<[string, string[]]>([
    // There is no checksum, and a value may be any.
    ["bin-bit-flip", []],
    ["bin-empty", ["1795557451.bin 0"]],
    ["bin-odd-name", ["backup.bin -"]],
    ["bin-order", ["1795557431.bin -", "1795557451.bin -", "1795557451.bin -"]],
    ["bin-tmp-left", []],
    ["bin-truncated", ["1795557451.bin 158"]],
    ["bin-wrong-magic", ["1795557451.bin 0"]],
    ["file-at-cluster-level", []],
    ["file-at-host-level", []],
    ["json-truncated", ["1795557440.json 284"]],
    ["wal-bad-length", ["current.wal 564"]],
    ["wal-bad-magic-record", ["current.wal 564"]],
    ["wal-bit-flip", ["current.wal 564"]],
    ["wal-empty", []],
    ["wal-header-only", []],
    ["wal-torn-length", ["current.wal 1091"]],
    ["wal-torn-tail", ["current.wal 1091"]],
    ["wal-wrong-magic", ["current.wal 0"]],
    ["wal-zero-tail", ["current.wal 1124"]],
  ])("shows its damage: %s", async (name, expected) => {
    expect(await failures(`damaged/${name}`)).toEqual(expected);
  });
});
