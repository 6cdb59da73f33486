// Which runtime the tests run on, and which the programs that they start.
import { readFileSync } from "node:fs";
import { runtimeCommand as commandOf, type RuntimeName } from "../../scripts/runtimes.mjs";
import { currentPlatform, runtimeName } from "../../src/runtime/current-platform.ts";

export { runtimeName };

/** The ports of the runtime that the tests run on. */
export const platform = await currentPlatform();

const given = process.env["STORE_RUNTIME"];
/** STORE_RUNTIME=bun: the tests run where they run, the store runs on Bun, in a process of its own. */
export const isStoreElsewhere = given !== undefined;

/** What stands before the path of a script on the command line. */
export const runtimeCommand = withPermissions(commandOf((given as RuntimeName | undefined) ?? runtimeName));

/** Deno's programs may do what the task `start` of deno.json lets them, and nothing else. */
function withPermissions([program, ...args]: readonly [string, ...string[]]): [string, ...string[]] {
  return [program, ...args.flatMap((arg) => (arg === "-A" ? startPermissions() : [arg]))];
}

function startPermissions(): string[] {
  const { tasks } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8")) as {
    tasks: { start: string };
  };
  return [...tasks.start.matchAll(/--\S+/g)].map(([flag]) => flag);
}
