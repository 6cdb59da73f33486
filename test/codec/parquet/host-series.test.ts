// From snapshots to rows, against a plain model.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { HostSnapshot } from "../../../src/codec/host-snapshot.ts";
import { seriesOf, type RowSeries } from "../../../src/codec/parquet/host-series.ts";
import { batchesOf, rowsOf, BATCH_ROWS } from "../../../src/codec/parquet/row-batch.ts";

const block = fc.record({
  name: fc.constantFrom("load", "power"),
  frequency: fc.constantFrom(1, 10, 60),
  start: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: -100, max: 2 ** 40 })),
  values: fc
    .array(fc.option(fc.float({ noNaN: true }), { nil: NaN }), { maxLength: 12 })
    .map((values) => Float32Array.from(values)),
});

const anySnapshot: fc.Arbitrary<HostSnapshot> = fc.record({
  from: fc.constant(0),
  to: fc.constant(0),
  level: fc.record({
    metrics: fc.array(block, { maxLength: 3 }),
    children: fc.array(
      fc.record({
        name: fc.constantFrom("socket0", "socket1", "\u{1f980}", "\uffee"),
        level: fc.record({ metrics: fc.array(block, { maxLength: 2 }), children: fc.constant([]) }),
      }),
      { maxLength: 3 },
    ),
  }),
});

type ModelRow = [metric: string, selector: string, time: number, frequency: number, value: number];

function modelRows(snapshots: readonly HostSnapshot[]): ModelRow[] {
  const rows = new Map<string, ModelRow>();
  const add = ({ level }: Pick<HostSnapshot, "level">, selector: string): void => {
    for (const { name, frequency, start, values } of level.metrics) {
      for (const [i, value] of values.entries()) {
        const time = start + i * frequency;
        if (!Number.isNaN(value))
          rows.set(JSON.stringify([name, selector, time]), [name, selector, time, frequency, value]);
      }
    }
    for (const child of level.children) add(child, child.name);
  };
  for (const snapshot of snapshots) add(snapshot, "");
  const bytes = (text: string): Buffer => Buffer.from(text);
  return [...rows.values()].toSorted(
    (a, b) => Buffer.compare(bytes(a[0]), bytes(b[0])) || Buffer.compare(bytes(a[1]), bytes(b[1])) || a[2] - b[2],
  );
}

function rowsIn(series: readonly RowSeries[]): ModelRow[] {
  return series.flatMap(({ metric, selector, runs }) =>
    runs.flatMap(({ frequency, start, values }) =>
      Array.from(values, (value, i): ModelRow => [metric, selector, start + i * frequency, frequency, value]).filter(
        ([, , , , value]) => !Number.isNaN(value),
      ),
    ),
  );
}

test("the rows of any snapshots are those of the model, in its order", () => {
  fc.assert(
    fc.property(fc.array(anySnapshot, { maxLength: 4 }), (snapshots) => {
      const series = seriesOf(snapshots);
      expect(rowsIn(series)).toEqual(modelRows(snapshots));
      expect(series.reduce((sum, one) => sum + rowsOf(one), 0)).toBe(modelRows(snapshots).length);
    }),
    { numRuns: 500 },
  );
});

test("batches have all rows, times beyond 32 bits included, and none is too large", () => {
  fc.assert(
    fc.property(fc.array(anySnapshot, { maxLength: 4 }), (snapshots) => {
      const series = seriesOf(snapshots);
      const rows = [...batchesOf(series)].flatMap(({ timestamp, frequency, value }) => {
        const int64 = (pairs: Int32Array): bigint[] => [...new BigInt64Array(pairs.slice().buffer)];
        const frequencies = int64(frequency);
        return int64(timestamp).map((time, i) => [Number(time), Number(frequencies[i]), value[i]]);
      });
      expect(rows).toEqual(modelRows(snapshots).map(([, , ...numbers]) => numbers));
    }),
  );
});

test("a long series is cut into batches at any row", () => {
  const values = Float32Array.from({ length: 2 * BATCH_ROWS + 5 }, (_, i) => (i % 3 === 0 ? NaN : i));
  const series = seriesOf([
    { from: 0, to: 0, level: { metrics: [{ name: "load", frequency: 1, start: 0, values }], children: [] } },
  ]);
  let rows = 0;
  for (const batch of batchesOf(series)) {
    expect(batch.rows).toBeLessThanOrEqual(BATCH_ROWS);
    for (let i = 0; i < batch.rows; i++, rows++) {
      const expected = Math.floor(rows / 2) * 3 + 1 + (rows % 2);
      if (batch.timestamp[2 * i] !== expected || batch.value[i] !== expected) expect(batch.value[i]).toBe(expected);
    }
  }
  expect(rows).toBe(rowsOf(series[0]));
});

test("two blocks that are a century apart do not become an array of a century", () => {
  const at = (start: number) => ({ name: "load", frequency: 1, start, values: Float32Array.of(1) });
  const [{ runs }] = seriesOf([{ from: 0, to: 0, level: { metrics: [at(0), at(3_000_000_000)], children: [] } }]);
  expect(runs.map(({ start, values }) => [start, values.length])).toEqual([
    [0, 1],
    [3_000_000_000, 1],
  ]);
});
