// What is stored waits for its commit here. One commit at a time covers all that has come before it, so that many small
// bursts share one flush of the disk. A commit that fails is tried again, for as long as it takes: the log keeps the
// records of those before, and so nothing that was taken is lost unless the process ends.

import { messageOf } from "../core/message-of.ts";
import type { NatsMessage } from "../runtime/nats-ports.ts";
import { retryBackoff, wait, type Environment, type Wait } from "./environment.ts";

export interface CommitLoopOptions {
  readonly environment: Environment;
  readonly commit: () => Promise<void>;
  /** These are on disk. */
  readonly committed: (messages: readonly NatsMessage[]) => void;
  /** After each commit, when what is in flight has become less. */
  readonly room: () => void;
}

interface Stored {
  readonly messages: readonly NatsMessage[];
  readonly sizeBytes: number;
}

export class CommitLoop {
  readonly #options: CommitLoopOptions;
  #waiting: Stored[] = [];
  #isRunning = false;
  #inFlightBytes = 0;
  #inFlightMessages = 0;
  #failure: string | undefined;
  #retry: Wait | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(options: CommitLoopOptions) {
    this.#options = options;
  }

  /** Bytes of messages that are stored, but not on disk yet. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  get inFlightMessages(): number {
    return this.#inFlightMessages;
  }

  /** Why the last commit failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  add(messages: readonly NatsMessage[], sizeBytes: number): void {
    this.#waiting.push({ messages, sizeBytes });
    this.#inFlightBytes += sizeBytes;
    this.#inFlightMessages += messages.length;
    if (!this.#isRunning) void this.#run();
  }

  /** Resolves when everything added is on disk. */
  async idle(): Promise<void> {
    if (!this.#isRunning) return;
    this.#retry?.cancel();
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const backoff = retryBackoff(this.#options.environment);
    while (this.#waiting.length > 0) {
      const stored = this.#waiting;
      this.#waiting = [];
      const failure = await this.#options.commit().then(() => undefined, messageOf);
      this.#noteFailure(failure);
      if (failure === undefined) {
        backoff.reset();
        this.#release(stored);
        continue;
      }
      this.#waiting = [...stored, ...this.#waiting];
      this.#retry = wait(this.#options.environment, backoff.next());
      await this.#retry.over;
    }
    this.#isRunning = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #release(stored: readonly Stored[]): void {
    for (const { messages, sizeBytes } of stored) {
      this.#inFlightBytes -= sizeBytes;
      this.#inFlightMessages -= messages.length;
      this.#options.committed(messages);
    }
    this.#options.room();
  }

  /** In the log once per change: whether, not how often. */
  #noteFailure(failure: string | undefined): void {
    const { log } = this.#options.environment;
    if (failure !== undefined && this.#failure === undefined) {
      log.error("NATS: what has been received cannot be made durable; it is tried again for as long as it takes", {
        error: failure,
      });
    }
    if (failure === undefined && this.#failure !== undefined) log.info("NATS: what has been received is durable again");
    this.#failure = failure;
  }
}
