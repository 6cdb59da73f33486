// Small damage to bytes that were well-formed: it reaches further into a parser than noise does.
import type { Random } from "./random.ts";

const MAX_REPEATS = 64;

/** Does one to four things to the bytes; `tokens` are the texts that mean something to their reader. */
export function mutate(random: Random, bytes: Uint8Array, tokens: readonly string[]): Uint8Array {
  let mutated = bytes;
  for (let i = random.between(1, 4); i > 0; i--) mutated = mutateOnce(random, mutated, tokens);
  return mutated;
}

function mutateOnce(random: Random, bytes: Uint8Array, tokens: readonly string[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const behind = Math.min(bytes.length, at + random.between(1, random.pick([1, 4, 40])));
  switch (random.below(6)) {
    case 0: // another byte
      return splice(bytes, at, at + 1, Uint8Array.of(random.below(256)));
    case 1: // some bytes gone
      return splice(bytes, at, behind, new Uint8Array(0));
    case 2: // some bytes twice
      return splice(bytes, at, at, bytes.subarray(at, behind));
    case 3: // one byte many times
      return splice(bytes, at, at, new Uint8Array(random.below(MAX_REPEATS)).fill(bytes[at] ?? 0));
    case 4: // the rest gone
      return random.oneIn(4) ? bytes.subarray(0, at) : bytes;
    default: // a token where it does not belong
      return splice(bytes, at, random.oneIn(2) ? at : behind, Buffer.from(random.pick(tokens)));
  }
}

function splice(bytes: Uint8Array, start: number, end: number, inserted: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(end)]);
}

/** Cuts the bytes into pieces: sometimes none, sometimes at every byte. */
export function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  const longest = random.pick([1, 7, 60, 1000, Infinity]);
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = longest === Infinity ? bytes.length : start + random.between(1, longest);
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  return pieces;
}
