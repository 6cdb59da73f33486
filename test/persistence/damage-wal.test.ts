// A damaged current.wal costs the records that were hit. (damage-check.ts says how a row is read.)

import { describe, test } from "vitest";
import { check, ofWal, whole, type Row } from "./damage-check.ts";
import {
  allBut,
  append,
  cut,
  edit,
  flip,
  garbage,
  H2,
  IN_2100,
  range,
  record,
  RECORD_BYTES,
  recordAt,
  samples,
  WAL,
  walOf,
  zero,
} from "./damaged-disk.ts";

describe("the WAL", () => {
  const lastAt = recordAt(5);

  test.each(range(1, RECORD_BYTES))("torn in its last record, after %i bytes of it", (bytes) =>
    check({
      damage: (disk) => edit(disk, WAL, cut(lastAt + bytes)),
      count: 28,
      survivors: allBut({ h1: [15] }),
      ...ofWal(lastAt),
      cutBytes: bytes,
    }),
  );

  test.each(range(0, RECORD_BYTES))("a flipped bit in byte %i of a record (magic, length, payload, CRC)", (at) =>
    check({
      damage: (disk) => edit(disk, WAL, flip(recordAt(2) + at, at % 8)),
      count: 28,
      survivors: allBut({ h1: [12] }),
      ...ofWal(recordAt(2), recordAt(3)),
    }),
  );

  const manyRecords = walOf(range(100, 400).map((i) => record(i)));
  const page = 4096;
  const hit = range(0, 300).filter((k) => recordAt(k + 1) > page && recordAt(k) < 2 * page);

  test.each<[string, Row]>([
    [
      "a zeroed page in the middle",
      {
        damage: (disk) => disk.put(`${H2}/current.wal`, zero(page, 2 * page)(manyRecords)),
        count: 29 + 300 - hit.length,
        survivors: [
          ...allBut(),
          ...samples(
            "h2",
            range(100, 400).filter((i) => !hit.includes(i - 100)),
          ),
        ],
        aside: [[`${H2}/current.wal`, recordAt(hit[0]), recordAt(hit[0] + hit.length)]],
      },
    ],
    [
      "two places of damage",
      {
        damage: (disk) => edit(disk, WAL, (wal) => flip(recordAt(1) + 20)(flip(recordAt(3) + 20)(wal))),
        count: 27,
        survivors: allBut({ h1: [11, 13] }),
        aside: [
          [WAL, recordAt(1), recordAt(2)],
          [WAL, recordAt(3), recordAt(4)],
        ],
      },
    ],
    [
      "damage in the middle and a torn end",
      {
        damage: (disk) => edit(disk, WAL, (wal) => cut(lastAt + 9)(flip(recordAt(1) + 20)(wal))),
        count: 27,
        survivors: allBut({ h1: [11, 15] }),
        aside: [
          [WAL, recordAt(1), recordAt(2)],
          [WAL, lastAt],
        ],
        cutBytes: 9,
      },
    ],
    [
      "a flipped bit in the last record",
      {
        damage: (disk) => edit(disk, WAL, flip(lastAt + 20)),
        count: 28,
        survivors: allBut({ h1: [15] }),
        ...ofWal(lastAt),
        cutBytes: RECORD_BYTES,
      },
    ],
    [
      "zeros behind the end, as some file systems leave them",
      {
        damage: (disk) => edit(disk, WAL, append(new Uint8Array(512))),
        count: 29,
        survivors: allBut(),
        ...ofWal(recordAt(6)),
        cutBytes: 512,
      },
    ],
    [
      "another file's bytes behind the end",
      {
        damage: (disk) => edit(disk, WAL, append(garbage(5000))),
        count: 29,
        survivors: allBut(),
        ...ofWal(recordAt(6)),
        cutBytes: 5000,
      },
    ],
    [
      "empty",
      {
        damage: (disk) => disk.put(WAL, new Uint8Array()),
        count: 23,
        survivors: allBut({ h1: range(10, 16) }),
        isSound: true,
      },
    ],
    [
      "only a magic",
      { damage: (disk) => edit(disk, WAL, cut(4)), count: 23, survivors: allBut({ h1: range(10, 16) }), isSound: true },
    ],
    [
      "cut within its magic",
      { damage: (disk) => edit(disk, WAL, cut(3)), count: 23, survivors: allBut({ h1: range(10, 16) }), cutBytes: 3 },
    ],
    [
      "a flipped bit in the file's magic: the reference does not read it either",
      {
        damage: (disk) => edit(disk, WAL, flip(0)),
        count: 23,
        survivors: allBut({ h1: range(10, 16) }),
        ...whole(WAL),
      },
    ],
    [
      "garbage",
      {
        damage: (disk) => disk.put(WAL, garbage(3000)),
        count: 23,
        survivors: allBut({ h1: range(10, 16) }),
        ...whole(WAL),
      },
    ],
    [
      "every record twice, backwards",
      {
        damage: (disk) => disk.put(WAL, walOf([...range(10, 16), ...range(10, 16)].toReversed().map((i) => record(i)))),
        count: 29,
        survivors: allBut(),
        isSound: true,
      },
    ],
    [
      "a record of 2100",
      {
        damage: (disk) => edit(disk, WAL, append(record(3, "load", IN_2100))),
        count: 30,
        survivors: [...allBut(), ...samples("h1", [3], () => IN_2100)],
        isSound: true,
      },
    ],
  ])("%s", (_, row) => check(row));
});
