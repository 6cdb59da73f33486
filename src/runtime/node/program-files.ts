// The files that the build has put beside the program.

import { readFile } from "node:fs/promises";
import type { BuildInfo } from "../ports.ts";

/** What `-version` prints, as the build has written it. */
export async function readBuildInfo(): Promise<BuildInfo> {
  const text = await readFile(new URL("../../build-info.json", import.meta.url), "utf8");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- scripts/build.mjs wrote it
  return JSON.parse(text) as BuildInfo;
}

/** Reads the files of the API documentation; undefined for one that was not built in. */
export async function readSwaggerAsset(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = new URL(`../../http/swagger-ui/${name}`, import.meta.url);
  return readFile(path).then(
    (bytes) => new Uint8Array(bytes),
    () => undefined,
  );
}
