// Threads that encode archive files, without threads: what goes over is cloned and arrives later, as between real ones.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { ParquetEncoder } from "../../src/archive/parquet-encoder.ts";
import { serveEncoder } from "../../src/archive/worker-encoder.ts";
import type { WorkerPort, WorkerThread } from "../../src/runtime/ports.ts";

const wasmPath = createRequire(import.meta.url).resolve("parquet-wasm/esm/parquet_wasm_bg.wasm");

class Port implements WorkerPort {
  other: Port | undefined;
  #handler: (message: unknown) => void = () => {};

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    const copy: unknown = structuredClone(message, { transfer: [...transfer] });
    setImmediate(() => this.other?.receive(copy));
  }

  onMessage(handler: (message: unknown) => void): void {
    this.#handler = handler;
  }

  receive(message: unknown): void {
    this.#handler(message);
  }
}

export class InProcessWorkers {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  get areRunning(): boolean {
    return this.#running > 0;
  }

  start(): WorkerThread {
    const here = new Port();
    const there = new Port();
    here.other = there;
    there.other = here;
    this.#running++;
    serveEncoder(there, new ParquetEncoder(async () => new Uint8Array(await readFile(wasmPath))));
    return {
      post: (message, transfer) => here.post(message, transfer),
      onMessage: (handler) => here.onMessage(handler),
      onFailure: () => {},
      terminate: async () => {
        here.other = undefined;
        this.#running--;
        if (this.#running === 0) for (const resolve of this.#waiting.splice(0)) setImmediate(resolve);
      },
    };
  }

  /** Resolves when all have been ended. */
  async ended(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
