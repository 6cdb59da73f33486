// What a start tells of what it found.

import { expect, test } from "vitest";
import { describeRecovery, newRecoveryReport } from "../../src/persistence/recovery-report.ts";
import { IO_ERROR, type Outcome } from "../../src/runtime/memory.ts";
import {
  BIN,
  cut,
  edit,
  flip,
  H1,
  H2,
  JOURNAL,
  JOURNAL_BYTES,
  recordAt,
  ROOT,
  RUNS,
  soundDisk,
  start,
  WAL,
} from "./damaged-disk.ts";

const at = (path: string): string => path.slice(ROOT.length + 1);

test("hosts whose files are damaged, or cannot be read, may have gaps; those with a torn end have none", async () => {
  const disk = soundDisk();
  edit(disk, WAL, cut(recordAt(5) + 3));
  edit(disk, JOURNAL, flip(RUNS.h2 + 10));
  expect((await start(disk.kill())).report).toMatchObject({ hostsWithGaps: [] });

  const damagedDisk = soundDisk();
  edit(damagedDisk, BIN, cut(10));
  edit(damagedDisk, WAL, flip(recordAt(2) + 12));
  damagedDisk.onOperation = ({ name, path }): Outcome =>
    name === "readRange" && path.startsWith(H2) ? IO_ERROR : "ok";
  const { report } = await start(damagedDisk);
  expect(report.hostsWithGaps).toEqual([at(H1), at(H2)]);
  expect(describeRecovery(report)).toContain("3 damaged files kept aside, gaps in 2 hosts");
});

test("a cluster that cannot be listed may have gaps", async () => {
  const disk = soundDisk();
  disk.onOperation = ({ name, path }): Outcome => (name === "list" && path === `${ROOT}/c` ? IO_ERROR : "ok");
  expect((await start(disk)).report.hostsWithGaps).toEqual(["c"]);
});

test("a sound start says nothing of damage", async () => {
  const { report } = await start(soundDisk());
  expect(report).toMatchObject({ hosts: 2, logRecords: 14, cutBytes: 0, damaged: [], hostsWithGaps: [] });
  expect(describeRecovery(report)).toMatch(
    /^recovery: 2 hosts, 15 samples from 3 snapshots, 14 records from 2 logs; \d+ ms$/,
  );
  expect(describeRecovery(newRecoveryReport())).toMatch(/^recovery: 0 hosts/);
});

test("a torn end of a journal is counted, and nothing of it is called damaged", async () => {
  const disk = soundDisk();
  edit(disk, JOURNAL, cut(JOURNAL_BYTES - 3));
  const { report } = await start(disk);
  expect(report.damaged).toEqual([]);
  expect(describeRecovery(report)).toMatch(/, \d+ bytes cut from torn ends; /);
});
