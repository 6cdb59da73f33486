import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  decodeHostRecord,
  encodeHostRecord,
  HOST_RECORD_MAGIC,
  JOURNAL_HEADER_BYTES,
  JOURNAL_MAGIC,
  MAX_HOST_RECORD_BYTES,
} from "../../../src/codec/journal/journal-record.ts";
import { crc32 } from "../../../src/codec/wal/crc32.ts";
import { encodeRecord } from "../../../src/codec/wal/record.ts";
import { scanLog } from "../../../src/persistence/inspect-log-scan.ts";
import { DAMAGED_JOURNALS } from "../../../src/persistence/layout.ts";
import { MemoryFileSystem } from "../../../src/runtime/memory.ts";

const page = readFileSync(new URL("../../../src/codec/journal/FORMAT.md", import.meta.url), "utf8");

/** The rows of the table with the given header cells, as cells. */
function table(...header: string[]): string[][] {
  const rows = page.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const first = rows.findIndex((cells) => cells.join() === header.join());
  if (first < 0) throw new Error(`FORMAT.md has no table ${header.join(" | ")}`);
  const length = rows.slice(first).findIndex((cells) => cells.length === 0);
  return rows.slice(first + 2, first + length);
}

function hex(number: number): string {
  return `0x${number.toString(16).toUpperCase()}`;
}

describe("FORMAT.md", () => {
  const fields = table("field", "type", "value");
  const valueOf = (name: string): string => fields.find(([field]) => field === name)?.[2] ?? "no such field";

  test("lists the fields in the order in which they lie in a host record", () => {
    const record = encodeHostRecord({ cluster: "alex", host: "a0101" });
    const view = new DataView(record.buffer);
    let at = 0;
    let length = 0;
    const readers: Record<string, () => unknown> = {
      uint8: () => (length = view.getUint8(at++)),
      uint32: () => view.getUint32((at += 4) - 4, true),
      bytes: () => new TextDecoder().decode(record.subarray((at += length) - length, at)),
    };
    const read = fields.map(([field, type]) => [field, readers[type]()]);
    expect(at).toBe(record.length);
    expect(Object.fromEntries(read)).toEqual({
      magic: HOST_RECORD_MAGIC,
      "payload length": record.length - 12,
      "cluster length": 4,
      cluster: "alex",
      "host length": 5,
      host: "a0101",
      CRC: crc32(record, 8, record.length - 4),
    });
  });

  test("names the constants that the code has", () => {
    const shortest = encodeHostRecord({ cluster: "", host: "" });
    expect(page).toContain(`The file magic is \`${hex(JOURNAL_MAGIC)}\``);
    expect(page).toContain(`file magic <${JOURNAL_HEADER_BYTES}b>`);
    expect(valueOf("magic")).toBe(`\`${hex(HOST_RECORD_MAGIC)}\``);
    expect(valueOf("payload length")).toBe(`${shortest.length - 12} to ${MAX_HOST_RECORD_BYTES - 12}`);
    const limit = Number(/^up to (\d+)$/.exec(valueOf("host length"))?.[1]);
    expect(encodeHostRecord({ cluster: "x".repeat(limit), host: "x".repeat(limit) })).toHaveLength(
      MAX_HOST_RECORD_BYTES,
    );
    expect(() => encodeHostRecord({ cluster: "", host: "x".repeat(limit + 1) })).toThrow(RangeError);
    expect(valueOf("cluster length")).toBe(valueOf("host length"));
    expect(page).toContain(`is kept in \`${DAMAGED_JOURNALS}/\``);
    expect(page).toContain(`A name of more than ${limit} bytes is an error of the writer.`);
  });

  test("says rightly that names have to fill the payload", () => {
    const record = encodeHostRecord({ cluster: "c", host: "h1" });
    const shorter = record.slice();
    shorter[10] = 1; // the host's name, and then a byte of nothing
    new DataView(shorter.buffer).setUint32(13, crc32(shorter, 8, 13), true);
    expect(decodeHostRecord(record, 0)).toBeDefined();
    expect(decodeHostRecord(shorter, 0)).toBeUndefined();
  });

  test("says rightly what damage costs", async () => {
    const host = (name: string): Uint8Array => encodeHostRecord({ cluster: "c", host: name });
    const sample = (timestamp: number): Uint8Array => encodeRecord({ metric: "m", selector: [], timestamp, value: 1 });
    const size = sample(0).length;
    const pieces = [host("a"), sample(1), sample(2), sample(3), host("b"), sample(4), sample(5)];
    const sound = Uint8Array.from([...new Uint8Array(4), ...pieces.flatMap((piece) => [...piece])]);
    const first = 4 + host("a").length;
    const second = first + 3 * size;
    const secondRecord = second + host("b").length;

    const flipped = (at: number) => sound.with(at, sound[at] ^ 1);
    const that = "that record";
    const upToNext = "the records up to the next host's";
    const examples: Record<string, [damaged: Uint8Array, cost: string, left: number[]][]> = {
      "the file magic": [[flipped(0), "nothing", [1, 2, 3, 4, 5]]],
      "the payload or the CRC of a WAL record": [
        [flipped(first + 8), that, [2, 3, 4, 5]],
        [flipped(first + size - 1), that, [2, 3, 4, 5]],
      ],
      "the magic or the length of a WAL record": [
        [flipped(first), that, [2, 3, 4, 5]],
        [flipped(first + 4), that, [2, 3, 4, 5]],
      ],
      "the magic or the length of a host record": [
        [flipped(4), "nothing", [1, 2, 3, 4, 5]],
        [flipped(second + 4), "nothing", [1, 2, 3, 4, 5]],
      ],
      "the payload or the CRC of a host record": [
        [flipped(4 + 9), upToNext, [4, 5]],
        [flipped(second + 9), upToNext, [1, 2, 3]],
        [flipped(secondRecord - 1), upToNext, [1, 2, 3]],
      ],
      "several of them in a row": [
        [sound.slice().fill(0, first + size + 4, first + 2 * size + 4), upToNext, [1, 4, 5]],
      ],
      "the end of the file is missing": [
        [sound.slice(0, secondRecord + size + 3), "the record that is cut; no one else", [1, 2, 3, 4]],
      ],
    };
    const rows = table("what is damaged", "what it costs");
    expect(rows.map(([what]) => what)).toEqual(Object.keys(examples));
    for (const [what, cost] of rows) {
      for (const [bytes, said, left] of examples[what]) {
        expect(cost).toBe(said);
        expect(await timesIn(bytes), what).toEqual(left);
      }
    }
  });
});

async function timesIn(journal: Uint8Array): Promise<number[]> {
  const files = new MemoryFileSystem();
  files.put("/j", journal);
  const times: number[] = [];
  await scanLog(
    files,
    "/j",
    { kind: "journal", from: JOURNAL_HEADER_BYTES },
    { onHost() {}, onDamage() {}, onRecord: ({ timestamp }) => void times.push(timestamp) },
  );
  return times;
}
