import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathOfScope, pathOfSelector, scopeOf, selectorOf } from "../../../src/codec/parquet/level-scope.ts";
import { anyName } from "../snapshot/any-host.ts";

describe("the scope of a level", () => {
  test.each([
    [[], "node", ""],
    [["socket0"], "socket", "0"],
    [["cpu7"], "hwthread", "7"],
    [["hwthread71"], "hwthread", "71"],
    [["core3"], "core", "3"],
    [["memoryDomain1"], "memoryDomain", "1"],
    [["accelerator0"], "accelerator", "0"],
    [["accelerator00000000:3F:00.0"], "accelerator", "00000000:3F:00.0"],
    [["socket"], "socket", ""],
    [["socket-1"], "socket-1", ""],
    [["Socket0"], "Socket0", ""],
    [["memctrl1"], "memctrl1", ""],
    [["toString1"], "toString1", ""],
    [["socket0", "memctrl1"], "memctrl1", ""],
    [["socket0", "core5"], "core", "5"],
    [["socket0\n1"], "socket", "0\n1"],
  ])("%j is %s, id %s", (path, scope, scopeId) => {
    expect(scopeOf(path)).toEqual({ scope, scopeId });
  });

  test.each([
    ["node", "", []],
    ["socket", "0", ["socket0"]],
    ["hwthread", "7", ["hwthread7"]],
    ["memctrl1", "", ["memctrl1"]],
    ["node", "1", ["node1"]],
  ])("%s with id %j is found at %j", (scope, scopeId, path) => {
    expect(pathOfScope({ scope, scopeId })).toEqual(path);
  });
});

describe("a selector", () => {
  test.each([
    [[], ""],
    [["socket0"], "socket0"],
    [["socket0", "memctrl1"], "socket0/memctrl1"],
    [["disk/dev/sda", "50%"], "disk%2Fdev%2Fsda/50%25"],
    [[""], "%"],
    [["", "a"], "%/a"],
    [["%2F"], "%252F"],
  ])("of %j is %s", (path, selector) => {
    expect(selectorOf(path)).toBe(selector);
    expect(pathOfSelector(selector)).toEqual(path);
  });

  test("of any path leads back to it", () => {
    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 4 }), (path) => {
        expect(pathOfSelector(selectorOf(path))).toEqual(path);
      }),
    );
  });
});
