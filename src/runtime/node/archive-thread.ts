// What the thread that encodes archive files does, wherever its program and parquet-wasm come from.

import { parentPort } from "node:worker_threads";
import { ParquetEncoder } from "../../archive/parquet-encoder.ts";
import { serveEncoder } from "../../archive/worker-encoder.ts";

/**
 * Encodes what the thread that started this one asks for.
 * @param readWasm gives the bytes of parquet-wasm's `esm` build
 */
export function serveArchive(readWasm: () => Promise<Uint8Array<ArrayBuffer>>): void {
  if (parentPort === null) throw new Error("BUG: started as a program, not as a thread");
  const port = parentPort;
  serveEncoder(
    {
      post: (message, transfer = []) => port.postMessage(message, [...transfer]),
      onMessage: (handler) => void port.on("message", handler),
    },
    new ParquetEncoder(readWasm),
  );
}
