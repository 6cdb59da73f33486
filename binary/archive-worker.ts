// The thread that encodes archive files, in the binary.

import { readFile } from "node:fs/promises";
import wasm from "parquet-wasm/esm/parquet_wasm_bg.wasm" with { type: "file" };
import { serveArchive } from "../src/runtime/node/archive-thread.ts";

serveArchive(async () => new Uint8Array(await readFile(wasm)));
