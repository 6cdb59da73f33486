// FORMAT.md says what the code does.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CHECK_BYTES, CHECK_MAGIC } from "../../../src/codec/parquet/footer.ts";
import { BATCH_ROWS } from "../../../src/codec/parquet/row-batch.ts";
import { MIN_PAGE_ROWS } from "../../../src/codec/parquet/host-group.ts";
import { COLUMNS, SEQUENCE_KEY, SORTED_BY } from "../../../src/codec/parquet/schema.ts";

const page = readFileSync(new URL("../../../src/codec/parquet/FORMAT.md", import.meta.url), "utf8");

test("the page has the columns, in their order, with their types", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| [A-Z_]+ +\|/gm)].map(([, name, type]) => ({ name, type }));
  expect(rows).toEqual(COLUMNS);
});

test("the page says where the footer's checksum is", () => {
  expect(page).toContain(`the ${CHECK_BYTES} bytes in front of them`);
  expect(page).toContain(`\`${new TextDecoder().decode(CHECK_MAGIC)}\``);
});

test("the page says how rows are sorted", () => {
  expect(page).toContain(`sorted by ${SORTED_BY.map((name) => `\`${name}\``).join(", ")}`);
});

test("the page has the key of the file's number, and how many rows a page of strings has at least", () => {
  expect(page).toContain(`\`${SEQUENCE_KEY}\``);
  expect(page).toContain(`(and have ${MIN_PAGE_ROWS} rows or more)`);
  expect(BATCH_ROWS).toBeGreaterThan(MIN_PAGE_ROWS);
});
