import { expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";
import { StorageError } from "../../src/ingest/sample-log.ts";
import { HostRegistry } from "../../src/persistence/host-registry.ts";
import { WriteAheadLog } from "../../src/persistence/write-ahead-log.ts";
import { MemoryFileSystem, NO_SPACE } from "../../src/runtime/memory.ts";

/** So long that few records are many bytes. */
const METRIC = "m".repeat(60_000);
const SAMPLES = 16;

test("a disk that stays full fills memory with waiting records up to a limit, then samples are refused", async () => {
  const files = new MemoryFileSystem();
  const hosts = new HostRegistry(files, "/root");
  const store = new MetricStore({ metrics: { [METRIC]: { frequency: 1, aggregation: null } } });
  const series = store.seriesFor(["c", "h"], store.metrics.byIndex[0]);
  if (series === undefined) throw new Error("no series");
  const log = new WriteAheadLog({
    store,
    files,
    hosts,
    root: "/root",
    journals: { numbers: [], last: 0 },
    sync: "commit",
  });
  const columns = {
    series: new Uint32Array(SAMPLES).fill(series),
    timestamps: Float64Array.from({ length: SAMPLES }, (_, i) => i),
    values: new Float32Array(SAMPLES),
  };
  files.onOperation = ({ name }) => (name === "append" ? NO_SPACE : "ok");
  log.append(columns, SAMPLES);
  await expect(log.commit()).rejects.toThrow(StorageError);
  const fill = (): void => {
    for (let i = 0; i < 400; i++) log.append(columns, SAMPLES);
  };
  expect(fill).toThrow(/wait for the disk/);
  expect(log.journalBytes).toBeLessThan(260 * 1024 * 1024);
  files.onOperation = ({ name, path }) => (name === "append" && !path.endsWith(".log") ? NO_SPACE : "ok");
  await log.commit();
  log.append(columns, SAMPLES);
  await log.commit();
});
