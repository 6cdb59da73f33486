// Which runtime this is.

export type RuntimeName = "node" | "bun" | "deno";

/** The runtime that executes this. */
export const runtimeName: RuntimeName = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
