export type RuntimeName = "node" | "bun" | "deno";

/** The command that runs a script on a runtime: to be followed by the path of the script and its arguments. */
export function runtimeCommand(runtime: RuntimeName): [string, ...string[]];
