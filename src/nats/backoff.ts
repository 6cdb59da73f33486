// Delays between attempts: doubled from one to the next, and jittered, so that the clients of a server that comes back
// do not all come at the same moment.

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #nextMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#nextMs = options.firstMs;
  }

  /** Milliseconds to wait before the next attempt: half of the full delay at least. */
  next(): number {
    const { maxMs, random } = this.#options;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * 2, maxMs);
    return Math.round(delayMs * (0.5 + random() / 2));
  }

  /** After a success: the next failure is the first again. */
  reset(): void {
    this.#nextMs = this.#options.firstMs;
  }
}
