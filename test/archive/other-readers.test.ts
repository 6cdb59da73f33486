// DuckDB and pyarrow/pandas open what is written here, and read each sample as it was.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { archiveCheckpoints } from "../../src/archive/archive-run.ts";
import { encodeHost } from "../../src/persistence/snapshot-files.ts";
import { nodeFileSystem } from "../../src/runtime/node.ts";
import { CLUSTER, DAY, HOUR, newEncoder, snapshotOf, T0, type GivenSeries } from "./setup.ts";

interface Row extends Record<string, unknown> {
  readonly cluster: string;
  readonly hostname: string;
  readonly metric: string;
  readonly scope: string;
  readonly scope_id: string;
  readonly timestamp: number;
  readonly frequency: number;
  readonly value: number;
  readonly selector: string;
}

const COLUMNS = ["cluster", "hostname", "metric", "scope", "scope_id", "timestamp", "frequency", "value", "selector"];

const random = seededRandom(5);

/** Names that sort otherwise as UTF-16, values at the ends of float32, gaps: and so many rows that there are many pages. */
function seriesOfHost(): GivenSeries[] {
  const nasty = [0, -0, Math.fround(1e-45), 3.4028234663852886e38, -1.5, null, Math.fround(0.1), Math.fround(16777217)];
  const values = (count: number): (number | null)[] =>
    Array.from({ length: count }, (_, i) => (i % 7 === 3 ? null : Math.fround(Math.round(random() * 1000) / 10)));
  return [
    { metric: "cpu_load", values: nasty },
    { metric: "\u{1f980}", values: values(3) },
    { metric: "\uffee", frequency: 7, values: values(5) },
    { metric: 'a "quoted", name', path: ["disk/sda"], values: values(4) },
    { metric: "power", path: ["socket0", "memctrl1"], values: values(60) },
    { metric: "mem_bw", path: ["accelerator00000000:3F:00.0"], frequency: 2, values: values(1800) },
    ...Array.from({ length: 5 }, (_, i): GivenSeries => ({
      metric: "flops",
      path: [`hwthread${i}`],
      frequency: 1,
      values: values(2400),
    })),
  ];
}

const SCOPES: Readonly<Record<string, [scope: string, id: string]>> = {
  "": ["node", ""],
  "disk%2Fsda": ["disk/sda", ""],
  "socket0/memctrl1": ["memctrl1", ""],
  "accelerator00000000:3F:00.0": ["accelerator", "00000000:3F:00.0"],
};

function rowsOf(hostname: string, from: number, series: readonly GivenSeries[]): Row[] {
  return series.flatMap(({ metric = "", path = [], frequency = 60, values }) => {
    const selector = path.map((name) => name.replace("/", "%2F")).join("/");
    const [scope, scopeId] = SCOPES[selector] ?? ["hwthread", selector.slice("hwthread".length)];
    return values.flatMap((value, i): Row[] => {
      if (value === null) return [];
      const timestamp = from + i * frequency;
      return [{ cluster: CLUSTER, hostname, metric, scope, scope_id: scopeId, timestamp, frequency, value, selector }];
    });
  });
}

function sorted<R extends Readonly<Record<string, unknown>>>(rows: readonly R[]): R[] {
  const key = (row: R): Buffer =>
    Buffer.from([row["hostname"], row["metric"], row["selector"], row["timestamp"]].join("\0"));
  return rows
    .map((row) => ({ row, key: key(row) }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key))
    .map(({ row }) => row);
}

/** Rows as lines: quick to compare, and with the sign of a zero. */
const linesOf = (rows: readonly Readonly<Record<string, unknown>>[]): string[] =>
  rows.map((row) => COLUMNS.map((name) => (Object.is(row[name], -0) ? "-0" : String(row[name]))).join("\t"));

/** Fails with the first line that differs: a whole array would take minutes to print. */
function expectSame(found: readonly string[], wanted: readonly string[]): void {
  expect(found.length).toBe(wanted.length);
  const first = wanted.findIndex((line, i) => line !== found[i]);
  if (first >= 0) expect(found[first]).toBe(wanted[first]);
}

let directory = "";
let pattern = "";
let expected: Row[] = [];
let files: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pegel-archive-"));
  const checkpointRoot = join(directory, "checkpoints");
  for (const host of ["a01", "a02", "\uffee"]) {
    for (const from of [T0, T0 + HOUR, T0 + 2 * DAY]) {
      const series = seriesOfHost();
      await nodeFileSystem.makeDirectory(join(checkpointRoot, CLUSTER, host));
      const bytes = encodeHost(snapshotOf({ from, series }), "bin");
      await writeFile(join(checkpointRoot, CLUSTER, host, `${from}.bin`), bytes);
      expected.push(...rowsOf(host, from, series));
    }
  }
  expected = sorted(expected);
  const archiveRoot = join(directory, "archive");
  const { written } = await archiveCheckpoints({
    files: nodeFileSystem,
    encoder: newEncoder(),
    checkpointRoot,
    archiveRoot,
    cluster: CLUSTER,
    olderThan: T0 + 10 * DAY,
    onProblem: ({ path, reason }) => expect.fail(`${path}: ${reason}`),
  });
  files = written.map((name) => join(archiveRoot, CLUSTER, name));
  pattern = join(archiveRoot, CLUSTER, "*.parquet");
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
  }
}

