import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WalFramer } from "../../../src/codec/wal/framer.ts";
import type { SampleColumns } from "../../../src/codec/wal/framer.ts";
import { encodeRecord, WalLimitError } from "../../../src/codec/wal/record.ts";
import { readPlainly } from "./reading.ts";
import { concat, key, timestamp, value } from "./samples.ts";

type Row = [series: number, timestamp: number, value: number];

function columnsOf(rows: readonly Row[]): SampleColumns {
  return {
    series: Uint32Array.from(rows, ([series]) => series),
    timestamps: Float64Array.from(rows, ([, seconds]) => seconds),
    values: Float32Array.from(rows, ([, , number]) => number),
  };
}

/** What goes to each host's file, in the order of the runs. */
function frameAll(framer: WalFramer, rows: readonly Row[]): { host: number; bytes: Uint8Array }[] {
  const columns = columnsOf(rows);
  const runs: { host: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < rows.length;) {
    const next = framer.frame(columns, at, rows.length);
    if (next === at) throw new Error(`no template for series ${rows[at][0]}`);
    at = next;
    for (let run = 0; run < framer.runCount; run++) {
      const start = run === 0 ? 0 : framer.runEnds[run - 1];
      runs.push({ host: framer.runHosts[run], bytes: framer.output.slice(start, framer.runEnds[run]) });
    }
  }
  return runs;
}

function frameOne(framer: WalFramer, ...row: Row): Uint8Array {
  return frameAll(framer, [row])[0].bytes;
}

describe("framing", () => {
  test("makes the records that the plain encoder makes", () => {
    const framer = new WalFramer();
    const rows = fc.array(fc.tuple(fc.nat({ max: 9 }), timestamp, value), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(key, { minLength: 10, maxLength: 10 }), rows, (keys, samples) => {
        for (const [series, { metric, selector }] of keys.entries()) {
          framer.setTemplate(series, 7, metric, selector);
        }
        const expected = samples.map(([series, seconds, number]) =>
          encodeRecord({ ...keys[series], timestamp: seconds, value: number }),
        );
        expect(concat(frameAll(framer, samples).map(({ bytes }) => bytes))).toEqual(concat(expected));
      }),
      { numRuns: 60 },
    );
  });

  test("keeps every bit of a NaN", () => {
    const framer = new WalFramer();
    framer.setTemplate(0, 0, "m", []);
    const values = new Float32Array(Uint32Array.of(0x7fc0_1234, 0xff80_0001, 0x7fbf_ffff).buffer);
    framer.frame({ series: new Uint32Array(3), timestamps: new Float64Array(3), values }, 0, 3);
    const bits = readPlainly(framer.output).samples.map((_, i) => {
      const end = (framer.output.length / 3) * (i + 1);
      return new DataView(framer.output.slice(end - 8, end - 4).buffer).getUint32(0, true);
    });
    expect(bits).toEqual([0x7fc0_1234, 0xff80_0001, 0x7fbf_ffff]);
  });

  test("puts neighbours of one host into one run", () => {
    const framer = new WalFramer();
    for (const [series, host] of [5, 5, 0, 5].entries()) framer.setTemplate(series, host, `m${series}`, []);
    const rows: Row[] = [0, 1, 2, 2, 3, 0].map((series) => [series, 100, series]);
    const runs = frameAll(framer, rows);
    expect(runs.map(({ host }) => host)).toEqual([5, 0, 5]);
    const metrics = runs.map(({ bytes }) => readPlainly(bytes).samples.map(({ metric }) => metric));
    expect(metrics).toEqual([
      ["m0", "m1"],
      ["m2", "m2"],
      ["m3", "m0"],
    ]);
  });

  test("takes the samples from the given one to the given one", () => {
    const framer = new WalFramer();
    framer.setTemplate(0, 0, "m", []);
    const columns = columnsOf([1, 2, 3, 4, 5].map((number) => [0, 0, number]));
    expect(framer.frame(columns, 1, 4)).toBe(4);
    expect(readPlainly(framer.output).samples.map((sample) => sample.value)).toEqual([2, 3, 4]);
    expect(framer.frame(columns, 4, 4)).toBe(4);
    expect([framer.runCount, framer.output.length]).toEqual([0, 0]);
  });

  test("stops at a series without a template, and goes on when it has one", () => {
    const framer = new WalFramer();
    framer.setTemplate(0, 1, "m0", []);
    const columns = columnsOf([0, 9, 4_000_000, 0].map((series) => [series, 10, 1]));
    expect(framer.frame(columns, 0, 4)).toBe(1);
    expect(framer.hasTemplate(9)).toBe(false);
    framer.setTemplate(9, 1, "m9", []);
    framer.setTemplate(4_000_000, 2, "m4000000", []);
    expect(framer.hasTemplate(9)).toBe(true);
    expect(framer.frame(columns, 1, 4)).toBe(4);
    expect([...framer.runHosts.subarray(0, framer.runCount)]).toEqual([1, 2, 1]);
  });

  test("stops when its output is full, and goes on in the next call", () => {
    const framer = new WalFramer();
    framer.setTemplate(0, 0, "m".repeat(1000), []);
    framer.setTemplate(1, 0, "n", []);
    const rows = Array.from({ length: 20_000 }, (_, i): Row => [i < 3000 ? 0 : 1, i, i]);
    const bytes = concat(frameAll(framer, rows).map((run) => run.bytes));
    const read = readPlainly(bytes).samples.map(({ metric, timestamp: seconds }) => [metric.length, seconds]);
    expect(read).toEqual(rows.map(([series, seconds]) => [series === 0 ? 1000 : 1, seconds]));
  });
});

