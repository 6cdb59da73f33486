// The arguments of `npm run bench -- …`.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { RunOptions } from "./harness.ts";

export interface BenchArguments extends RunOptions {
  /** Names of the questions to ask. */
  readonly names: readonly string[];
  /** How often every case is measured. */
  readonly rounds: number;
  /** Print one JSON document instead of tables. */
  readonly asJson: boolean;
}

/** What is wrong with the arguments, in a sentence for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const DEFAULT_ROUNDS = 3;

export function usage(known: readonly string[]): string {
  return [
    "Usage: npm run bench -- [question …] [--rounds N] [--reference PATH] [--smoke] [--json]",
    "",
    `  question          ${known.join(", ")} (default: all)`,
    `  --rounds N        measure everything N times (default ${DEFAULT_ROUNDS})`,
    "  --reference PATH  binary of cc-metric-store, measured beside pegel by http, restart and checkpoint",
    "  --smoke           tiny sizes, one round: shows that everything works; the figures mean nothing",
    "  --json            print one JSON document",
  ].join("\n");
}

/** @throws UsageError for unknown options and questions */
export function readArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`no question ${JSON.stringify(unknown)}; there are ${known.join(", ")}`);
  const isSmoke = values.smoke ?? false;
  const rounds = Number(values.rounds ?? (isSmoke ? 1 : DEFAULT_ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds: expected a number from 1, found ${values.rounds}`);
  return {
    names: positionals.length > 0 ? positionals : known,
    rounds,
    asJson: values.json ?? false,
    scale: isSmoke ? "smoke" : "full",
    ...(values.reference === undefined ? {} : { referencePath: resolve(values.reference) }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        reference: { type: "string" },
        smoke: { type: "boolean" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
