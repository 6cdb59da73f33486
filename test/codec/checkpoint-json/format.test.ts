import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { encodeCheckpointJson } from "../../../src/codec/checkpoint-json/checkpoint-json.ts";
import { shortestFloat32 } from "../../../src/codec/checkpoint-json/shortest-float32.ts";
import { MAX_LEVEL_DEPTH } from "../../../src/codec/host-snapshot.ts";

const page = readFileSync(new URL("../../../src/codec/checkpoint-json/FORMAT.md", import.meta.url), "utf8");

/** The rows of the table whose first header cell is `name`, without quotes of code. */
function table(name: string): string[][] {
  const lines = page.split("\n");
  const header = lines.findIndex((line) => new RegExp(`^\\| ${name} +\\|`).test(line));
  if (header < 0) throw new Error(`FORMAT.md has no table of ${name}`);
  const length = lines.slice(header).findIndex((line) => !line.startsWith("|"));
  const rows = lines.slice(header + 2, header + length);
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

/** [member, type] of an object as it was written. */
function shapeOf(value: object): string[][] {
  return Object.entries(value).map(([name, member]) => {
    const type = Array.isArray(member) ? "array" : Number.isInteger(member) ? "integer" : typeof member;
    return [name, type];
  });
}

function shapeIn(name: string): string[][] {
  return table(name).map((cells) => cells.slice(0, 2));
}

describe("FORMAT.md", () => {
  const metric = { name: "m", frequency: 1, start: 0, values: Float32Array.of(1) };
  const level = { metrics: [metric], children: [{ name: "socket0", level: { metrics: [], children: [] } }] };
  const document = JSON.parse(new TextDecoder().decode(encodeCheckpointJson({ from: 0, to: 1, level })));

  test("lists the members of a level, at the host and below it, in the order written", () => {
    expect(shapeOf(document)).toEqual(shapeIn("level"));
    expect(shapeOf(document.children.socket0)).toEqual(shapeIn("level"));
  });

  test("lists the members of a metric in the order written", () => {
    expect(shapeOf(document.metrics.m)).toEqual(shapeIn("metric"));
  });

  test("names the limit that the code has", () => {
    expect(page).toContain(`at most ${MAX_LEVEL_DEPTH} within each other`);
  });

  test.each(table("float32"))("says rightly that %s is written as %s", (value = "", written = "") => {
    expect(shortestFloat32(Number(value))).toBe(written);
  });
});
