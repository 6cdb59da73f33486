// `pegel archive`, as a user sees it.

import { DuckDBInstance } from "@duckdb/node-api";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { serveEncoder } from "../../src/archive/worker-encoder.ts";
import { MemoryFileSystem, memoryWorker } from "../../src/runtime/memory.ts";
import { runArchive } from "../../src/service/archive-command.ts";
import { parseCommandLine } from "../../src/service/command-line.ts";
import { ARCHIVE, archive, CLUSTER, DAY, HOUR, newEncoder, putSnapshot, T0 } from "./setup.ts";

let files: MemoryFileSystem;
beforeEach(async () => {
  files = new MemoryFileSystem();
  putSnapshot(files, {
    host: "a01",
    series: [{ values: [1, 2.5] }, { metric: "power", path: ["socket0"], values: [30.1] }],
  });
  putSnapshot(files, {
    host: "a02",
    from: T0 + DAY,
    series: [{ values: [7] }, { metric: 'odd, "name"', values: [8] }],
  });
  await archive(files);
});

interface Outcome {
  readonly code: number;
  readonly output: string[];
  readonly errors: string[];
}

async function pegel(...args: string[]): Promise<Outcome> {
  const command = parseCommandLine(["archive", ...args]);
  if (command.kind !== "archive")
    return { code: command.kind === "error" ? 2 : 0, output: [], errors: [messageOf(command)] };
  const output: string[] = [];
  const errors: string[] = [];
  const code = await runArchive(command, {
    files,
    print: (line) => output.push(...line.split("\n")),
    printError: (line) => void errors.push(line),
    startArchiveWorker: () => memoryWorker((port) => serveEncoder(port, newEncoder())),
  });
  return { code, output, errors };
}

function messageOf(command: object): string {
  return "message" in command ? String(command.message) : "";
}

const HEADER = "cluster,hostname,metric,scope,scope_id,timestamp,frequency,value,selector";

const LINES = [
  `alpha,a01,load,node,,${T0},60,1,`,
  `alpha,a01,load,node,,${T0 + 60},60,2.5,`,
  `alpha,a01,power,socket,0,${T0},60,30.1,socket0`,
  `alpha,a02,load,node,,${T0 + DAY},60,7,`,
  `alpha,a02,"odd, ""name""",node,,${T0 + DAY},60,8,`,
];

test("ls prints the files with their times, hosts, rows and bytes", async () => {
  const { code, output } = await pegel("ls", ARCHIVE);
  expect(code).toBe(0);
  expect(output[0]).toMatch(
    new RegExp(
      `^alpha/${T0 + HOUR}\\.parquet  2026-11-24T\\d\\d:00:00Z … 2026-11-24T\\d\\d:01:00Z  1 host, 3 rows, \\d+ bytes$`,
    ),
  );
  expect(output.at(-1)).toMatch(/^2 files, 5 rows, \d+ bytes$/);
});

test("ls says which files are missing, damaged, or not in the manifest", async () => {
  await files.remove(`${ARCHIVE}/${CLUSTER}/${T0 + HOUR}.parquet`);
  files.put(`${ARCHIVE}/${CLUSTER}/x.parquet`, new Uint8Array(0));
  const { output } = await pegel("ls", ARCHIVE);
  expect(output).toEqual([
    "alpha/x.parquet  the file is empty",
    expect.stringContaining("(missing)"),
    expect.stringContaining("1 host, 2 rows"),
    expect.stringContaining("3 files"),
  ]);
});

test("verify is content with a sound archive, and lists what is wrong with another", async () => {
  expect(await pegel("verify", ARCHIVE)).toMatchObject({
    code: 0,
    output: [expect.stringMatching(/^all sound: 2 files of 1 cluster, 5 rows/)],
  });
  const path = `${ARCHIVE}/${CLUSTER}/${T0 + HOUR}.parquet`;
  files.put(path, new Uint8Array(100));
  const { code, output } = await pegel("verify", ARCHIVE);
  expect(code).toBe(1);
  expect(output[0]).toContain(`${path}: `);
  expect(output.at(-1)).toMatch(/^1 fault in 2 files/);
});

