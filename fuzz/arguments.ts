// The arguments of `npm run fuzz -- …`.
import { parseArgs } from "node:util";

export interface FuzzArguments {
  /** How long all targets together may take. */
  readonly seconds: number;
  readonly seed: number;
  /** Names of the targets. */
  readonly targets: readonly string[];
  /** At most so many inputs a target. */
  readonly runs: number;
}

/** What is wrong with the arguments, in a sentence for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const DEFAULT_SECONDS = 30;
const MAX_SEED = 2 ** 32 - 1;

export function usage(known: readonly string[]): string {
  return [
    "Usage: npm run fuzz -- [target …] [--seconds N] [--seed N] [--run SEED]",
    "",
    `  target       ${known.join(", ")} (default: all)`,
    `  --seconds N  time for all of them together (default ${DEFAULT_SECONDS})`,
    "  --seed N     the same seed makes the same inputs (default: by the clock)",
    "  --run SEED   one input, that of this seed, as printed with a failure",
  ].join("\n");
}

/** @param clockMs stands in for a seed */
export function readArguments(args: readonly string[], known: readonly string[], clockMs: number): FuzzArguments {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`no target ${JSON.stringify(unknown)}; there are ${known.join(", ")}`);
  const seconds = numberOf("seconds", values.seconds ?? String(DEFAULT_SECONDS), Infinity);
  const seed = numberOf("seed", values.run ?? values.seed ?? String(clockMs % MAX_SEED), MAX_SEED);
  return {
    seconds,
    seed,
    targets: positionals.length > 0 ? positionals : known,
    runs: values.run === undefined ? Infinity : 1,
  };
}

function numberOf(option: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value <= max)) throw new UsageError(`--${option}: expected a whole number, found ${JSON.stringify(text)}`);
  return value;
}

function parse(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options: { seconds: text, seed: text, run: text } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
