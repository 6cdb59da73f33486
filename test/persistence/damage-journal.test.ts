// A damaged journal costs the records that were hit, and those of which nobody knows the host any more. (damage-check.ts says how a row is read.)

import { describe, test } from "vitest";
import { check, ofJournal, whole, type Row } from "./damage-check.ts";
import {
  allBut,
  append,
  cut,
  edit,
  flip,
  garbage,
  HOST_BYTES,
  hostRecord,
  IN_2100,
  JOURNAL,
  JOURNAL_BYTES,
  range,
  record,
  RECORD_BYTES,
  ROOT,
  RUNS,
  samples,
  zero,
} from "./damaged-disk.ts";

describe("the journal", () => {
  const firstRecord = RUNS.h1 + HOST_BYTES;

  test.each(range(0, RECORD_BYTES))("a flipped bit in byte %i of a record (magic, length, payload, CRC)", (at) =>
    check({
      damage: (disk) => edit(disk, JOURNAL, flip(firstRecord + at, at % 8)),
      count: 28,
      survivors: allBut({ h1: [16] }),
      ...ofJournal(firstRecord, firstRecord + RECORD_BYTES),
    }),
  );

  test.each(range(0, 8))("a flipped bit in byte %i of a host record (magic, length) costs nothing", (at) =>
    check({
      damage: (disk) => edit(disk, JOURNAL, flip(RUNS.h2 + at, at % 8)),
      count: 29,
      survivors: allBut(),
      ...ofJournal(RUNS.h2, RUNS.h2 + HOST_BYTES),
    }),
  );

  test.each(range(8, HOST_BYTES))("a flipped bit in byte %i of a host record costs the records behind it", (at) =>
    check({
      damage: (disk) => edit(disk, JOURNAL, flip(RUNS.h2 + at, at % 8)),
      count: 26,
      survivors: allBut({ h2: [16, 17, 18] }),
      ...ofJournal(RUNS.h2, RUNS.h1Again),
    }),
  );

  const lastRecord = JOURNAL_BYTES - RECORD_BYTES;

  test.each(range(0, RECORD_BYTES))(
    "a flipped bit in byte %i of the last record, which may have been acknowledged",
    (at) =>
      check({
        damage: (disk) => edit(disk, JOURNAL, flip(lastRecord + at, at % 8)),
        count: 28,
        survivors: allBut({ h1: [20] }),
        ...ofJournal(lastRecord),
        cutBytes: RECORD_BYTES,
      }),
  );

  test.each(range(1, RECORD_BYTES))("torn in its last record, after %i bytes of it", (bytes) =>
    check({
      damage: (disk) => edit(disk, JOURNAL, cut(JOURNAL_BYTES - RECORD_BYTES + bytes)),
      count: 28,
      survivors: allBut({ h1: [20] }),
      // Not kept: what is torn off was never acknowledged.
      cutBytes: bytes,
    }),
  );

  test.each(range(1, HOST_BYTES))("torn in its last host record, after %i bytes of it", (bytes) =>
    check({
      damage: (disk) => edit(disk, JOURNAL, cut(RUNS.h1Again + bytes)),
      count: 27,
      survivors: allBut({ h1: [19, 20] }),
      cutBytes: bytes,
    }),
  );

  const withoutJournal = allBut({ h1: range(16, 21), h2: range(16, 19) });

  test.each<[string, Row]>([
    [
      "a zeroed stretch over the end of one host's run and the beginning of the next",
      {
        damage: (disk) => edit(disk, JOURNAL, zero(RUNS.h2 - 10, RUNS.h2 + 10)),
        count: 25,
        survivors: allBut({ h1: [18], h2: range(16, 19) }),
        ...ofJournal(RUNS.h2 - RECORD_BYTES, RUNS.h1Again),
      },
    ],
    [
      "zeros behind the end",
      {
        damage: (disk) => edit(disk, JOURNAL, append(new Uint8Array(4096))),
        count: 29,
        survivors: allBut(),
        ...ofJournal(JOURNAL_BYTES),
        cutBytes: 4096,
      },
    ],
    [
      "garbage behind the end",
      {
        damage: (disk) => edit(disk, JOURNAL, append(garbage(300_000))),
        count: 29,
        survivors: allBut(),
        ...ofJournal(JOURNAL_BYTES),
        cutBytes: 300_000,
      },
    ],
    [
      "garbage beside a sound one",
      {
        damage: (disk) => disk.put(`${ROOT}/.journal/6.log`, garbage(100)),
        count: 29,
        survivors: allBut(),
        ...whole(`${ROOT}/.journal/6.log`),
      },
    ],
    [
      "a flipped bit in the last host record",
      {
        damage: (disk) => edit(disk, JOURNAL, flip(RUNS.h1Again + 10)),
        count: 27,
        survivors: allBut({ h1: [19, 20] }),
        ...ofJournal(RUNS.h1Again),
        cutBytes: JOURNAL_BYTES - RUNS.h1Again,
      },
    ],
    [
      "a damaged record and, behind it, one that is torn",
      {
        damage: (disk) => edit(disk, JOURNAL, (bytes) => cut(JOURNAL_BYTES - 5)(flip(lastRecord - 3)(bytes))),
        count: 27,
        survivors: allBut({ h1: [19, 20] }),
        ...ofJournal(lastRecord - RECORD_BYTES),
        cutBytes: 2 * RECORD_BYTES - 5,
      },
    ],
    [
      "empty",
      { damage: (disk) => disk.put(JOURNAL, new Uint8Array()), count: 21, survivors: withoutJournal, isSound: true },
    ],
    [
      "only a magic",
      { damage: (disk) => edit(disk, JOURNAL, cut(4)), count: 21, survivors: withoutJournal, isSound: true },
    ],
    [
      "cut within its magic",
      { damage: (disk) => edit(disk, JOURNAL, cut(2)), count: 21, survivors: withoutJournal, cutBytes: 2 },
    ],
    [
      "another magic: its records are read all the same, since nothing else has them",
      { damage: (disk) => edit(disk, JOURNAL, flip(1)), count: 29, survivors: allBut(), ...ofJournal(0, 4) },
    ],
    [
      "records that are in the WAL already",
      {
        damage: (disk) => edit(disk, JOURNAL, append(hostRecord("h1"), record(14), record(15))),
        count: 29,
        survivors: allBut(),
        isSound: true,
      },
    ],
    [
      "a record of 2100",
      {
        damage: (disk) => edit(disk, JOURNAL, append(record(3, "load", IN_2100))),
        count: 30,
        survivors: [...allBut(), ...samples("h1", [3], () => IN_2100)],
        isSound: true,
      },
    ],
    [
      "a host that has no directory yet, with a name of odd characters",
      {
        damage: (disk) => edit(disk, JOURNAL, append(hostRecord("ö %?*:\t'\"-\u{1f5c4}"), record(1))),
        count: 30,
        survivors: [...allBut(), ...samples("ö %?*:\t'\"-\u{1f5c4}", [1])],
        isSound: true,
      },
    ],
    [
      "other files in its directory",
      {
        damage: (disk) => disk.put(`${ROOT}/.journal/x.log`, garbage(10)),
        count: 29,
        survivors: allBut(),
        isSound: true,
      },
    ],
  ])("%s", (_, row) => check(row));
});
