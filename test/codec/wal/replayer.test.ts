import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WalFramer } from "../../../src/codec/wal/framer.ts";
import { encodeRecord } from "../../../src/codec/wal/record.ts";
import type { WalSample } from "../../../src/codec/wal/record.ts";
import {
  IGNORED_SERIES,
  INPUT_BYTES,
  REPLAY_SAMPLES,
  STOP_CORRUPT,
  STOP_END,
  STOP_FULL,
  STOP_UNKNOWN_KEY,
  WalReplayer,
} from "../../../src/codec/wal/replayer.ts";
import { readPlainly, readWithKernel } from "./reading.ts";
import { concat, sample } from "./samples.ts";

function recordsOf(...samples: [metric: string, timestamp: number, value: number][]): Uint8Array<ArrayBuffer> {
  return concat(samples.map(([metric, timestamp, value]) => encodeRecord({ metric, selector: [], timestamp, value })));
}

/** The samples in the columns, as [series, timestamp, value]. */
function columns(replayer: WalReplayer): number[][] {
  return Array.from({ length: replayer.count }, (_, i) => {
    return [replayer.series[i], replayer.timestamps[i], replayer.values[i]];
  });
}

/** A replayer that knows these metrics of host 0, numbered in their order. */
function replayerKnowing(...metrics: string[]): WalReplayer {
  const replayer = new WalReplayer();
  for (const [series, metric] of metrics.entries()) {
    const bytes = recordsOf([metric, 0, 0]);
    replayer.input.set(bytes);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_UNKNOWN_KEY);
    replayer.teach(0, series);
  }
  replayer.begin(0);
  return replayer;
}

