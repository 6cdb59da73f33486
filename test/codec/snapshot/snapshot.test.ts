import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { MAX_LEVEL_DEPTH, type HostSnapshot, type LevelSnapshot } from "../../../src/codec/host-snapshot.ts";
import { decodeSnapshot, encodeSnapshot, SnapshotError } from "../../../src/codec/snapshot/snapshot.ts";
import { anyHost } from "./any-host.ts";
import { asFloat32, goldenBytes, recordedFiles, seriesOf } from "./golden-files.ts";

const EMPTY: LevelSnapshot = { metrics: [], children: [] };

/** Metrics with names of all alignments, two levels below the host, an empty metric and an empty level. */
const sample: HostSnapshot = {
  from: 1_795_557_431,
  to: 1_795_557_451,
  level: {
    metrics: [
      { name: "cpu_load", frequency: 1, start: 1_795_557_432, values: Float32Array.of(0.25, Number.NaN, -0) },
      { name: "temperature_of_the_whole_ß", frequency: 5, start: -3, values: new Float32Array(0) },
    ],
    children: [
      { name: "hwthread0", level: EMPTY },
      {
        name: "socket0",
        level: {
          metrics: [],
          children: [
            {
              name: "memctrl1",
              level: {
                metrics: [{ name: "π", frequency: 60, start: 0, values: Float32Array.of(1, 2) }],
                children: [],
              },
            },
          ],
        },
      },
    ],
  },
};

function hostWith(metric: Partial<LevelSnapshot["metrics"][number]>): HostSnapshot {
  const sound = { name: "m", frequency: 1, start: 0, values: new Float32Array(0) };
  return { from: 0, to: 0, level: { metrics: [{ ...sound, ...metric }], children: [] } };
}

function nested(depth: number): LevelSnapshot {
  return depth === 1 ? EMPTY : { metrics: [], children: [{ name: "", level: nested(depth - 1) }] };
}

function decodingError(bytes: Uint8Array): SnapshotError | undefined {
  try {
    decodeSnapshot(bytes);
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
  return undefined;
}

describe("a snapshot of the reference", () => {
  const recorded = recordedFiles("bin");
  test("is among the golden files", () => expect(recorded.length).toBeGreaterThan(10));

  test.each(recorded)("$file holds the samples that the manifest lists", ({ file, from, to, series }) => {
    const host = decodeSnapshot(goldenBytes(file));
    expect(host).toMatchObject({ from, to, trailingBytes: 0 });
    expect(seriesOf(host.level)).toEqual(asFloat32(series));
  });

  test.each(recorded)("$file is written again with the same bytes", ({ file }) => {
    const bytes = goldenBytes(file);
    expect(encodeSnapshot(decodeSnapshot(bytes))).toEqual(bytes);
  });
});

describe("damage", () => {
  const bytes = encodeSnapshot(sample);

  test.each([
    ["bin-truncated/alpha/n002/1795557451.bin", "of values|values"],
    ["bin-empty/alpha/n002/1795557451.bin", "magic is cut"],
    ["bin-wrong-magic/alpha/n002/1795557451.bin", "magic is 0x"],
    ["bin-odd-name/alpha/n002/backup.bin", "magic is cut"],
  ])("%s is refused: %s", (file, message) => {
    expect(decodingError(goldenBytes(`damaged/${file}`))?.message).toMatch(new RegExp(message));
  });

  test("a flipped bit in a value cannot be seen", () => {
    expect(decodingError(goldenBytes("damaged/bin-bit-flip/alpha/n002/1795557451.bin"))).toBeUndefined();
  });

  test("a file cut at any byte is refused, with the offset of the field that is cut", () => {
    for (let length = 0; length < bytes.length; length++) {
      const error = decodingError(bytes.subarray(0, length));
      expect(error, `cut to ${length}`).toBeDefined();
      expect(error?.offset).toBeLessThanOrEqual(length);
    }
  });

  test("any single byte changed gives an error or a sound snapshot, never anything else", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        if (decodingError(damaged) !== undefined) continue;
        const { trailingBytes, ...host } = decodeSnapshot(damaged);
        expect(encodeSnapshot(host), `byte ${at}`).toEqual(damaged.subarray(0, damaged.length - trailingBytes));
      }
    }
  });

  test("any bytes behind a sound start give an error or a sound snapshot", () => {
    const start = bytes.subarray(0, 20);
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.constantFrom(0, 0, 0, 1, 2, 255), { maxLength: 200 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(anyBytes, (rest) => {
        const file = new Uint8Array([...start, ...rest]);
        if (decodingError(file) !== undefined) return;
        const { trailingBytes, ...host } = decodeSnapshot(file);
        expect(encodeSnapshot(host)).toEqual(file.subarray(0, file.length - trailingBytes));
      }),
    );
  });

  test("bytes behind the end are counted and do no harm", () => {
    const longer = new Uint8Array(bytes.length + 3);
    longer.set(bytes);
    expect(decodeSnapshot(longer)).toEqual({ ...sample, trailingBytes: 3 });
  });
});

