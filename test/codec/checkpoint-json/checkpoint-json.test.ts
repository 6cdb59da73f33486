import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  CheckpointJsonError,
  decodeCheckpointJson,
  encodeCheckpointJson,
  encodeCheckpointJsonInPieces,
} from "../../../src/codec/checkpoint-json/checkpoint-json.ts";
import { MAX_LEVEL_DEPTH, type HostSnapshot, type LevelSnapshot } from "../../../src/codec/host-snapshot.ts";
import { anyHost } from "../snapshot/any-host.ts";
import { asFloat32, goldenBytes, recordedFiles, seriesOf } from "../snapshot/golden-files.ts";

const EMPTY: LevelSnapshot = { metrics: [], children: [] };

const sample: HostSnapshot = {
  from: 10,
  to: 20,
  level: {
    metrics: [{ name: "load", frequency: 1, start: 10, values: Float32Array.of(0.1, Number.NaN, -0) }],
    children: [
      {
        name: 'a"ß',
        level: { metrics: [{ name: "temp", frequency: 5, start: 12, values: new Float32Array(0) }], children: [] },
      },
    ],
  },
};

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(host: HostSnapshot): string {
  return new TextDecoder().decode(encodeCheckpointJson(host));
}

function hostWith(metric: Partial<LevelSnapshot["metrics"][number]>): HostSnapshot {
  const sound = { name: "m", frequency: 1, start: 0, values: new Float32Array(0) };
  return { from: 0, to: 0, level: { metrics: [{ ...sound, ...metric }], children: [] } };
}

function nested(depth: number): LevelSnapshot {
  return depth === 1 ? EMPTY : { metrics: [], children: [{ name: "x", level: nested(depth - 1) }] };
}

/** For JSON.parse: rounds what stands in an array to float32. */
function floatsRounded(this: unknown, _: string, value: unknown): unknown {
  return Array.isArray(this) && typeof value === "number" ? Math.fround(value) : value;
}

function decodingError(bytes: Uint8Array): CheckpointJsonError | undefined {
  try {
    decodeCheckpointJson(bytes);
  } catch (error) {
    if (error instanceof CheckpointJsonError) return error;
    throw error;
  }
  return undefined;
}

test("in pieces it is the same, and none is much longer than the longest metric", () => {
  const metrics = Array.from({ length: 40 }, (_, i) => ({
    name: `ü${i}`,
    frequency: 1,
    start: 0,
    values: new Float32Array(5000).fill(i + 0.1),
  }));
  const host = { from: 0, to: 5000, level: { metrics, children: sample.level.children } };
  const pieces = [...encodeCheckpointJsonInPieces(host)];
  expect(Buffer.concat(pieces).toString()).toBe(textOf(host));
  expect(pieces.length).toBeGreaterThan(5);
  for (const piece of pieces) expect(piece.length).toBeLessThan(200_000);
});

describe("a checkpoint of the reference", () => {
  const recorded = recordedFiles("json");
  test("is among the golden files", () => expect(recorded.length).toBeGreaterThan(8));

  test.each(recorded)("$file holds the samples that the manifest lists", ({ file, from, to, series }) => {
    const host = decodeCheckpointJson(goldenBytes(file));
    expect(host).toMatchObject({ from, to });
    expect(seriesOf(host.level)).toEqual(asFloat32(series));
  });

  test.each(recorded)("$file is written again as the same document", ({ file }) => {
    const bytes = goldenBytes(file);
    // Not the same bytes: the reference writes 40 as 40.0 and 1000036860 as 1000036864.0.
    const again = textOf(decodeCheckpointJson(bytes));
    expect(JSON.parse(again, floatsRounded)).toEqual(JSON.parse(new TextDecoder().decode(bytes), floatsRounded));
  });
});

