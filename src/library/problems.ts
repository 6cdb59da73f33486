// Failures in the background: told to whoever listens, and counted for those who look later.

import { messageOf } from "../core/message-of.ts";
import type { Clock } from "../runtime/ports.ts";

export interface ProblemSummary {
  readonly count: number;
  /** The newest; `time` in Unix seconds. */
  readonly last: { readonly what: string; readonly message: string; readonly time: number } | null;
}

export class Problems {
  readonly #clock: Clock;
  readonly #tell: ((what: string, error: unknown) => void) | undefined;
  #summary: ProblemSummary = { count: 0, last: null };

  constructor(clock: Clock, tell: ((what: string, error: unknown) => void) | undefined) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** To be handed out as a function. */
  readonly report = (what: string, error: unknown): void => {
    const message = messageOf(error);
    this.#summary = { count: this.#summary.count + 1, last: { what, message, time: this.#clock.now() } };
    this.#tell?.(what, error);
  };

  summary(): ProblemSummary {
    return this.#summary;
  }
}
