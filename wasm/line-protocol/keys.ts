// The dictionary: the bytes of a line's head (measurement and tags, with the space behind them) → its entry.
//
// Collectors send the same lines in the same order every minute. So each entry remembers which one came after it the
// last time, and how that one's key differs from its own: how much of it the two share, and the few bytes that follow.
// A line that comes as predicted is recognised by comparing it with the line before, without touching either key.

import { BACKSLASH, firstBytes, NEWLINE, sameBytes, sharedPrefix, SPACE } from "./bytes";
import { arena, ENTRY_BYTES, entries, reachArena, table } from "./layout";

/** Longer heads are not learned: four level names of at most 255 bytes and the tags' names stay below. */
const MAX_HEAD_BYTES: usize = 2048;
/** Longest suffix that is kept inside an entry. */
const MAX_SUFFIX_BYTES: usize = 12;

/** A key as the arena holds it; the bytes of the head follow. */
@unmanaged
class Key {
  /** What the same bytes mean depends on it. */
  context: u32;
}
const KEY_HEADER_BYTES: usize = 4;

/** Two to a cache line, and in order of arrival: walking along the predictions reads memory from front to back. */
@unmanaged
export class Entry {
  /** The entry that came next the last time. Null: none, or in another context. */
  next: Entry | null;
  series: u32;
  key: Key;
  headBytes: u16;
  /** Length of the head of `next`. */
  nextHeadBytes: u16;
  /** The last bytes of that head, behind what it shares with this one; unless they are too many. */
  suffix: u64;
  suffixRest: u32;
  /** Their number; 0 when they are not kept here. */
  suffixBytes: u16;
}
const SUFFIX: usize = offsetof<Entry>("suffix");

/** An open-addressing table at most half full, so that a search is short. */
@unmanaged
class Slot {
  entry: Entry | null;
  /** The upper half of the hash: what else hashes to this place rarely has the same. */
  tag: u32;
}
const SLOT_BYTES: usize = 8;

let slotMask: usize = 0;
let keyLimit: usize = 0;
let arenaTop: usize = 0;
export let keyCount: usize = 0;
let context: u32 = 0;

/** Begins an empty dictionary for `maxKeys` keys, a power of two. */
export function initKeys(maxKeys: usize): void {
  slotMask = maxKeys * 2 - 1;
  keyLimit = maxKeys;
  forgetKeys();
}

export function forgetKeys(): void {
  memory.fill(table, 0, (slotMask + 1) * SLOT_BYTES);
  memory.fill(entries, 0, ENTRY_BYTES);
  arenaTop = arena;
  keyCount = 0;
}

/** The entry before the first line. Its head is empty. */
export function firstEntry(): Entry {
  return changetype<Entry>(entries);
}

export function selectContext(wanted: u32): void {
  context = wanted;
  firstEntry().next = null;
}

/** Whether the line begins with the head predicted after `previous`. `previousLine`: where that is in the input, or 0. */
export function isPredicted(line: usize, previousLine: usize, previous: Entry): bool {
  const suffixBytes = <usize>previous.suffixBytes;
  const headBytes = <usize>previous.nextHeadBytes;
  if (suffixBytes === 0 || previousLine === 0) {
    const next = previous.next;
    return next !== null && sameBytes(line, headOf(next), headBytes);
  }
  // FENCED: `previousLine` begins with the head of `previous`, byte for byte, so its prefix stands for the key's.
  const prefixBytes = headBytes - suffixBytes;
  if (!sameBytes(line, previousLine, prefixBytes)) return false;
  const suffix = v128.load(changetype<usize>(previous) + SUFFIX);
  const difference = v128.xor(v128.load(line + prefixBytes), suffix);
  return !v128.any_true(v128.and(difference, firstBytes(suffixBytes)));
}

/** Remembers that `entry` came after `previous`. Both of one context. */
export function predict(previous: Entry, entry: Entry): void {
  if (previous.next === entry || previous === entry) return;
  const headBytes = <usize>entry.headBytes;
  const head = headOf(entry);
  const shared = sharedPrefix(headOf(previous), head, min<usize>(previous.headBytes, headBytes));
  const suffixBytes = headBytes - shared;
  previous.next = entry;
  previous.nextHeadBytes = <u16>headBytes;
  previous.suffixBytes = 0;
  if (suffixBytes > MAX_SUFFIX_BYTES) return;
  memory.copy(changetype<usize>(previous) + SUFFIX, head + shared, suffixBytes);
  previous.suffixBytes = <u16>suffixBytes;
}

