// `npm run fuzz`: looks for inputs that the store gets wrong. Exit code 1 when there is one.
import { readArguments, usage, UsageError, type FuzzArguments } from "./arguments.ts";
import type { Failure } from "./runner.ts";
import { targets } from "./targets.ts";

const names = Object.keys(targets);

async function main(args: FuzzArguments): Promise<boolean> {
  console.log(`seed ${args.seed}, ${args.seconds} s for ${args.targets.join(", ")}`);
  let isGood = true;
  for (const name of args.targets) {
    const deadlineMs = performance.now() + (args.seconds * 1000) / args.targets.length;
    const { runs, failure } = await targets[name](args.seed, { deadlineMs, runs: args.runs });
    console.log(`${name}: ${runs} inputs, ${failure === undefined ? "no failure" : "FAILED"}`);
    if (failure === undefined) continue;
    isGood = false;
    report(name, failure);
  }
  return isGood;
}

function report(name: string, { runSeed, input, error }: Failure): void {
  const text = error instanceof Error ? (error.name === "Finding" ? error.message : error.stack) : String(error);
  console.log(`\n${text}\n\ninput:\n${input}\n\nto see it again: npm run fuzz -- ${name} --run ${runSeed}\n`);
}

try {
  process.exitCode = (await main(readArguments(process.argv.slice(2), names, Date.now()))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage(names)}`);
  process.exitCode = 2;
}