describe("replay", () => {
  test("gives what the plain decoder gives, in any order of records", () => {
    const replayer = new WalReplayer();
    let host = 0;
    const picks = fc.array(fc.nat({ max: 9 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 10, maxLength: 10 }), picks, (samples, order) => {
        const bytes = concat(order.map((i) => encodeRecord(samples[i])));
        fc.pre(bytes.length <= INPUT_BYTES);
        const reading = readWithKernel(bytes, replayer, host++);
        expect(reading).toEqual(readPlainly(bytes));
        expect(reading.damages).toEqual([]);
        expect(reading.samples).toHaveLength(order.length);
      }),
      { numRuns: 200 },
    );
  });

  test("keeps every bit of a NaN", () => {
    const replayer = replayerKnowing("m");
    const record = recordsOf(["m", 0, NaN]);
    new DataView(record.buffer).setUint32(record.length - 8, 0x7fa0_1234, true);
    replayer.input.set(record);
    expect(replayer.parse(0, record.length)).toBe(STOP_CORRUPT);
    const crc = /expected 0x(\w+)/.exec(replayer.corruption().reason)?.[1] ?? "";
    new DataView(record.buffer).setUint32(record.length - 4, Number.parseInt(crc, 16), true);
    replayer.input.set(record);
    expect(replayer.parse(0, record.length)).toBe(STOP_END);
    expect(new Uint32Array(replayer.values.slice(0, 1).buffer)).toEqual(Uint32Array.of(0x7fa0_1234));
  });

  test("goes on where the last piece of the file ended, wherever that is", () => {
    const bytes = recordsOf(["a", 1, 1], ["b", 1, 2], ["a", 2, 3], ["b", 2, 4]);
    const replayer = replayerKnowing("a", "b");
    for (let cut = 0; cut <= bytes.length; cut++) {
      replayer.begin(0);
      replayer.input.set(bytes.subarray(0, cut));
      expect(replayer.parse(0, cut)).toBe(STOP_END);
      const first = columns(replayer);
      const rest = cut - replayer.position;
      replayer.input.copyWithin(0, replayer.position, cut);
      replayer.input.set(bytes.subarray(cut), rest);
      expect(replayer.parse(0, rest + bytes.length - cut)).toBe(STOP_END);
      expect([...first, ...columns(replayer)], `cut at ${cut}`).toEqual([
        [0, 1, 1],
        [1, 1, 2],
        [0, 2, 3],
        [1, 2, 4],
      ]);
    }
  });

  test("stops when its columns are full, and goes on from there", () => {
    const replayer = replayerKnowing("a", "b");
    const total = REPLAY_SAMPLES + 100;
    const bytes = recordsOf(...Array.from({ length: total }, (_, i): [string, number, number] => ["ab"[i & 1], i, i]));
    replayer.input.set(bytes);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_FULL);
    expect(replayer.count).toBe(REPLAY_SAMPLES);
    expect(replayer.parse(replayer.position, bytes.length)).toBe(STOP_END);
    expect(replayer.count).toBe(100);
    expect(columns(replayer)[99]).toEqual([1, total - 1, total - 1]);
  });

  test("passes over what is too old, known or not, and counts it", () => {
    const replayer = replayerKnowing("a");
    const bytes = recordsOf(["a", 99, 1], ["x", 99, 2], ["a", 100, 3], ["a", 50, 4], ["a", 100.0, 5], ["x", -1, 6]);
    replayer.input.set(bytes);
    replayer.setOldest(99.5);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_END);
    expect(columns(replayer)).toEqual([
      [0, 100, 3],
      [0, 100, 5],
    ]);
    expect(replayer.skippedCount).toBe(4);
    replayer.setOldest(-Infinity);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_UNKNOWN_KEY);
    expect(replayer.unknownRecord()).toMatchObject({ metric: "x", timestamp: 99, value: 2 });
  });

  test("passes over ignored keys, and counts them", () => {
    const replayer = replayerKnowing("a");
    const bytes = recordsOf(["x", 1, 1], ["a", 1, 2], ["x", 2, 3]);
    replayer.input.set(bytes);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_UNKNOWN_KEY);
    replayer.teach(0, IGNORED_SERIES);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_END);
    expect(columns(replayer)).toEqual([[0, 1, 2]]);
    expect(replayer.ignoredCount).toBe(2);
  });

  test("knows a key only in the host it was taught in", () => {
    const replayer = new WalReplayer();
    const bytes = recordsOf(["a", 1, 1]);
    replayer.input.set(bytes);
    for (const host of [7, 8]) {
      replayer.begin(host);
      expect(replayer.parse(0, bytes.length)).toBe(STOP_UNKNOWN_KEY);
      replayer.teach(0, host * 10);
    }
    for (const host of [7, 8, 7, 7, 8, 8]) {
      replayer.begin(host);
      expect(replayer.parse(0, bytes.length)).toBe(STOP_END);
      expect(columns(replayer)).toEqual([[host * 10, 1, 1]]);
    }
  });

  test("tells keys apart that differ only in where their names are cut", () => {
    const samples: WalSample[] = [
      { metric: "ab", selector: ["c"], timestamp: 1, value: 1 },
      { metric: "a", selector: ["bc"], timestamp: 1, value: 2 },
      { metric: "a", selector: ["b", "c"], timestamp: 1, value: 3 },
      { metric: "a", selector: ["b", "c", ""], timestamp: 1, value: 4 },
    ];
    const bytes = concat([...samples, ...samples.toReversed()].map(encodeRecord));
    expect(readWithKernel(bytes).samples).toEqual([...samples, ...samples.toReversed()]);
  });

  test("gives what was framed: 300,000 series, in the order of teaching and in another", () => {
    const total = 300_000;
    const framer = new WalFramer();
    for (let i = 0; i < total; i++) framer.setTemplate(i, 0, `metric_${i % 9}`, [`hwthread${i}`]);
    const replayer = new WalReplayer();
    for (const step of [1, 7919]) {
      const series = Uint32Array.from({ length: total }, (_, i) => (i * step) % total);
      const columnsIn = { series, timestamps: new Float64Array(total).fill(17e8), values: Float32Array.from(series) };
      const found = { series: new Uint32Array(total), values: new Float32Array(total) };
      let seen = 0;
      let taught = 0;
      replayer.begin(0);
      for (let at = 0; at < total;) {
        at = framer.frame(columnsIn, at, total);
        const end = framer.output.length;
        replayer.input.set(framer.output);
        for (let stop: number = STOP_FULL, position = 0; stop !== STOP_END; position = replayer.position) {
          stop = replayer.parse(position, end);
          found.series.set(replayer.series.subarray(0, replayer.count), seen);
          found.values.set(replayer.values.subarray(0, replayer.count), seen);
          seen += replayer.count;
          if (stop === STOP_UNKNOWN_KEY) replayer.teach(replayer.position, taught++);
        }
      }
      expect(found.series.findIndex((number, i) => number !== series[i])).toBe(-1);
      expect(found.values.findIndex((value, i) => value !== columnsIn.values[i])).toBe(-1);
      expect(taught).toBe(step === 1 ? total : 0);
    }
  });
});

describe("a mistake of the caller", () => {
  test("is told", () => {
    const replayer = replayerKnowing("a");
    expect(() => replayer.parse(0, INPUT_BYTES + 1)).toThrow("BUG");
    expect(() => replayer.teach(0, 1)).toThrow("BUG: the last parse stopped with 0");
    expect(() => replayer.corruption()).toThrow("BUG");
    expect(() => replayer.setOldest(NaN)).toThrow("BUG");
    const bytes = recordsOf(["x", 1, 1]);
    replayer.input.set(bytes);
    expect(replayer.parse(0, bytes.length)).toBe(STOP_UNKNOWN_KEY);
    expect(() => replayer.teach(5, 1)).toThrow("BUG: the unknown key is at 0");
  });
});
