import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { parseLine } from "../../../src/codec/line-protocol/grammar.ts";
import { MAX_EXACT_DIGITS } from "../../../src/codec/line-protocol/number.ts";
import { TAG_KEYS } from "../../../src/codec/line-protocol/tags.ts";
import { parseTimestamp, TIMESTAMP_UNITS } from "../../../src/codec/line-protocol/timestamp.ts";
import { MEASUREMENT_STOPS, NAME_STOPS, nameText, skipName } from "../../../src/codec/line-protocol/tokens.ts";

const page = readFileSync(new URL("../../../src/codec/line-protocol/FORMAT.md", import.meta.url), "utf8");

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

function unquoted(cell: string): string {
  return cell.replace(/^`(.*)`$/, "$1");
}

function parse(text: string): ReturnType<typeof parseLine> {
  const bytes = new TextEncoder().encode(text);
  return parseLine(bytes, 0, bytes.length, () => true);
}

describe("FORMAT.md", () => {
  test("lists the tags that are used, and no other", () => {
    const listed = table("tag key", "sets").map(([key, member]) => [unquoted(key ?? ""), member]);
    expect(Object.fromEntries(listed)).toEqual(TAG_KEYS);
  });

  test("lists the units of timestamps with their limits", () => {
    const rows = table("unit", "largest magnitude");
    expect(rows.map(([unit]) => unit)).toEqual(TIMESTAMP_UNITS.map(({ unit }) => unit));
    for (const [i, [, limit = ""]] of rows.entries()) {
      const bytes = new TextEncoder().encode(limit);
      expect(parseTimestamp(bytes, 0, bytes.length)).toBe(9223372036);
      expect(limit).toHaveLength(TIMESTAMP_UNITS[i]?.limitDigits ?? 0);
    }
  });

  test.each(table("written", "read as"))("says rightly what the value %s is read as: %s", (written, readAs) => {
    const outcome = parse(`m value=${unquoted(written ?? "")} 0`);
    if (outcome.kind === "sample") expect(outcome.sample.value).toBe(Number(readAs));
    else expect(outcome).toMatchObject({ kind: "rejected", reason: expect.stringContaining(readAs ?? "?") });
  });

  test("says rightly which separators end a name, and are escaped in it", () => {
    const separators = { comma: ",", space: " ", equals: "=" };
    const rows = table("name", "ends at", "`\\` takes the meaning from");
    expect(rows.map(([name]) => name)).toEqual(["measurement", "tag key", "tag value", "field key"]);
    for (const [name = "", ends = "", escapes = ""] of rows) {
      const stops = name === "measurement" ? MEASUREMENT_STOPS : NAME_STOPS;
      for (const [separator, byte] of Object.entries(separators)) {
        const isEnd = ends.split(", ").includes(separator);
        expect(nameAtStart(`a${byte}z`, stops), `${name} ${separator}`).toBe(isEnd ? "a" : `a${byte}z`);
        const isEscaped = escapes.split(", ").includes(separator);
        expect(nameAtStart(`a\\${byte}z`, stops), `${name} \\${separator}`).toBe(
          isEscaped ? `a${byte}z` : `a\\${byte}z`,
        );
      }
    }
  });

  test("names the bounds that the code has", () => {
    const longest = Number(/at most (\d+) bytes of a token/.exec(page)?.[1]);
    const outcome = parse(`m value=1 ${"x".repeat(longest + 1)}`);
    expect(outcome).toMatchObject({ reason: `invalid timestamp ("${"x".repeat(longest)}…")` });
    expect(page).toContain(`by at most ${MAX_EXACT_DIGITS} significant digits`);
    const infinite = /From (\d+) \(2\^128 − 2\^103\)/.exec(page)?.[1] ?? "";
    expect(BigInt(infinite)).toBe(2n ** 128n - 2n ** 103n);
    expect(parse(`m value=${infinite}`)).toMatchObject({ sample: { value: Number.POSITIVE_INFINITY } });
    expect(parse(`m value=${BigInt(infinite) - 1n}`)).toMatchObject({ sample: { value: 2 ** 128 - 2 ** 104 } });
  });
});

function nameAtStart(text: string, stops: number): string | undefined {
  const bytes = new TextEncoder().encode(text);
  const line = { bytes, start: 0, end: bytes.length, at: 0 };
  skipName(line, stops);
  return nameText(bytes, 0, line.at, stops);
}
