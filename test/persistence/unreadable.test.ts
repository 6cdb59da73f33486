// What the system will not let a start read costs itself alone, is reported, and is there again when it can be read.

import { describe, expect, test } from "vitest";
import { verify } from "../../src/persistence/verify.ts";
import { IO_ERROR, type Fault, type MemoryFileSystem } from "../../src/runtime/memory.ts";
import { contentsOf } from "../runtime/power-cuts.ts";
import { allBut, BIN, H1, JOURNAL, range, ROOT, soundDisk, start, timeOf, WAL } from "./damaged-disk.ts";

const NOT_ALLOWED: Fault = { code: "not-allowed", reason: "permission denied" };

/** A disk without a journal, as after some minutes without samples. */
async function quietDisk(): Promise<MemoryFileSystem> {
  const disk = soundDisk();
  await disk.remove(JOURNAL);
  return disk;
}

function refuse(disk: MemoryFileSystem, name: "list" | "readRange", path: string, fault: Fault): void {
  disk.onOperation = (operation) => (operation.name === name && operation.path === path ? fault : "ok");
}

const withoutJournal = allBut({ h1: range(16, 21), h2: range(16, 19) });
const onlyH2 = allBut({ h1: range(0, 21), h2: range(16, 19) });

describe.each([
  ["a host's directory that may not be listed", "list", H1, NOT_ALLOWED, onlyH2, H1],
  ["a directory of a cluster that may not be listed", "list", `${ROOT}/c`, NOT_ALLOWED, [], `${ROOT}/c`],
  ["a WAL with a bad sector", "readRange", WAL, IO_ERROR, allBut({ h1: range(10, 21), h2: range(16, 19) }), WAL],
  [
    "a snapshot with a bad sector",
    "readRange",
    BIN,
    IO_ERROR,
    allBut({ h1: [...range(0, 5), ...range(16, 21)], h2: range(16, 19) }),
    BIN,
  ],
] as const)("%s", (_, operation, path, fault, survivors, reported) => {
  test("costs itself alone and is reported", async () => {
    const disk = await quietDisk();
    refuse(disk, operation, path, fault);
    const { samples, report } = await start(disk);
    expect(samples).toEqual(survivors);
    expect(report.damaged.map(({ path: damaged }) => damaged)).toEqual([reported]);
    expect(report.damaged[0]).toMatchObject({ keptAs: undefined, reason: expect.stringContaining(fault.reason) });
  });

  test("is whole again when it can be read, whatever was checkpointed meanwhile", async () => {
    const disk = await quietDisk();
    const before = contentsOf(disk);
    refuse(disk, operation, path, fault);
    const { persistence } = await start(disk);
    await persistence.checkpoint();
    const later = disk.kill();
    const { samples, report } = await start(later);
    expect(samples).toEqual(withoutJournal);
    expect(report.damaged).toEqual([]);
    expect(contentsOf(later).get(BIN)).toBe(before.get(BIN));
  });

  test("is a failure to verify, which checks the rest all the same", async () => {
    const disk = await quietDisk();
    refuse(disk, operation, path, fault);
    const { failures } = await verify({ files: disk, path: ROOT, now: timeOf(0) });
    expect(failures).toEqual([
      { path, offset: undefined, reason: expect.stringMatching(/^(permission denied|input\/output error)$/) },
    ]);
  });
});

test("an unreadable host with records in the journal does not stop the start of the others", async () => {
  const disk = soundDisk();
  refuse(disk, "list", H1, NOT_ALLOWED);
  const { samples, problems } = await start(disk);
  // What the journal has is read; what only the host's directory has is not.
  expect(samples).toEqual(allBut({ h1: range(0, 16) }));
  expect(problems).toEqual([expect.stringMatching(/^settle: .*permission denied/)]);
});

test.each(["sizeOf", "readRange"] as const)(
  "a journal that cannot be read once (%s) is read all the same",
  async (name) => {
    const disk = soundDisk();
    let left = 1;
    disk.onOperation = (operation) =>
      operation.name === name && operation.path === JOURNAL && left-- > 0 ? IO_ERROR : "ok";
    const { samples, report } = await start(disk);
    expect(samples).toEqual(allBut());
    expect(report).toMatchObject({ damaged: [], logFiles: 2, logRecords: 14 });
  },
);

test("a snapshot that could not be read is not overwritten by one of the same time", async () => {
  const disk = await quietDisk();
  const before = contentsOf(disk).get(BIN);
  refuse(disk, "readRange", BIN, IO_ERROR);
  const { persistence, store } = await start(disk);
  const metric = store.metrics.get("load");
  if (metric === undefined) throw new Error("no metric load");
  const series = store.seriesFor(["c", "h1", "socket0"], metric) ?? 0;
  const late = { series: Uint32Array.of(series), timestamps: Float64Array.of(timeOf(0)), values: Float32Array.of(9) };
  store.writeColumns(late, 1);
  persistence.log.append(late, 1);
  await persistence.log.commit();
  await persistence.checkpoint();
  const inH1 = [...contentsOf(disk)].filter(([path]) => path.startsWith(H1)).map(([, content]) => content);
  expect(inH1).toContain(before);
});