function toRow(found: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...found, timestamp: Number(found["timestamp"]), frequency: Number(found["frequency"]) };
}

describe("DuckDB", () => {
  test("reads every sample as it was", async () => {
    const rows = await query(`select * from '${pattern}'`);
    expectSame(linesOf(sorted(rows.map(toRow))), linesOf(expected));
  });

  test("finds the rows of each file in the order of the format", async () => {
    for (const file of files) {
      const rows = (await query(`select * from read_parquet('${file}')`)).map(toRow);
      expect(rows.length).toBeGreaterThan(25_000);
      expectSame(linesOf(rows), linesOf(sorted(rows)));
    }
  });

  test("finds one row group a host, zstd, the encodings of the format, and statistics", async () => {
    const [file] = files;
    const chunks = await query(`select * from parquet_metadata('${file}')`);
    expect(new Set(chunks.map(({ row_group_id: id }) => id)).size).toBe(3);
    expect(new Set(chunks.map(({ compression }) => compression))).toEqual(new Set(["ZSTD"]));
    const encodingsOf = (name: string): string =>
      String(chunks.find(({ path_in_schema: path }) => path === name)?.["encodings"]);
    expect(encodingsOf("timestamp")).toContain("DELTA_BINARY_PACKED");
    expect(encodingsOf("frequency")).toContain("DELTA_BINARY_PACKED");
    expect(encodingsOf("value")).toContain("BYTE_STREAM_SPLIT");
    for (const chunk of chunks) {
      expect(chunk["stats_min_value"], String(chunk["path_in_schema"])).not.toBeNull();
      expect(chunk["stats_null_count"]).toBe(0n);
    }
    const hosts = chunks.filter(({ path_in_schema: path }) => path === "hostname");
    expect(hosts.map(({ stats_min_value: min, stats_max_value: max }) => [min, max])).toEqual(
      ["a01", "a02", "\uffee"].map((host) => [host, host]),
    );
  });

  test("skips what a filter rules out, and does not skip what it does not", async () => {
    const [{ count, sum }] = await query(
      `select count(*) as count, sum(value) as sum from '${pattern}'
       where hostname = 'a02' and metric = 'flops' and selector = 'hwthread4' and timestamp >= ${T0 + 2 * DAY}`,
    );
    const matching = expected.filter(
      ({ hostname, metric, selector, timestamp }) =>
        hostname === "a02" && metric === "flops" && selector === "hwthread4" && timestamp >= T0 + 2 * DAY,
    );
    expect(Number(count)).toBe(matching.length);
    expect(Number(sum)).toBeCloseTo(
      matching.reduce((all, { value }) => all + value, 0),
      1,
    );
  });
});

/** The interpreter that has pyarrow and pandas: that of .ci/run, or any. */
const python = process.env["PEGEL_PYTHON"] ?? "python3";
const hasPyarrow = await promisify(execFile)(python, ["-c", "import pyarrow, pandas"]).then(
  () => true,
  () => false,
);

const SCRIPT = `
import json, sys
import pandas, pyarrow.parquet
whole = pandas.read_parquet(sys.argv[1])
assert len(whole) == sum(pyarrow.parquet.ParquetFile(path).metadata.num_rows for path in sys.argv[2:])
for path in sys.argv[2:]:
    file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
    table = file.read()
    frame = pandas.read_parquet(path)
    assert table.num_rows == len(frame) == file.metadata.num_rows
    assert [str(kind) for kind in table.schema.types] == \
        ["string"] * 5 + ["int64", "int64", "float", "string"], table.schema
    assert table.to_pandas().equals(frame)
    assert not any(field.nullable for field in table.schema)
    columns = {name: frame[name].tolist() for name in frame.columns}
    print(json.dumps(columns))
    for name in ("metric", "selector"):
        for group in range(file.metadata.num_row_groups):
            part = file.read_row_group(group, columns=[name])
            assert part.num_rows == file.metadata.row_group(group).num_rows
`;

describe("pyarrow and pandas", () => {
  // In CI their absence is a failure: there .ci/run has installed them.
  test.skipIf(!hasPyarrow && process.env["CI"] === undefined)(
    "read every sample as it was, and a whole directory",
    async () => {
      expect(hasPyarrow, `${python} has no pyarrow and pandas: pip install pyarrow pandas`).toBe(true);
      const { stdout } = await promisify(execFile)(
        python,
        ["-c", SCRIPT, join(directory, "archive", CLUSTER), ...files],
        { maxBuffer: 2 ** 28 },
      );
      const rows = stdout
        .trim()
        .split("\n")
        .flatMap((line) => {
          const columns: Record<string, unknown[]> = JSON.parse(line);
          return columns["value"].map((_, i) => Object.fromEntries(COLUMNS.map((name) => [name, columns[name][i]])));
        });
      expectSame(linesOf(sorted(rows)), linesOf(expected));
    },
  );
});
