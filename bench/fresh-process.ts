// Runs one case once, in a process of its own: what the JIT compiler learns and what the heap holds from one case must
// not help or hinder the next.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Figure, RunOptions } from "./harness.ts";

/** What the child is to do. */
export interface CaseOrder {
  readonly question: string;
  readonly caseName: string;
  readonly options: RunOptions;
}

export interface CaseOutcome {
  readonly figures: readonly Figure[];
  /** Comparisons made with right results. */
  readonly checks: number;
  /** Why there are no figures: a check that failed, or an error. */
  readonly error?: string;
}

const CHILD_PATH = fileURLToPath(new URL("child.js", import.meta.url));

export function runInFreshProcess(order: CaseOrder): Promise<CaseOutcome> {
  return new Promise((resolve) => {
    const child = fork(CHILD_PATH, [JSON.stringify(order)], { execArgv: ["--expose-gc", ...process.execArgv] });
    let outcome: CaseOutcome | undefined;
    child.on("message", (message: CaseOutcome) => {
      outcome = message;
    });
    child.on("error", (error) => resolve(failed(error.message)));
    child.on("exit", (code, signal) => resolve(outcome ?? failed(`the process ended with ${signal ?? code}`)));
  });
}

function failed(error: string): CaseOutcome {
  return { figures: [], checks: 0, error };
}
