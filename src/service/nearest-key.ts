// "did you mean …?": the known word that a mistyped one most likely stands for.

/**
 * The known word nearest to `word` by Damerau-Levenshtein distance (insert, delete, replace, swap of neighbours), or
 * `undefined` when none is near enough to be worth suggesting: one error for each three letters, at least one.
 * Case and `_` for `-` cost nothing: `Memory_Cap` is `memory-cap` to whoever typed it. Of equals the first wins.
 * When none is so near, one that the typed word begins, or that begins it, is: `warning` for `warn`.
 */
export function nearestKey(word: string, known: readonly string[]): string | undefined {
  const typed = folded(word);
  let limit = Math.max(1, Math.floor(typed.length / 3));
  let nearest: string | undefined;
  for (const candidate of known) {
    // A difference in length is a lower bound of the distance: no need to fill a table for a hopeless one.
    if (Math.abs(candidate.length - typed.length) > limit) continue;
    const distance = editDistance(typed, folded(candidate));
    if (distance > limit) continue;
    nearest = candidate;
    if (distance === 0) break;
    limit = distance - 1;
  }
  return nearest ?? known.find((candidate) => sharesBeginning(typed, folded(candidate)));
}

/** Three letters at least: anything begins with nothing. */
function sharesBeginning(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

/** `; did you mean "x"?`, or the words there are when none is near; made to follow an error's text. */
export function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestKey(word, known);
  return nearest === undefined ? `; known: ${known.join(", ")}` : `; did you mean "${nearest}"?`;
}

function folded(word: string): string {
  return word.toLowerCase().replaceAll("_", "-");
}

/** Optimal string alignment: three rows of the table are enough, since a swap looks back two. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = nextRow(a, b, row, last, beforeLast);
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

function nextRow(a: string, b: string, row: number, last: readonly number[], beforeLast: readonly number[]): number[] {
  const current = [row];
  for (let column = 1; column <= b.length; column++) {
    const replaceCost = a[row - 1] === b[column - 1] ? 0 : 1;
    let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + replaceCost);
    const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
    if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
    current.push(cost);
  }
  return current;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
