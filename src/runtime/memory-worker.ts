// A thread that is none: the program of the thread runs where it was started, and messages go over in a microtask.

import type { WorkerPort, WorkerThread } from "./ports.ts";

/** @param program is given the thread's end of the line */
export function memoryWorker(program: (port: WorkerPort) => void): WorkerThread {
  const toThread: ((message: unknown) => void)[] = [];
  const toStarter: ((message: unknown) => void)[] = [];
  let isEnded = false;
  const post = (
    handlers: readonly ((message: unknown) => void)[],
    message: unknown,
    transfer?: readonly ArrayBuffer[],
  ) => {
    // As between threads: a copy, and what is given away is gone.
    const received: unknown = structuredClone(message, { transfer: [...(transfer ?? [])] });
    queueMicrotask(() => {
      if (!isEnded) for (const handler of handlers) handler(received);
    });
  };
  program({
    post: (message, transfer) => post(toStarter, message, transfer),
    onMessage: (handler) => void toThread.push(handler),
  });
  return {
    post: (message, transfer) => post(toThread, message, transfer),
    onMessage: (handler) => void toStarter.push(handler),
    onFailure: () => {},
    async terminate() {
      isEnded = true;
    },
  };
}