describe("writing", () => {
  test("gives from and to at every level, null for no sample, and the shortest numbers", () => {
    expect(textOf(sample)).toBe(
      '{"metrics":{"load":{"frequency":1,"start":10,"data":[0.1,null,-0]}},' +
        String.raw`"children":{"a\"ß":{"metrics":{"temp":{"frequency":5,"start":12,"data":[]}},"children":{},"from":10,"to":20}},` +
        '"from":10,"to":20}',
    );
  });

  test("gives null for what JSON cannot say", () => {
    expect(textOf(hostWith({ values: Float32Array.of(Infinity, -Infinity) }))).toContain('"data":[null,null]');
  });

  test.each([
    ["a frequency of 0", hostWith({ frequency: 0 })],
    ["a time that is no integer", hostWith({ start: 0.5 })],
    ["levels nested too deep", { from: 0, to: 0, level: nested(MAX_LEVEL_DEPTH + 1) }],
  ])("takes %s for a mistake of the program", (_, host) => {
    expect(() => encodeCheckpointJson(host)).toThrow("BUG:");
  });
});

describe("writing and reading", () => {
  /** As JavaScript orders members: array indices first, the rest as it came. */
  function inMemberOrder(level: LevelSnapshot): LevelSnapshot {
    const rank = ({ name }: { name: string }): number => (/^(0|[1-9]\d{0,9})$/.test(name) ? Number(name) : Infinity);
    const byRank = (a: { name: string }, b: { name: string }): number =>
      rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
    return {
      metrics: level.metrics.toSorted(byRank),
      children: level.children
        .toSorted(byRank)
        .map((child) => ({ name: child.name, level: inMemberOrder(child.level) })),
    };
  }

  test("gives back every host, to the bit", () => {
    fc.assert(
      fc.property(anyHost({ uniqueNames: true }), (host) => {
        const expected = { ...host, level: inMemberOrder(host.level) };
        expect(decodeCheckpointJson(encodeCheckpointJson(host))).toEqual(expected);
      }),
    );
  });

  test("keeps the order of the file", () => {
    const names = ["zeta", "alpha", "mid", "__proto__"];
    const metrics = names.map((name) => ({ name, frequency: 1, start: 0, values: new Float32Array(1) }));
    const read = decodeCheckpointJson(encodeCheckpointJson({ from: 0, to: 0, level: { metrics, children: [] } }));
    expect(read.level.metrics.map(({ name }) => name)).toEqual(names);
  });
});

describe("reading", () => {
  test.each([
    ["without metrics and children", '{"from":1,"to":2}'],
    ["with null for them, as Go writes empty maps", '{"metrics":null,"children":null,"from":1,"to":2}'],
    ["with members not known", '{"version":3,"from":1,"to":2,"metrics":{}}'],
    ["with white space", '\n{ "from" : 1 ,\t"to":2 }\r\n'],
  ])("takes a file %s", (_, text) => {
    expect(decodeCheckpointJson(bytesOf(text))).toEqual({ from: 1, to: 2, level: EMPTY });
  });

  test.each(["", ',"data":null'])("takes a metric without data for an empty one: %j", (data) => {
    const text = `{"from":1,"to":2,"metrics":{"m":{"frequency":1,"start":0${data}}}}`;
    expect(decodeCheckpointJson(bytesOf(text))).toEqual({ ...hostWith({}), from: 1, to: 2 });
  });

  test("takes numbers beyond float32 for no sample", () => {
    const text = '{"from":1,"to":2,"metrics":{"m":{"frequency":1,"start":0,"data":[1e39,-1e999,1e38]}}}';
    const values = decodeCheckpointJson(bytesOf(text)).level.metrics[0]?.values;
    expect(values).toEqual(Float32Array.of(Number.NaN, Number.NaN, 1e38));
  });

  test("takes half a character in a name for U+FFFD, as Go does", () => {
    const text = String.raw`{"from":1,"to":2,"children":{"a\ud800":{}}}`;
    expect(decodeCheckpointJson(bytesOf(text)).level.children[0]?.name).toBe("a\ufffd");
  });
});

