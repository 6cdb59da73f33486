// What a question is, and how it is asked: each case in a fresh process, several rounds, the result checked before it
// is timed. Times decide nothing here; only a failed check is a failure.

/** `smoke` is tiny: it shows in a second that the question still works, its figures mean nothing. */
export type Scale = "full" | "smoke";

export interface RunOptions {
  readonly scale: Scale;
  /** Binary of the reference to be measured beside pegel. */
  readonly referencePath?: string;
}

/** One question, in its own file. */
export interface Question {
  /** As given on the command line. */
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

/** A part of a question that needs a process of its own. */
export interface Case {
  readonly name: string;
  /** Measures once. Throws DisagreementError when a result is not right. */
  readonly run: (options: RunOptions, checks: Checks) => Promise<Figure[]>;
}

/** Units say which way is better: more per second, or less time and memory. */
export type Unit = "M lines/s" | "M records/s" | "M rows/s" | "commits/s" | "MB/s" | "ms" | "ns" | "MB" | "B";

/** What to reach: a value in the figure's unit, or how many times better than the reference. */
export interface Target {
  readonly kind: "value" | "times-reference";
  readonly must: number;
  readonly stretch?: number;
}

export interface Figure {
  readonly what: string;
  readonly unit: Unit;
  readonly value: number;
  /** The reference's, measured in the same round. */
  readonly referenceValue?: number;
  readonly target?: Target;
}

/** A result is wrong, so that its speed is of no interest. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}

/** Compares results with what they must be, and counts: a question without checks measures nothing. */
export class Checks {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  equal(what: string, actual: unknown, expected: unknown): void {
    this.#count++;
    if (!Object.is(actual, expected)) {
      throw new DisagreementError(`${what}: expected ${String(expected)}, found ${String(actual)}`);
    }
  }

  /** Compares number by number, NaN equal to NaN. */
  equalNumbers(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    this.equal(`${what}, length`, actual.length, expected.length);
    for (let i = 0; i < expected.length; i++) {
      if (!Object.is(actual[i], expected[i])) this.equal(`${what}[${i}]`, actual[i], expected[i]);
    }
  }
}

/** A figure over all rounds. */
export interface Summary {
  readonly what: string;
  readonly unit: Unit;
  readonly best: number;
  readonly median: number;
  /** Median of the reference. */
  readonly reference?: number;
  /** How many times better than the reference, median to median. */
  readonly timesReference?: number;
  readonly target?: Target;
  /** Whether the median reaches `must`; absent when there is nothing to compare with. */
  readonly isReached?: boolean;
}

/** Puts the rounds' figures together. Every round gives the same figures in the same order. */
export function summarise(rounds: readonly (readonly Figure[])[]): Summary[] {
  const [first = []] = rounds;
  return first.map((_, index) => summariseFigure(rounds.map((figures) => figures[index])));
}

function summariseFigure(figures: readonly Figure[]): Summary {
  const { what, unit, target } = figures[0];
  const isRate = unit.endsWith("/s");
  const values = figures.map(({ value }) => value);
  const ofReference = figures.flatMap(({ referenceValue }) => referenceValue ?? []);
  const best = isRate ? Math.max(...values) : Math.min(...values);
  const summary = { what, unit, best, median: medianOf(values), ...(target === undefined ? {} : { target }) };
  if (ofReference.length === 0) {
    return target?.kind === "value" ? { ...summary, isReached: reaches(isRate, summary.median, target.must) } : summary;
  }
  const reference = medianOf(ofReference);
  const timesReference = isRate ? summary.median / reference : reference / summary.median;
  const compared = { ...summary, reference, timesReference };
  return target === undefined ? compared : { ...compared, isReached: timesReference >= target.must };
}

function reaches(isRate: boolean, value: number, must: number): boolean {
  return isRate ? value >= must : value <= must;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) throw new Error("BUG: no values to take the median of");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs `task` a few times unmeasured, then `count` times; returns the milliseconds of each. */
export async function timeEach(count: number, warmUp: number, task: () => unknown): Promise<number[]> {
  for (let i = 0; i < warmUp; i++) await task();
  const timesMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await task();
    timesMs.push(performance.now() - start);
  }
  return timesMs;
}
