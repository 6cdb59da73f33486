// Threads over `node:worker_threads`. The only place that starts one: a program in a single file needs the path of the
// thread's own entry from here.

import { Worker } from "node:worker_threads";
import type { WorkerThread } from "../ports.ts";

/** Compiled or not, the entry lies beside this file and ends as this file does. */
const archiveWorkerUrl = new URL(`./archive-worker${import.meta.url.slice(-3)}`, import.meta.url);

export function startArchiveWorker(): WorkerThread {
  return startWorker(archiveWorkerUrl);
}

/** @param entry of the thread */
export function startWorker(entry: URL): WorkerThread {
  const worker = new Worker(entry);
  let isEnding = false;
  /** Between a message and its answer the process must not end. */
  let unanswered = 0;
  worker.unref();
  return {
    post(message, transfer = []) {
      if (unanswered++ === 0) worker.ref();
      worker.postMessage(message, transfer);
    },
    onMessage(handler) {
      worker.on("message", (message: unknown) => {
        if (--unanswered === 0) worker.unref();
        handler(message);
      });
      // Listening takes the thread's hold of the process back.
      if (unanswered === 0) worker.unref();
    },
    onFailure(handler) {
      worker.on("error", (error: unknown) => handler(error instanceof Error ? error : new Error(String(error))));
      worker.on("exit", (code) => {
        if (!isEnding) handler(new Error(`the thread has ended, code ${code}`));
      });
    },
    async terminate() {
      isEnding = true;
      await worker.terminate();
    },
  };
}
