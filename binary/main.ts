// `pegel` in a single file: the program, with the files that it reads inside. `import … with { type: "file" }` puts a file
// into the binary and gives the path under which it can be read there.

import { readFile } from "node:fs/promises";
import swaggerScript from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import swaggerStyle from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import { bunPlatform } from "../src/runtime/bun.ts";
import { startWorker } from "../src/runtime/node/workers.ts";
import type { BuildInfo } from "../src/runtime/ports.ts";
import { runInThisProcess } from "../src/service/program.ts";

/** Put in by scripts/build-binary.mjs. */
declare const BUILD_INFO: BuildInfo;

const swaggerFiles: ReadonlyMap<string, string> = new Map([
  ["swagger-ui-bundle.js", swaggerScript],
  ["swagger-ui.css", swaggerStyle],
]);

const platform = {
  ...bunPlatform,
  startArchiveWorker: () => startWorker(new URL("./archive-worker.ts", import.meta.url)),
  async readSwaggerAsset(name: string) {
    const path = swaggerFiles.get(name);
    return path === undefined ? undefined : new Uint8Array(await readFile(path));
  },
};

await runInThisProcess(platform, BUILD_INFO);
