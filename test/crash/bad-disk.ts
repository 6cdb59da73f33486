// A disk that is full for a while, or fails now and then.

import { IO_ERROR, NO_SPACE } from "../../src/runtime/memory.ts";
import type { Operation, OperationName, Outcome, Random } from "../../src/runtime/memory.ts";
import { ROOT } from "./machine.ts";

type Phase = "good" | "full" | "broken";

const PHASES: readonly Phase[] = ["good", "good", "full", "broken"];
const NEEDS_SPACE: ReadonlySet<OperationName> = new Set(["append", "openForAppend", "makeDirectory"]);
const READS: ReadonlySet<OperationName> = new Set(["readRange", "sizeOf", "list"]);
const FAILURE_SHARE = 0.3;

export class BadDisk {
  #isHealed = false;
  #readsFail = false;
  readonly #random: Random;
  #phase: Phase = "good";
  #left = 20;

  constructor(random: Random) {
    this.#random = random;
  }

  /** For a start: reads do not fail, since what cannot be read then is not served, which is no loss. */
  begin(): void {
    this.#isHealed = false;
    this.#readsFail = false;
  }

  beginReadFailures(): void {
    this.#readsFail = true;
  }

  /** Nothing fails any more. */
  heal(): void {
    this.#isHealed = true;
  }

  outcome({ name, path }: Operation): Outcome {
    if (--this.#left < 0) {
      this.#phase = PHASES[Math.floor(this.#random() * PHASES.length)];
      this.#left = 5 + Math.floor(this.#random() * 40);
    }
    // A store that cannot make its directory does not start.
    if (this.#isHealed || ROOT.startsWith(path) || name === "close") return "ok";
    if (this.#phase === "full" && NEEDS_SPACE.has(name)) return { ...NO_SPACE, writtenShare: this.#random() };
    if (this.#phase !== "broken" || this.#random() > FAILURE_SHARE) return "ok";
    if (READS.has(name) && !this.#readsFail) return "ok";
    return { ...IO_ERROR, writtenShare: this.#random() };
  }
}
