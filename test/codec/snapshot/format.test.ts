import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { MAX_LEVEL_DEPTH, type HostSnapshot, type LevelSnapshot } from "../../../src/codec/host-snapshot.ts";
import {
  CHILD_BYTES,
  HEADER_BYTES,
  LEVEL_BYTES,
  MAGIC,
  MAX_NAME_BYTES,
  METRIC_BYTES,
} from "../../../src/codec/snapshot/layout.ts";
import { encodeSnapshot } from "../../../src/codec/snapshot/snapshot.ts";

const page = readFileSync(new URL("../../../src/codec/snapshot/FORMAT.md", import.meta.url), "utf8");

/** The rows [field, type, meaning] of the table that describes a part of the file. */
function fieldsOf(part: string): string[][] {
  const lines = page.split("\n");
  const header = lines.findIndex((line) => new RegExp(`^\\| ${part} +\\| type`).test(line));
  if (header < 0) throw new Error(`FORMAT.md has no table of ${part}`);
  const length = lines.slice(header).findIndex((line) => !line.startsWith("|"));
  const rows = lines.slice(header + 2, header + length);
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

type Content = Record<string, unknown>;

/** Lays out a part of the file field by field as the page says; `content` holds the fields under the page's names. */
function layOut(part: string, content: Content): number[] {
  return fieldsOf(part).flatMap(([field = "", type = ""]) => {
    const value = content[field];
    if (value === undefined) throw new Error(`FORMAT.md lists a field of ${part} that is not known: ${field}`);
    return [value].flat().flatMap((item) => layOutField(type, item));
  });
}

function layOutField(type: string, content: unknown): number[] {
  const view = new DataView(new ArrayBuffer(8));
  if (type === "uint16") view.setUint16(0, Number(content), true);
  else if (type === "uint32") view.setUint32(0, Number(content), true);
  else if (type === "int64") view.setBigInt64(0, BigInt(Number(content)), true);
  else if (type === "float32") view.setFloat32(0, Number(content), true);
  else if (type === "utf-8") return [...new TextEncoder().encode(String(content))];
  else return layOut(type, content as Content);
  const sizes = { uint16: 2, uint32: 4, int64: 8, float32: 4 };
  return [...new Uint8Array(view.buffer, 0, sizes[type])];
}

function namePart(name: string): Content {
  return { length: new TextEncoder().encode(name).length, text: name };
}

function levelPart({ metrics, children }: LevelSnapshot): Content {
  return {
    "number of metrics": metrics.length,
    metrics: metrics.map(({ name, frequency, start, values }) => ({
      name: namePart(name),
      frequency,
      start,
      "number of values": values.length,
      values: [...values],
    })),
    "number of children": children.length,
    children: children.map(({ name, level }) => ({ name: namePart(name), level: levelPart(level) })),
  };
}

const host: HostSnapshot = {
  from: -5,
  to: 1_795_557_451,
  level: {
    metrics: [
      { name: "cpu_load", frequency: 1, start: 1_795_557_432, values: Float32Array.of(0.25, -0, 1e30) },
      { name: "π", frequency: 3600, start: 2 ** 40, values: new Float32Array(0) },
    ],
    children: [
      { name: "socket0", level: { metrics: [], children: [{ name: "", level: { metrics: [], children: [] } }] } },
    ],
  },
};

test("FORMAT.md lists every field in the order and with the type that the code writes", () => {
  const magic = Number(fieldsOf("file").find(([field]) => field === "magic")?.[2]);
  expect(magic).toBe(MAGIC);
  const { from, to, level } = host;
  expect(encodeSnapshot(host)).toEqual(Uint8Array.from(layOut("file", { magic, from, to, level: levelPart(level) })));
});

test("FORMAT.md names the sizes and limits that the code has", () => {
  expect(page).toContain(`The smallest file is ${HEADER_BYTES + LEVEL_BYTES} bytes`);
  expect(page).toContain(
    `A metric takes ${METRIC_BYTES} bytes besides its name and its\nvalues, a child ${CHILD_BYTES} besides`,
  );
  expect(page).toContain(`at most ${MAX_LEVEL_DEPTH} within each other`);
  expect(page).toContain(`${MAX_NAME_BYTES} at most`);
});