describe("a field out of its range is refused with what was expected and where", () => {
  /** One metric "m" in a host without children: magic 0, from 4, to 12, count 20, name 24, frequency 27, … */
  const offsets = { from: 4, metrics: 20, name: 26, frequency: 27, start: 35, values: 43, children: 47 };

  function damaged(at: number, ...replacement: number[]): SnapshotError | undefined {
    const bytes = encodeSnapshot(hostWith({ frequency: 1 }));
    bytes.set(replacement, at);
    return decodingError(bytes);
  }

  test.each([
    ["an unknown magic", 0, [0x02], 0, "magic is 0xcc5b0002, 0xcc5b0001 expected"],
    ["a time beyond 2^53", offsets.from, [0, 0, 0, 0, 0, 0, 0x20, 0], offsets.from, "from beyond ±2^53"],
    ["a time below -2^53", offsets.start, [0, 0, 0, 0, 0, 0, 0xe0, 0xff], offsets.start, "start beyond ±2^53"],
    ["a frequency of 0", offsets.frequency, [0], offsets.frequency, "frequency is 0, above 0 expected"],
    [
      "a negative frequency",
      offsets.frequency,
      Array<number>(8).fill(0xff),
      offsets.frequency,
      "frequency is -1, above",
    ],
    ["a name that is not UTF-8", offsets.name, [0xff], offsets.name, "name of a metric is not UTF-8"],
    ["more metrics than fit", offsets.metrics, [2], offsets.metrics, "number of metrics is 2, more than 27 bytes"],
    ["4 billion metrics", offsets.metrics, [255, 255, 255, 255], offsets.metrics, "number of metrics is 4294967295"],
    ["more values than fit", offsets.values, [2], offsets.values, "number of values is 2, more than 4 bytes"],
    ["16 GB of values", offsets.values, [255, 255, 255, 255], offsets.values, "number of values is 4294967295"],
    ["more children than fit", offsets.children, [1], offsets.children, "number of children is 1, more than 0 bytes"],
  ])("%s", (_, at, replacement, offset, message) => {
    expect(damaged(at, ...replacement)).toMatchObject({ offset, message: expect.stringContaining(message) });
  });

  test("levels nested too deep", () => {
    const deepest = encodeSnapshot({ from: 0, to: 0, level: nested(MAX_LEVEL_DEPTH) });
    expect(decodingError(deepest)).toBeUndefined();
    // One child more in the innermost level: its count, then an empty name and an empty level.
    const deeper = new Uint8Array(deepest.length + 10);
    deeper.set(deepest);
    deeper[deepest.length - 4] = 1;
    expect(decodingError(deeper)).toMatchObject({
      offset: deepest.length + 2,
      message: expect.stringContaining(`more than ${MAX_LEVEL_DEPTH} levels`),
    });
  });
});

describe("writing and reading", () => {
  test("gives back every host, to the bit", () => {
    fc.assert(
      fc.property(anyHost({ uniqueNames: false }), (host) => {
        expect(decodeSnapshot(encodeSnapshot(host))).toEqual({ ...host, trailingBytes: 0 });
      }),
    );
  });

  test("finds the snapshot wherever it lies in its buffer, and does not hold on to it", () => {
    for (let shift = 0; shift < 4; shift++) {
      const buffer = new Uint8Array(encodeSnapshot(sample).length + shift);
      buffer.set(encodeSnapshot(sample), shift);
      const host = decodeSnapshot(buffer.subarray(shift));
      buffer.fill(0xee);
      expect(host).toEqual({ ...sample, trailingBytes: 0 });
    }
  });

  test("takes values from the middle of a larger array", () => {
    const values = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    expect(decodeSnapshot(encodeSnapshot(hostWith({ values }))).level.metrics[0]?.values).toEqual(
      Float32Array.of(2, 3),
    );
  });

  test("keeps the bits of a NaN", () => {
    const values = new Float32Array(Uint32Array.of(0x7fc0_1234).buffer);
    const read = decodeSnapshot(encodeSnapshot(hostWith({ values }))).level.metrics[0]?.values;
    expect(new Uint32Array(read?.buffer ?? new ArrayBuffer(0), read?.byteOffset, 1)).toEqual(
      Uint32Array.of(0x7fc0_1234),
    );
  });

  test("writes half a character as U+FFFD", () => {
    expect(decodeSnapshot(encodeSnapshot(hostWith({ name: "a\ud800" }))).level.metrics[0]?.name).toBe("a\ufffd");
  });

  test.each([
    ["a name over the limit", hostWith({ name: "ü".repeat(32_768) })],
    ["a frequency of 0", hostWith({ frequency: 0 })],
    ["a time that is no integer", hostWith({ start: 0.5 })],
    ["levels nested too deep", { from: 0, to: 0, level: nested(MAX_LEVEL_DEPTH + 1) }],
  ])("takes %s for a mistake of the program", (_, host) => {
    expect(() => encodeSnapshot(host)).toThrow("BUG:");
  });

  test("takes the longest name there can be", () => {
    const name = "ü".repeat(32_767);
    expect(decodeSnapshot(encodeSnapshot(hostWith({ name }))).level.metrics[0]?.name).toBe(name);
  });
});
