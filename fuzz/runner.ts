// Feeds a target with inputs until the time is over or one of them fails.
import { Random, seedOfRun } from "./random.ts";
import type { Target } from "./target.ts";

/** An input that takes longer is a failure of its own: somewhere a loop runs too far. */
const TOO_SLOW_MS = 5000;

export interface RunLimits {
  readonly deadlineMs: number;
  readonly runs: number;
}

export interface Failure {
  /** Makes the same input again. */
  readonly runSeed: number;
  readonly input: string;
  readonly error: unknown;
}

export interface Outcome {
  readonly runs: number;
  readonly failure?: Failure;
}

/** Runs inputs made from `seed`; with `runs: 1` that of the seed itself. Never rejects. */
export async function fuzz<Input>(
  target: Target<Input>,
  seed: number,
  { deadlineMs, runs }: RunLimits,
): Promise<Outcome> {
  let run = 0;
  for (; run < runs && performance.now() < deadlineMs; run++) {
    const runSeed = runs === 1 ? seed : seedOfRun(seed, run);
    const input = target.generate(new Random(runSeed));
    const error = await failureOf(target, input);
    if (error !== undefined) return { runs: run + 1, failure: { runSeed, input: target.show(input), error } };
  }
  return { runs: run };
}

async function failureOf<Input>(target: Target<Input>, input: Input): Promise<unknown> {
  const start = performance.now();
  try {
    await target.check(input);
  } catch (error) {
    return error;
  }
  const tookMs = performance.now() - start;
  return tookMs > TOO_SLOW_MS ? new Error(`took ${Math.round(tookMs)} ms`) : undefined;
}
