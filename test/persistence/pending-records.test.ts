// Records that wait for their WAL: as places in blocks.

import { expect, test } from "vitest";
import { PendingRecords } from "../../src/persistence/pending-records.ts";

const block = Uint8Array.from({ length: 10 }, (_, i) => i);

const textOf = (pieces: readonly Uint8Array[]): string => pieces.map((piece) => piece.join("")).join(" ");

test("runs that lie side by side in a block are one piece, others are one each", () => {
  const pending = new PendingRecords();
  pending.add(block, 1, 3);
  pending.add(block, 3, 5);
  pending.add(block, 6, 8);
  pending.add(block.slice(), 8, 9);
  expect(textOf(pending.pieces())).toBe("1234 67 8");
  expect(pending.sizeBytes).toBe(7);
});

test("what is taken is out, and stands in front of what came since when it is put back", () => {
  const pending = new PendingRecords();
  pending.add(block, 1, 3);
  pending.add(block, 5, 6);
  const taken = pending.take();
  expect([textOf(taken), pending.pieces().length, pending.sizeBytes]).toEqual(["12 5", 0, 0]);
  pending.add(block, 8, 10);
  pending.putBack(taken);
  expect([textOf(pending.pieces()), pending.sizeBytes]).toEqual(["12 5 89", 5]);
});
