import { expect, test } from "vitest";
import { nearestKey, suggestion } from "../../src/service/nearest-key.ts";

const known = ["retention-in-memory", "memory-cap", "num-workers", "checkpoints", "cleanup", "debug"];

test.each<[string, string, string | undefined]>([
  ["two letters swapped", "retention-in-memroy", "retention-in-memory"],
  ["a letter missing", "memory-ca", "memory-cap"],
  ["a letter too many", "cleanupp", "cleanup"],
  ["a wrong letter", "dedug", "debug"],
  ["singular for plural", "checkpoint", "checkpoints"],
  ["underscores", "num_workers", "num-workers"],
  ["other case", "Memory-Cap", "memory-cap"],
  ["capitals", "CLEANUP", "cleanup"],
  ["camel case", "retentionInMemory", "retention-in-memory"],
  ["the word itself", "debug", "debug"],
  ["a beginning", "retention", "retention-in-memory"],
  ["with an ending", "debugging-options", "debug"],
  ["a beginning too short", "nu", undefined],
  ["something else", "archive", undefined],
  ["too many errors for a short word", "bugde", undefined],
  ["nothing", "", undefined],
])("%s: %s → %s", (_about, word, nearest) => {
  expect(nearestKey(word, known)).toBe(nearest);
});

test("of equally near words the first is suggested", () => {
  expect(nearestKey("cat", ["bat", "rat"])).toBe("bat");
});

test("a nearer word behind is preferred", () => {
  expect(nearestKey("subscribe-tp", ["subscribe", "subscribe-to"])).toBe("subscribe-to");
});

test("a swap is one error, not two", () => {
  expect(nearestKey("abdc", ["abcd"])).toBe("abcd");
});

test("without a near word the known ones are listed", () => {
  expect(suggestion("xyz", ["one", "two"])).toBe("; known: one, two");
  expect(suggestion("tow", ["one", "two"])).toBe('; did you mean "two"?');
});