/** Length of the line's head with its space; 0 when a backslash or the end of the line comes first. */
export function headLength(line: usize): usize {
  let at = line;
  while (true) {
    const text = v128.load(at);
    const spaces = i8x16.bitmask(i8x16.eq(text, i8x16.splat(SPACE)));
    const backslashes = i8x16.eq(text, i8x16.splat(BACKSLASH));
    const odd = i8x16.bitmask(v128.or(backslashes, i8x16.eq(text, i8x16.splat(NEWLINE))));
    if (spaces | odd) {
      const first = ctz(spaces | odd);
      return (spaces >> first) & 1 ? at - line + first + 1 : 0;
    }
    at += 16;
  }
}

/** The entry of a head in this context; null when it is unknown. */
export function lookUp(head: usize, length: usize): Entry | null {
  return slotOf(head, length, hashOf(head, length)).entry;
}

/** The entry of this head, added if need be; null when the dictionary or the memory is full. */
export function learn(head: usize, length: usize, series: u32): Entry | null {
  const hash = hashOf(head, length);
  const slot = slotOf(head, length, hash);
  let entry = slot.entry;
  if (entry === null) {
    const keyEnd = arenaTop + KEY_HEADER_BYTES + length;
    if (keyCount === keyLimit || !reachArena(keyEnd)) return null;
    entry = addEntry(head, length);
    slot.entry = entry;
    slot.tag = tagOf(hash);
  }
  entry.series = series;
  return entry;
}

/** Whether a head of that many bytes can be learned at all. */
export function isLearnable(length: usize): bool {
  return length <= MAX_HEAD_BYTES;
}

function addEntry(head: usize, length: usize): Entry {
  keyCount++;
  const address = entries + keyCount * ENTRY_BYTES;
  memory.fill(address, 0, ENTRY_BYTES);
  const entry = changetype<Entry>(address);
  entry.key = changetype<Key>(arenaTop);
  entry.key.context = context;
  entry.headBytes = <u16>length;
  memory.copy(headOf(entry), head, length);
  arenaTop = (headOf(entry) + length + 3) & ~3;
  return entry;
}

function headOf(entry: Entry): usize {
  return changetype<usize>(entry.key) + KEY_HEADER_BYTES;
}

/** The slot of a head in this context: the one that holds it, or the free one where it belongs. */
function slotOf(head: usize, length: usize, hash: u64): Slot {
  const tag = tagOf(hash);
  let place = <usize>hash;
  while (true) {
    const slot = changetype<Slot>(table + (place & slotMask) * SLOT_BYTES);
    const entry = slot.entry;
    if (entry === null) return slot;
    if (slot.tag === tag && isHead(entry, head, length)) return slot;
    place++;
  }
}

function isHead(entry: Entry, head: usize, length: usize): bool {
  return entry.headBytes === length && entry.key.context === context && sameBytes(headOf(entry), head, length);
}

function tagOf(hash: u64): u32 {
  return <u32>(hash >> 32);
}

// Odd numbers with well mixed bits: 2^64 / golden ratio, and a prime of xxHash64.
const MIX_1: u64 = 0x9e3779b97f4a7c15;
const MIX_2: u64 = 0xc2b2ae3d27d4eb4f;

/** Multiplies and rotates sixteen bytes at a time in two lanes; salted with the context. */
function hashOf(head: usize, length: usize): u64 {
  let a = (<u64>context * MIX_2) ^ length;
  let b = MIX_1;
  for (let i: usize = 0; i < length; i += 16) {
    const text = v128.and(v128.load(head + i), firstBytes(min(length - i, 16)));
    a = rotl((a ^ i64x2.extract_lane(text, 0)) * MIX_1, 29);
    b = rotl((b ^ i64x2.extract_lane(text, 1)) * MIX_2, 31);
  }
  const hash = (a ^ b ^ ((a ^ b) >> 32)) * MIX_1;
  return hash ^ (hash >> 29);
}
