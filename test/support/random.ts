// Random numbers that a seed repeats.

export interface Random {
  /** A whole number in [min, max]. */
  between(min: number, max: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** True so often: 0 never, 1 always. */
  chance(probability: number): boolean;
  shuffled<Item>(items: readonly Item[]): Item[];
}

export function randomOf(seed: number): Random {
  // mulberry32
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    between,
    pick: (items) => items[between(0, items.length - 1)],
    chance: (probability) => next() < probability,
    shuffled(items) {
      const rest = [...items];
      return Array.from(items, () => rest.splice(between(0, rest.length - 1), 1)[0]);
    },
  };
}