describe("a template", () => {
  test("can be replaced by that of another series", () => {
    const framer = new WalFramer();
    const names = ["short", "a name that needs more room than the first one had", "short again", "s"];
    for (const [host, metric] of names.entries()) {
      framer.setTemplate(3, host, metric, ["level"]);
      framer.setTemplate(4, 99, "neighbour", []);
      expect(frameAll(framer, [[3, 5, 6]])).toEqual([
        { host, bytes: encodeRecord({ metric, selector: ["level"], timestamp: 5, value: 6 }) },
      ]);
      expect(frameOne(framer, 4, 5, 6)).toEqual(
        encodeRecord({ metric: "neighbour", selector: [], timestamp: 5, value: 6 }),
      );
    }
  });

  test("that is replaced over and over does not fill the memory", () => {
    const framer = new WalFramer();
    const longNames = ["a".repeat(60_000), "b".repeat(50_000)];
    const replaced = 2000;
    for (let i = 0; i < replaced; i++) framer.setTemplate(0, 0, longNames[i & 1], []);
    expect(framer.output.buffer.byteLength).toBeLessThan(16 * 2 ** 20);
    expect(readPlainly(frameOne(framer, 0, 1, 2)).samples[0].metric).toBe(longNames[(replaced - 1) & 1]);
  });

  test("is gone after forgetAll, and can be taught again", () => {
    const framer = new WalFramer();
    const all = Array.from({ length: 5000 }, (_, i) => i);
    for (const round of [1, 2]) {
      expect(framer.hasTemplate(1)).toBe(false);
      for (const series of all) framer.setTemplate(series, round, `m${series * round}`, ["x"]);
      const bytes = concat(
        frameAll(
          framer,
          all.map((series): Row => [series, -7, 6]),
        ).map((run) => run.bytes),
      );
      expect(readPlainly(bytes).samples.map(({ metric }) => metric)).toEqual(all.map((series) => `m${series * round}`));
      // Leaves an unused template behind.
      framer.setTemplate(7, round, "a longer name", ["x"]);
      framer.forgetAll();
    }
    expect(framer.frame(columnsOf([[1, 1, 1]]), 0, 1)).toBe(0);
  });

  test("with a name that the format cannot hold is refused, and the old one stays", () => {
    const framer = new WalFramer();
    framer.setTemplate(0, 0, "m", []);
    expect(() => framer.setTemplate(0, 0, "m", ["x".repeat(256)])).toThrow(WalLimitError);
    expect(readPlainly(frameOne(framer, 0, 1, 2)).samples).toEqual([
      { metric: "m", selector: [], timestamp: 1, value: 2 },
    ]);
    expect(() => framer.setTemplate(-1, 0, "m", [])).toThrow("BUG: series -1");
  });

  test("is one of 300,000", () => {
    const framer = new WalFramer();
    const count = 300_000;
    for (let series = count - 1; series >= 0; series--) {
      framer.setTemplate(series, series >> 7, `metric_${series & 127}`, [`hwthread${series}`]);
    }
    for (const series of [0, 1, 4095, 4096, 131_072, count - 1]) {
      const names = { metric: `metric_${series & 127}`, selector: [`hwthread${series}`] };
      expect(frameAll(framer, [[series, 17e8, 1]])).toEqual([
        { host: series >> 7, bytes: encodeRecord({ ...names, timestamp: 17e8, value: 1 }) },
      ]);
    }
  });
});
