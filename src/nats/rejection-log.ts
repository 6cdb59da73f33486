// Tells of lines that were not stored: the first at once, the others summed up, so that a flood of bad lines makes no
// flood of log lines.

import type { Environment } from "./environment.ts";

const INTERVAL_MS = 10_000;

export class RejectionLog {
  readonly #environment: Environment;
  /** The subject or stream that is subscribed to. */
  readonly #subscription: string;
  #lines = 0;
  #subject = "";
  #reason = "";
  #cancel: (() => void) | undefined;

  constructor(environment: Environment, subscription: string) {
    this.#environment = environment;
    this.#subscription = subscription;
  }

  add(lines: number, subject: string, reason: string): void {
    this.#lines += lines;
    this.#subject = subject;
    this.#reason = reason;
    if (this.#cancel === undefined) this.#tell();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#lines > 0) this.#write();
  }

  /** Writes what has gathered, and looks again later; it is still when there was nothing. */
  #tell(): void {
    this.#cancel = undefined;
    if (this.#lines === 0) return;
    this.#write();
    this.#cancel = this.#environment.scheduler.after(INTERVAL_MS, () => this.#tell());
  }

  #write(): void {
    this.#environment.log.warn("NATS: lines not stored", {
      subscription: this.#subscription,
      lines: this.#lines,
      subject: this.#subject,
      reason: this.#reason,
    });
    this.#lines = 0;
  }
}
