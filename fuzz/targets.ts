// All that is fuzzed.
import { httpTarget } from "./http.ts";
import { lineProtocolTarget } from "./line-protocol.ts";
import { queryTarget } from "./query.ts";
import { fuzz, type Outcome, type RunLimits } from "./runner.ts";

/** Runs of each target by its name. */
export const targets: Readonly<Record<string, (seed: number, limits: RunLimits) => Promise<Outcome>>> = {
  "line-protocol": (seed, limits) => fuzz(lineProtocolTarget, seed, limits),
  query: (seed, limits) => fuzz(queryTarget, seed, limits),
  http: (seed, limits) => fuzz(httpTarget, seed, limits),
};
