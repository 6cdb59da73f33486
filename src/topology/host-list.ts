// Host lists, the short form of many host names: `a[0121-0129],a0831,w1[2-3]n[01-16]-ib`. Items are separated by
// commas; brackets hold numbers and ranges of numbers, and there may be several in an item.

/** A text that is no host list; `message` says at which character (from 1) and what was expected there. */
export class HostListError extends Error {
  /** Index of the character, from 0. */
  readonly offset: number;

  constructor(text: string, offset: number, expected: string) {
    const found = offset < text.length ? JSON.stringify(text[offset]) : "the end";
    super(`host list, character ${offset + 1}: expected ${expected}, found ${found}`);
    this.name = "HostListError";
    this.offset = offset;
  }
}

/** More hosts than any cluster has: a list such as `n[0-999999999]` is a slip, and would take all memory. */
export const MAX_HOSTS = 1_000_000;

/**
 * The host names that a list stands for, in its order, each once. Blanks around items are ignored, an empty text is an
 * empty list. The numbers of a range have as many digits as its first: `[08-10]` is 08, 09, 10 and `[8-10]` is 8, 9, 10.
 * @param maxHosts more are refused, before they are made
 * @throws HostListError
 */
export function parseHostList(text: string, maxHosts = MAX_HOSTS): string[] {
  if (text.trim() === "") return [];
  const hosts = new Set<string>();
  const cursor = { text, offset: 0, maxHosts };
  // Names count however often they are given: to make them a million times takes long, too.
  let made = 0;
  for (;;) {
    const begin = cursor.offset;
    const names = readItem(cursor);
    made += names.length;
    if (made > maxHosts) throw new HostListError(text, begin, `at most ${maxHosts} hosts in all`);
    for (const host of names) hosts.add(host);
    if (cursor.offset === text.length) return [...hosts];
    cursor.offset++; // the comma
  }
}

interface Cursor {
  readonly text: string;
  offset: number;
  readonly maxHosts: number;
}

/** Reads up to the next comma outside of brackets, or the end. */
function readItem(cursor: Cursor): string[] {
  skipBlanks(cursor);
  const begin = cursor.offset;
  let names = [""];
  while (!isItemEnd(cursor)) {
    const parts = cursor.text[cursor.offset] === "[" ? readBrackets(cursor) : [readLiteral(cursor)];
    if (names.length * parts.length > cursor.maxHosts) {
      throw new HostListError(cursor.text, begin, `at most ${cursor.maxHosts} hosts of an item`);
    }
    names = names.flatMap((name) => parts.map((part) => name + part));
  }
  if (names[0] === "") throw new HostListError(cursor.text, begin, "a host name");
  return names;
}

function isItemEnd(cursor: Cursor): boolean {
  const begin = cursor.offset;
  skipBlanks(cursor);
  const next = cursor.text[cursor.offset];
  if (next === undefined || next === ",") return true;
  if (cursor.offset > begin) throw new HostListError(cursor.text, cursor.offset, "a comma between two hosts");
  return false;
}

function readLiteral(cursor: Cursor): string {
  const [literal = ""] = /^[^[\],\s]+/.exec(cursor.text.slice(cursor.offset)) ?? [];
  if (literal === "") throw new HostListError(cursor.text, cursor.offset, "a host name or [");
  cursor.offset += literal.length;
  return literal;
}

/** Reads `[001-100,205]`. */
function readBrackets(cursor: Cursor): string[] {
  const numbers: string[] = [];
  do {
    cursor.offset++; // the bracket, the comma
    const begin = cursor.offset;
    for (const number of readRange(cursor)) numbers.push(number);
    if (numbers.length > cursor.maxHosts) {
      throw new HostListError(cursor.text, begin, `at most ${cursor.maxHosts} numbers in brackets`);
    }
  } while (cursor.text[cursor.offset] === ",");
  if (cursor.text[cursor.offset] !== "]")
    throw new HostListError(cursor.text, cursor.offset, 'a digit, "-", "," or "]"');
  cursor.offset++;
  return numbers;
}

function readRange(cursor: Cursor): string[] {
  const begin = cursor.offset;
  const first = readDigits(cursor);
  if (cursor.text[cursor.offset] !== "-") return [first];
  cursor.offset++;
  const lastAt = cursor.offset;
  const last = readDigits(cursor);
  const count = Number(last) - Number(first) + 1;
  if (count < 1) throw new HostListError(cursor.text, lastAt, `a number not below ${first}`);
  if (!(count <= cursor.maxHosts)) {
    throw new HostListError(cursor.text, begin, `a range of at most ${cursor.maxHosts} numbers`);
  }
  return Array.from({ length: count }, (_, i) => String(Number(first) + i).padStart(first.length, "0"));
}

function readDigits(cursor: Cursor): string {
  skipBlanks(cursor);
  const [digits = ""] = /^\d+/.exec(cursor.text.slice(cursor.offset, cursor.offset + MAX_DIGITS + 1)) ?? [];
  if (digits === "") throw new HostListError(cursor.text, cursor.offset, "a number");
  if (digits.length > MAX_DIGITS) {
    throw new HostListError(cursor.text, cursor.offset, `a number of at most ${MAX_DIGITS} digits`);
  }
  cursor.offset += digits.length;
  skipBlanks(cursor);
  return digits;
}

/** Numbers of so many digits are exact. */
const MAX_DIGITS = 15;

function skipBlanks(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.offset] ?? "")) cursor.offset++;
}
