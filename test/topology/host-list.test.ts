// Host lists, as cluster descriptions and job schedulers write them.

import { describe, expect, it } from "vitest";
import { HostListError, MAX_HOSTS, parseHostList } from "../../src/topology/host-list.ts";

describe("a host list stands for", () => {
  const cases: [what: string, text: string, hosts: string[]][] = [
    ["nothing, when it is empty", "", []],
    ["nothing, when it is blank", "  ", []],
    ["one host", "node1", ["node1"]],
    ["hosts with commas between them", "a1,b2, c3", ["a1", "b2", "c3"]],
    ["a range with the digits of its first number", "n[008-011]", ["n008", "n009", "n010", "n011"]],
    ["a range that grows by a digit", "n[8-11]", ["n8", "n9", "n10", "n11"]],
    ["ranges and numbers", "node[001-003,205]", ["node001", "node002", "node003", "node205"]],
    ["several brackets", "r[1-2]n[01-02]", ["r1n01", "r1n02", "r2n01", "r2n02"]],
    ["names with something behind the brackets", "n[1-2]-ib,x", ["n1-ib", "n2-ib", "x"]],
    ["brackets without a name in front", "[1-2]", ["1", "2"]],
    ["each host once", "n[1-3],n2", ["n1", "n2", "n3"]],
    ["a range of one", "n[7-7]", ["n7"]],
    ["real ones", "w11[27-28,49],a[0121-0122],a0831", ["w1127", "w1128", "w1149", "a0121", "a0122", "a0831"]],
    ["blanks inside of brackets", "n[ 1 - 2 , 4 ]", ["n1", "n2", "n4"]],
  ];
  it.each(cases)("%s", (_, text, hosts) => {
    expect(parseHostList(text)).toEqual(hosts);
  });
});

describe("a text that is no host list is refused, with the place:", () => {
  const cases: [what: string, text: string, message: string][] = [
    ["an open bracket", "n[1-2", 'character 6: expected a digit, "-", "," or "]", found the end'],
    ["a bracket that was never opened", "n1]", 'character 3: expected a host name or [, found "]"'],
    ["empty brackets", "n[]", 'character 3: expected a number, found "]"'],
    ["a range without an end", "n[1-]", 'character 5: expected a number, found "]"'],
    ["a range backwards", "n[5-3]", 'character 5: expected a number not below 5, found "3"'],
    ["letters in brackets", "n[a-b]", 'character 3: expected a number, found "a"'],
    ["an empty item", "n1,,n2", 'character 4: expected a host name, found ","'],
    ["a comma at the end", "n1,", "character 4: expected a host name, found the end"],
    ["a blank inside of a name", "n1 n2", 'character 4: expected a comma between two hosts, found "n"'],
    [
      "a range without end",
      "n[0-999999999]",
      `character 3: expected a range of at most ${MAX_HOSTS} numbers, found "0"`,
    ],
    [
      "too many brackets",
      "n[0-1999][0-1999]",
      `character 1: expected at most ${MAX_HOSTS} hosts of an item, found "n"`,
    ],
    ["too long a number", "n[1234567890123456]", 'character 3: expected a number of at most 15 digits, found "1"'],
  ];
  it.each(cases)("%s", (_, text, message) => {
    expect(() => parseHostList(text)).toThrow(HostListError);
    expect(() => parseHostList(text)).toThrow(message);
  });
});

it.each([
  ["hosts", "n[1-6],m[1-6]", 'character 8: expected at most 10 hosts in all, found "m"'],
  ["hosts that are the same", "n[1-6],n[1-6]", 'character 8: expected at most 10 hosts in all, found "n"'],
  ["brackets", "n[1-6][1-6]", 'character 1: expected at most 10 hosts of an item, found "n"'],
  ["numbers", "n[1-6,1-6]", 'character 7: expected at most 10 numbers in brackets, found "1"'],
])("more %s than may be are refused", (_, text, message) => {
  expect(() => parseHostList(text, 10)).toThrow(message);
});
