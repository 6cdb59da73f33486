// The entry of the thread that encodes archive files.

import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { serveArchive } from "./archive-thread.ts";

serveArchive(async () => {
  const path = createRequire(import.meta.url).resolve("parquet-wasm/esm/parquet_wasm_bg.wasm");
  return new Uint8Array(await readFile(path));
});
