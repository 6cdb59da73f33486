import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compareText } from "../../../src/codec/parquet/text-order.ts";

test("texts are in the order of their UTF-8 bytes, where `<` would have another", () => {
  const texts = ["\uffee", "\u{1f980}"];
  expect([...texts].toSorted()).toEqual(["\u{1f980}", "\uffee"]);
  expect(texts.toReversed().toSorted(compareText)).toEqual(texts);
});

test("any two texts are in the order of their UTF-8 bytes", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
});