describe("export prints CSV", () => {
  test.each([
    ["of everything", [], [0, 1, 2, 3, 4]],
    ["of a host", ["-host", "a02"], [3, 4]],
    ["of two metrics", ["-metric=load", "-metric", "power"], [0, 1, 2, 3]],
    ["of a level", ["-level", "socket0"], [2]],
    ["of a range in Unix seconds", ["-from", `${T0 + 60}`, "-to", `${T0 + DAY}`], [1]],
    ["of a range of dates", ["-from", "2026-11-25T00:00:00Z", "-to=2026-11-26"], [3, 4]],
    ["of nothing", ["-metric", "nothing"], []],
  ])("%s", async (_, flags, expected) => {
    const { code, output, errors } = await pegel("export", ...flags, ARCHIVE);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(output).toEqual([HEADER, ...expected.map((i) => LINES[i])]);
  });

  test("into a file, which it does not overwrite", async () => {
    expect(await pegel("export", "-output", "/out.csv", ARCHIVE)).toMatchObject({
      code: 0,
      errors: ["/out.csv: 5 rows"],
    });
    const text = new TextDecoder().decode(files.files().get("/out.csv"));
    expect(text).toBe(`${[HEADER, ...LINES].join("\n")}\n`);
    expect(await pegel("export", "-output", "/out.csv", ARCHIVE)).toMatchObject({ code: 1 });
    expect(new TextDecoder().decode(files.files().get("/out.csv"))).toBe(text);
  });

  test("of what can be read, and tells once of each file that cannot", async () => {
    const path = `${ARCHIVE}/${CLUSTER}/${T0 + HOUR}.parquet`;
    files.put(path, new Uint8Array(0));
    const { code, output, errors } = await pegel("export", ARCHIVE);
    expect(code).toBe(1);
    expect(errors).toEqual([`${path}: the file is empty`]);
    expect(output).toEqual([HEADER, LINES[3], LINES[4]]);
  });
});

test("export writes Parquet that DuckDB reads as the CSV", async () => {
  const { code } = await pegel("export", "-format", "parquet", "-output", "/out.parquet", ARCHIVE);
  expect(code).toBe(0);
  const directory = await mkdtemp(join(tmpdir(), "pegel-export-"));
  try {
    const path = join(directory, "out.parquet");
    await writeFile(path, files.files().get("/out.parquet") ?? new Uint8Array(0));
    await writeFile(join(directory, "out.csv"), `${[HEADER, ...LINES].join("\n")}\n`);
    const connection = await (await DuckDBInstance.create()).connect();
    const query = async (file: string): Promise<unknown> =>
      (
        await connection.runAndReadAll(
          `select hostname, metric, timestamp::bigint, value::float, coalesce(selector, '') from '${file}' order by all`,
        )
      ).getRowsJson();
    expect(await query(path)).toEqual(await query(join(directory, "out.csv")));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

describe("a mistake on the command line is told", () => {
  test.each([
    [[], "archive needs one of ls, verify, export"],
    [["list", ARCHIVE], "archive list: no such command"],
    [["ls"], "archive ls needs one directory"],
    [["ls", "a", "b"], "archive ls needs one directory, not 2"],
    [["ls", "-host", "a", ARCHIVE], "archive ls has no flag -host"],
    [["export", "-hots", "a", ARCHIVE], "flag provided but not defined for archive: -hots"],
    [["export", ARCHIVE, "-host"], "flag needs an argument: -host"],
    [["export", "-from", "yesterday", ARCHIVE], "-from: expected Unix seconds or a date, found yesterday"],
    [["export", "-from", "5", "-to", "5", ARCHIVE], "-from: expected a time before -to"],
    [["export", "-format", "xml", ARCHIVE], "-format: expected csv or parquet, found xml"],
    [["export", "-format", "parquet", ARCHIVE], "-format parquet needs -output FILE"],
  ])("%j: %s", async (args, message) => {
    const { code, errors } = await pegel(...args);
    expect(code).toBe(2);
    expect(errors[0]).toContain(message);
  });

  test("a directory that is not there is no empty archive", async () => {
    for (const action of ["ls", "verify", "export"]) {
      const { code, errors } = await pegel(action, "/nowhere");
      expect(code).toBe(1);
      expect(errors[0]).toContain("/nowhere");
    }
  });

  test("an export needs to know the cluster where there are two", async () => {
    putSnapshot(files, { cluster: "beta", series: [{ values: [1] }] });
    await archive(files, { cluster: "beta" });
    expect(await pegel("export", ARCHIVE)).toMatchObject({
      code: 1,
      errors: ["-cluster is needed: the archive has alpha, beta"],
    });
    expect((await pegel("export", "-cluster", "beta", ARCHIVE)).output).toEqual([
      HEADER,
      `beta,a01,load,node,,${T0},60,1,`,
    ]);
  });
});

test("-help prints the usage", async () => {
  const { code, errors } = await pegel("export", "-help");
  expect(code).toBe(0);
  expect(errors[0]).toContain("Usage: pegel archive ls DIR");
});
