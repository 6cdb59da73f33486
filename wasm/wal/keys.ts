// The replayer's dictionary: host and names of a record → template.

import { firstBytes, sameBytes } from "../line-protocol/bytes";
import { take } from "./layout";
import { BEHIND_NAMES_BYTES, NAMES } from "./record";
import { fillTemplate, recordOf, Template, TEMPLATE_HEADER_BYTES } from "./template";

/** An open-addressing table at most half full, so that a search is short. */
@unmanaged
class Slot {
  template: Template | null;
  /** The upper half of the hash: what else hashes to this place rarely has the same. */
  tag: u32;
}
const SLOT_BYTES: usize = 8;
const MIN_SLOTS: usize = 1 << 12;

let table: usize = 0;
let slotCount: usize = 0;
let keyCount: usize = 0;

/** The template of the record's names in this host; null when they are unknown. */
export function lookUp(record: usize, recordBytes: usize, host: u32): Template | null {
  return slotCount === 0 ? null : slotOf(record, recordBytes, host, hashOf(record, recordBytes, host)).template;
}

/** Learns the names of an intact record, or gives known ones a new number. Null when the memory is full. */
export function learn(record: usize, recordBytes: usize, host: u32, series: u32): Template | null {
  if (keyCount * 2 >= slotCount && !enlargeTable()) return null;
  const hash = hashOf(record, recordBytes, host);
  const slot = slotOf(record, recordBytes, host, hash);
  let template = slot.template;
  if (template === null) {
    template = changetype<Template | null>(take(TEMPLATE_HEADER_BYTES + recordBytes));
    if (template === null || !fillTemplate(template, record, recordBytes)) return null;
    template.host = host;
    fillSlot(slot, template, hash);
    keyCount++;
  }
  template.series = series;
  return template;
}

/** Whether the record at `record` has the names of the template, and so its length. */
@inline
export function hasNamesOf(template: Template, record: usize): bool {
  const own = recordOf(template);
  // Magic and length at once.
  if (load<u64>(record) !== load<u64>(own)) return false;
  return sameBytes(record + NAMES, own + NAMES, <usize>template.recordBytes - NAMES - BEHIND_NAMES_BYTES);
}

function enlargeTable(): bool {
  const oldTable = table;
  const oldCount = slotCount;
  const count = max(oldCount * 2, MIN_SLOTS);
  const larger = take(count * SLOT_BYTES);
  if (larger === 0) return false;
  memory.fill(larger, 0, count * SLOT_BYTES);
  table = larger;
  slotCount = count;
  for (let i: usize = 0; i < oldCount; i++) {
    const template = changetype<Slot>(oldTable + i * SLOT_BYTES).template;
    if (template !== null) moveIn(template);
  }
  return true;
}

function moveIn(template: Template): void {
  const record = recordOf(template);
  const recordBytes = <usize>template.recordBytes;
  const hash = hashOf(record, recordBytes, template.host);
  fillSlot(slotOf(record, recordBytes, template.host, hash), template, hash);
}

function fillSlot(slot: Slot, template: Template, hash: u64): void {
  slot.template = template;
  slot.tag = tagOf(hash);
}

/** The slot that holds these names, or the free one where they belong. */
function slotOf(record: usize, recordBytes: usize, host: u32, hash: u64): Slot {
  const tag = tagOf(hash);
  let place = <usize>hash;
  while (true) {
    const slot = changetype<Slot>(table + (place & (slotCount - 1)) * SLOT_BYTES);
    const template = slot.template;
    if (template === null) return slot;
    if (slot.tag === tag && template.host === host && hasNamesOf(template, record)) return slot;
    place++;
  }
}

function tagOf(hash: u64): u32 {
  return <u32>(hash >> 32);
}

// Odd numbers with well mixed bits: 2^64 / golden ratio, and a prime of xxHash64.
const MIX_1: u64 = 0x9e3779b97f4a7c15;
const MIX_2: u64 = 0xc2b2ae3d27d4eb4f;

/** Multiplies and rotates sixteen bytes of the names at a time in two lanes; salted with the host. */
function hashOf(record: usize, recordBytes: usize, host: u32): u64 {
  const names = record + NAMES;
  const length = recordBytes - NAMES - BEHIND_NAMES_BYTES;
  let a = (<u64>host * MIX_2) ^ length;
  let b = MIX_1;
  for (let i: usize = 0; i < length; i += 16) {
    const text = v128.and(v128.load(names + i), firstBytes(min(length - i, 16)));
    a = rotl((a ^ i64x2.extract_lane(text, 0)) * MIX_1, 29);
    b = rotl((b ^ i64x2.extract_lane(text, 1)) * MIX_2, 31);
  }
  const hash = (a ^ b ^ ((a ^ b) >> 32)) * MIX_1;
  return hash ^ (hash >> 29);
}
