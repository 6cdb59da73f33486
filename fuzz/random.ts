// Chance that can be had again: the same seed gives the same numbers, on every machine.

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, a period of 2^32, good enough to choose inputs by. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number of 32 bits. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * limit);
  }

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new Error("BUG: nothing to pick from");
    return items[this.below(items.length)];
  }

  /** `min` to `max` things, each made anew. */
  list<Item>(min: number, max: number, make: () => Item): Item[] {
    return Array.from({ length: this.between(min, max) }, make);
  }

  /** The items in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const rest = [...items];
    return items.map(() => rest.splice(this.below(rest.length), 1)[0]);
  }
}

/** The seed of the `index`-th run: runs do not share their numbers, and each can be had alone. */
export function seedOfRun(seed: number, index: number): number {
  return new Random(seed + Math.imul(index, 0x9e3779b1)).uint32();
}
