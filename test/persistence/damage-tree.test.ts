// Files and directories where others belong. (damage-check.ts says how a row is read.)

import { describe, expect, test } from "vitest";
import { contentsOf } from "../runtime/power-cuts.ts";
import { check, type Row } from "./damage-check.ts";
import {
  allBut,
  binOf,
  garbage,
  H1,
  JOURNAL,
  JSON_FILE,
  range,
  record,
  ROOT,
  samples,
  soundDisk,
  start,
  timeOf,
  WAL,
  walOf,
} from "./damaged-disk.ts";

test("a sound disk loses nothing", () => check({ damage: () => {}, count: 29, survivors: allBut(), isSound: true }));

describe("the tree", () => {
  test.each<[string, Row]>([
    [
      "a file beside the clusters and one beside the hosts",
      {
        damage: (disk) => {
          disk.put(`${ROOT}/README`, garbage(10));
          disk.put(`${ROOT}/c/current.wal`, garbage(10));
        },
        count: 29,
        survivors: allBut(),
        foreign: [`${ROOT}/README`, `${ROOT}/c/current.wal`],
        isSound: true,
      },
    ],
    [
      "other files and directories in a host's directory",
      {
        damage: (disk) => {
          disk.put(`${H1}/notes.txt`, garbage(10));
          disk.put(`${H1}/old/1.bin`, garbage(10));
        },
        count: 29,
        survivors: allBut(),
        isSound: true,
      },
    ],
    [
      "an empty host",
      { damage: (disk) => disk.makeDirectory(`${ROOT}/c/h3`), count: 29, survivors: allBut(), isSound: true },
    ],
    [
      "names with odd characters",
      {
        damage: (disk) => {
          disk.put(`${ROOT}/c/-h %\n?/${timeOf(0)}.bin`, binOf(0, 3));
          disk.put(`${ROOT}/c/${"n".repeat(255)}/current.wal`, walOf([record(1)]));
        },
        count: 33,
        survivors: [...allBut(), ...samples("-h %\n?", range(0, 3)), ...samples("n".repeat(255), [1])],
        isSound: true,
      },
    ],
    [
      "a directory where a journal belongs",
      {
        damage: (disk) => disk.makeDirectory(`${ROOT}/.journal/8.log`),
        count: 29,
        survivors: allBut(),
        renamed: [`${ROOT}/.journal/8.log`],
      },
    ],
    [
      "a directory where the WAL belongs",
      {
        damage: async (disk) => {
          await disk.remove(WAL);
          await disk.makeDirectory(WAL);
        },
        count: 23,
        survivors: allBut({ h1: range(10, 16) }),
        renamed: [WAL],
      },
    ],
    [
      "a directory where a snapshot belongs",
      {
        damage: async (disk) => {
          await disk.remove(JSON_FILE);
          await disk.makeDirectory(JSON_FILE);
        },
        count: 24,
        survivors: allBut({ h1: range(5, 10) }),
        renamed: [JSON_FILE],
      },
    ],
    [
      "a directory where a snapshot that is being written belongs",
      {
        damage: (disk) => disk.makeDirectory(`${H1}/${timeOf(10)}.bin.tmp`),
        count: 29,
        survivors: allBut(),
        renamed: [`${H1}/${timeOf(10)}.bin.tmp`],
      },
    ],
  ])("%s", (_, row) => check(row));

  test("a file where the directory of journals belongs is put out of the way and reported", async () => {
    const disk = soundDisk();
    await disk.remove(JOURNAL);
    await disk.remove(`${ROOT}/.journal`);
    disk.put(`${ROOT}/.journal`, garbage(10));
    const started = await start(disk);
    expect(started.samples).toEqual(allBut({ h1: range(16, 21), h2: range(16, 19) }).toSorted());
    expect(started.report.damaged).toMatchObject([{ path: `${ROOT}/.journal`, keptAs: `${ROOT}/.journal.damaged` }]);
    expect(contentsOf(disk).get(`${ROOT}/.journal.damaged`)).toBe(Buffer.from(garbage(10)).toString("latin1"));
  });
});