describe("a file that is no checkpoint is refused with the place", () => {
  test("where the reference's file is cut", () => {
    const file = "damaged/json-truncated/alpha/n002/1795557440.json";
    expect(decodingError(goldenBytes(file))).toMatchObject({
      place: { offset: 284, line: 1 },
      message: expect.stringContaining("unexpected EOF"),
    });
  });

  test.each([
    ["an empty file", "", { offset: 0, line: 1 }, "EOF"],
    ["text that is no JSON", '{"from":1,\n"to":ß}', { offset: 16, line: 2 }, "invalid character 'ß'"],
    [
      "a syntax error behind other scripts",
      '{"ßß":1,\n}',
      { offset: 11, line: 2 },
      "looking for beginning of object key",
    ],
    ["text behind the end", '{"from":1,"to":2} {}', {}, "text behind the end of the JSON value"],
    ["a byte order mark", '\ufeff{"from":1,"to":2}', { offset: 0, line: 1 }, "invalid character"],
  ])("%s", (_, text, place, message) => {
    const error = decodingError(bytesOf(text));
    expect(error?.message).toContain(message);
    expect(error?.place).toEqual(place);
  });

  test("a byte that is not UTF-8", () => {
    const bytes = bytesOf('{"ü\ufffd\n":1,"x":2}');
    bytes[13] = 0xff;
    expect(decodingError(bytes)).toMatchObject({
      place: { offset: 13, line: 2 },
      message: "not UTF-8 at byte 13, line 2",
    });
  });

  test("a character cut at the end of the file", () => {
    expect(decodingError(Uint8Array.of(0x22, 0xc3))).toMatchObject({ place: { offset: 1, line: 1 } });
  });

  const metric = '"frequency":1,"start":0,"data":[]';
  test.each([
    ["[]", "the document", "an object expected, an array found"],
    ['{"to":2}', "from", "an integer below 2^53 expected, nothing found"],
    ['{"from":1,"to":"2"}', "to", "an integer below 2^53 expected, a string found"],
    ['{"from":1,"to":9007199254740992}', "to", "an integer below 2^53 expected, 9007199254740992 found"],
    ['{"from":1.5,"to":2}', "from", "an integer below 2^53 expected, 1.5 found"],
    ['{"from":1,"to":2,"metrics":[]}', "metrics", "an object expected, an array found"],
    ['{"from":1,"to":2,"metrics":{"a":null}}', 'metrics["a"]', "an object expected, null found"],
    ['{"from":1,"to":2,"metrics":{"a":{"start":0,"frequency":0}}}', 'metrics["a"].frequency', "an integer above 0"],
    ['{"from":1,"to":2,"metrics":{"a":{"frequency":1}}}', 'metrics["a"].start', "an integer below 2^53 expected"],
    ['{"from":1,"to":2,"metrics":{"a":{"frequency":1,"start":0,"data":{}}}}', 'metrics["a"].data', "an array expected"],
    [
      `{"from":1,"to":2,"children":{"s:0":{"metrics":{"a":{${metric.replace("[]", "[1,null,true]")}}}}}}`,
      'children["s:0"].metrics["a"].data[2]',
      "a number or null expected, true found",
    ],
    ['{"from":1,"to":2,"children":{"a":{"children":{"b":1}}}}', 'children["a"].children["b"]', "an object expected"],
  ])("%s: %s", (text, path, message) => {
    const error = decodingError(bytesOf(text));
    expect(error?.place).toEqual({ path });
    expect(error?.message).toContain(`${path}: ${message}`);
  });

  test("levels nested too deep", () => {
    const deepest = textOf({ from: 0, to: 0, level: nested(MAX_LEVEL_DEPTH) });
    expect(decodingError(bytesOf(deepest))).toBeUndefined();
    const deeper = `{"children":{"x":${deepest}},"from":0,"to":0}`;
    expect(decodingError(bytesOf(deeper))?.message).toContain(`more than ${MAX_LEVEL_DEPTH} levels`);
    const endless = '{"from":0,"to":0,"children":'.repeat(10_000);
    expect(decodingError(bytesOf(endless))?.message).toContain("exceeded max depth");
  });

  test("a file cut at any byte", () => {
    const bytes = encodeCheckpointJson(sample);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodingError(bytes.subarray(0, length)), `cut to ${length}`).toBeDefined();
    }
  });

  test("any single byte changed gives an error or a sound checkpoint, never anything else", () => {
    const bytes = encodeCheckpointJson(sample);
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [0x01, 0x02, 0x10, 0x80]) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        if (decodingError(damaged) !== undefined) continue;
        const host = decodeCheckpointJson(damaged);
        expect(decodeCheckpointJson(encodeCheckpointJson(host)), `byte ${at}`).toEqual(host);
      }
    }
  });
});
