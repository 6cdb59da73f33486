// A checkpoint and the requests that come meanwhile: nobody waits for a whole host.

import { expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";
import { Checkpointer } from "../../src/persistence/checkpointer.ts";
import { HostRegistry } from "../../src/persistence/host-registry.ts";
import { decodeHost } from "../../src/persistence/snapshot-files.ts";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";

const T0 = 1_700_000_000;
const VALUES = 2000;

/** A store with one host of 50 series. */
function filledStore(): MetricStore {
  const metrics = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`m${i}`, { frequency: 1, aggregation: null }] as const),
  );
  const store = new MetricStore({ metrics });
  for (const metric of store.metrics.byIndex) {
    const series = store.seriesFor(["c", "h"], metric);
    if (series === undefined) throw new Error("no series");
    store.writeBlock(series, T0, new Float32Array(VALUES).fill(metric.index + 0.1));
  }
  return store;
}

test.each([
  ["bin", 2],
  ["json", 5],
] as const)(
  "%s: others have at least %d turns while a large host is written, and all of it is",
  async (format, turns) => {
    const store = filledStore();
    const files = new MemoryFileSystem();
    let taken = 0;
    const yieldToOthers = async (): Promise<void> => void taken++;
    const checkpointer = new Checkpointer({ store, files, format, yieldToOthers });
    await checkpointer.checkpoint(new HostRegistry(files, "/root").of("c", "h"));
    expect(taken).toBeGreaterThanOrEqual(turns);
    const bytes = files.files().get(`/root/c/h/${T0}.${format}`);
    if (bytes === undefined) throw new Error("no snapshot");
    const { metrics } = decodeHost(bytes, format).level;
    expect(metrics.map(({ values }) => values.length)).toEqual(Array.from({ length: 50 }, () => VALUES));
  },
);

test("what comes while a host is encoded is not in its snapshot, and in the next", async () => {
  const store = filledStore();
  const files = new MemoryFileSystem();
  const host = new HostRegistry(files, "/root").of("c", "h");
  let turn = 0;
  const yieldToOthers = async (): Promise<void> => {
    // The first is before the export; whatever comes later comes after it.
    if (++turn > 1) store.writeSample(0, T0 + VALUES + turn, 99);
  };
  const checkpointer = new Checkpointer({ store, files, format: "json", yieldToOthers });
  expect(await checkpointer.checkpoint(host)).toBe(true);
  const valuesOf = (from: number): number | undefined => {
    const bytes = files.files().get(`/root/c/h/${from}.json`);
    return bytes && decodeHost(bytes, "json").level.metrics[0]?.values.length;
  };
  expect(valuesOf(T0)).toBe(VALUES);
  const last = turn;
  turn = -10;
  expect(await checkpointer.checkpoint(host)).toBe(true);
  expect(valuesOf(T0 + VALUES)).toBe(last - 1);
});
