// What the consumers are given of the world around them.

import type { Clock, Scheduler } from "../runtime/ports.ts";
import { Backoff } from "./backoff.ts";

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The log, for operators: each line once per change, not once per attempt. */
export interface NatsLog {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export interface Environment {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  readonly log: NatsLog;
}

/** Between attempts to connect: core NATS loses what is published meanwhile, so the longest wait is short. */
const CONNECT_BACKOFF = { firstMs: 250, maxMs: 5000 };
/** Between attempts at a stream or consumer that is not there, and at a disk that takes nothing. */
const RETRY_BACKOFF = { firstMs: 250, maxMs: 10_000 };

export const connectBackoff = ({ random }: Environment): Backoff => new Backoff({ ...CONNECT_BACKOFF, random });
export const retryBackoff = ({ random }: Environment): Backoff => new Backoff({ ...RETRY_BACKOFF, random });

/** A wait that can be cut short. */
export interface Wait {
  readonly over: Promise<void>;
  readonly cancel: () => void;
}

export function wait({ scheduler }: Environment, delayMs: number): Wait {
  let cancel = (): void => {};
  const over = new Promise<void>((resolve) => {
    const cancelTimer = scheduler.after(delayMs, resolve);
    cancel = () => {
      cancelTimer();
      resolve();
    };
  });
  return { over, cancel };
}

/** Resolves with true when the promise is settled in time, with false when not. */
export async function within(environment: Environment, timeoutMs: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = wait(environment, timeoutMs);
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      timer.over.then(() => false),
    ]);
  } finally {
    timer.cancel();
  }
}
