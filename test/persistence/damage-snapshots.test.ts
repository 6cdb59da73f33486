// A damaged snapshot costs itself. (damage-check.ts says how a row is read.)

import { describe, expect, test } from "vitest";
import { contentsOf } from "../runtime/power-cuts.ts";
import type { MemoryFileSystem } from "../../src/runtime/memory.ts";
import { check, whole, type Row } from "./damage-check.ts";
import {
  allBut,
  append,
  BIN,
  binOf,
  bytesOf,
  cut,
  edit,
  flip,
  garbage,
  H1,
  IN_2100,
  JSON_FILE,
  jsonOf,
  range,
  samples,
  soundDisk,
  start,
  timeOf,
  WAL,
  zero,
} from "./damaged-disk.ts";

describe("snapshots", () => {
  const lostBin = allBut({ h1: range(0, 5) });
  const lostJson = allBut({ h1: range(5, 10) });

  test.each<[string, (disk: MemoryFileSystem) => void]>([
    ["empty", (disk) => disk.put(BIN, new Uint8Array())],
    ["cut in half", (disk) => edit(disk, BIN, (bytes) => cut(bytes.length >> 1)(bytes))],
    ["without its last byte", (disk) => edit(disk, BIN, (bytes) => cut(bytes.length - 1)(bytes))],
    ["with a byte too many", (disk) => edit(disk, BIN, append(Uint8Array.of(0)))],
    ["garbage", (disk) => disk.put(BIN, garbage(400))],
    ["a WAL under its name", (disk) => disk.put(BIN, bytesOf(disk, WAL))],
    ["a flipped bit in the magic", (disk) => edit(disk, BIN, flip(0))],
    ["a flipped bit in the number of children", (disk) => edit(disk, BIN, flip(27, 6))],
    ["all zero", (disk) => edit(disk, BIN, (bytes) => zero(0, bytes.length)(bytes))],
  ])("a .bin that is %s", (_, damage) => check({ damage, count: 24, survivors: lostBin, ...whole(BIN) }));

  test.each<[string, (disk: MemoryFileSystem) => void]>([
    ["empty", (disk) => disk.put(JSON_FILE, new Uint8Array())],
    ["cut in half", (disk) => edit(disk, JSON_FILE, (bytes) => cut(bytes.length >> 1)(bytes))],
    ["without its last byte", (disk) => edit(disk, JSON_FILE, (bytes) => cut(bytes.length - 1)(bytes))],
    ["garbage", (disk) => disk.put(JSON_FILE, garbage(400))],
    ["not UTF-8", (disk) => edit(disk, JSON_FILE, flip(3, 7))],
    ["an array", (disk) => disk.put(JSON_FILE, new TextEncoder().encode("[1,2]"))],
    ["all zero", (disk) => edit(disk, JSON_FILE, (bytes) => zero(0, bytes.length)(bytes))],
  ])("a .json that is %s", (_, damage) => check({ damage, count: 24, survivors: lostJson, ...whole(JSON_FILE) }));

  const sameTime = `${H1}/1800000000.json`;

  test.each<[string, Row]>([
    [
      "a .bin and a .json of the same time: the .bin counts, the other may be rounded",
      {
        damage: (disk) => disk.put(sameTime, jsonOf(0, 5, timeOf(0), 100)),
        count: 29,
        survivors: allBut(),
        isSound: true,
      },
    ],
    [
      "a .json of the same time holds more",
      {
        damage: (disk) => disk.put(sameTime, jsonOf(0, 7, timeOf(0))),
        count: 29,
        survivors: allBut(),
        isSound: true,
      },
    ],
    [
      "a damaged .bin beside a .json of the same time",
      {
        damage: (disk) => {
          disk.put(sameTime, jsonOf(0, 5));
          edit(disk, BIN, cut(50));
        },
        count: 29,
        survivors: allBut(),
        ...whole(BIN),
      },
    ],
    [
      "a snapshot of 2100",
      {
        damage: (disk) => disk.put(`${H1}/${IN_2100}.bin`, binOf(0, 5, IN_2100)),
        count: 34,
        survivors: [...allBut(), ...samples("h1", range(0, 5), (i) => IN_2100 + 10 * i)],
        isSound: true,
      },
    ],
    [
      "a name that is no time",
      {
        damage: (disk) => disk.put(`${H1}/backup.bin`, binOf(0, 5)),
        count: 29,
        survivors: allBut(),
        ...whole(`${H1}/backup.bin`),
      },
    ],
    [
      "names that were exchanged: the samples lie where they say",
      {
        damage: (disk) => {
          disk.put(`${H1}/1800000050.bin`, binOf(0, 5));
          disk.put(BIN, binOf(5, 5));
          disk.put(JSON_FILE, jsonOf(5, 5));
        },
        count: 29,
        survivors: allBut(),
      },
    ],
    [
      "a .tmp that was never finished",
      { damage: (disk) => disk.put(`${BIN}.tmp`, garbage(10)), count: 29, survivors: allBut(), isSound: true },
    ],
    [
      "an older .damaged beside them",
      { damage: (disk) => disk.put(`${H1}/5.bin.damaged`, garbage(10)), count: 29, survivors: allBut(), isSound: true },
    ],
  ])("%s", (_, row) => check(row));

  test("what was kept aside at an earlier start is not replaced", async () => {
    const disk = soundDisk();
    edit(disk, BIN, cut(50));
    const earlier = contentsOf(disk).get(BIN);
    await start(disk);
    disk.put(BIN, garbage(30));
    const { report } = await start(disk.kill());
    expect(report.damaged).toHaveLength(1);
    const kept = [...contentsOf(disk)].filter(([path]) => path.endsWith(".damaged")).map(([, content]) => content);
    expect(kept).toContain(earlier);
    expect(kept).toContain(Buffer.from(garbage(30)).toString("latin1"));
  });
});
