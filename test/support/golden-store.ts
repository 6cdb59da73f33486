// The store that recorded requests are sent to: in this process, or in one of its own on the runtime of STORE_RUNTIME.
import { rm, writeFile } from "node:fs/promises";
import { startProgram } from "./program.ts";
import { isStoreElsewhere } from "./runtime.ts";
import { send, startStoreIn, testDocument, type RunningStore, type TestConfig } from "./store-process.ts";

export type GoldenStore = Pick<RunningStore, "request" | "stop">;

/** Starts a store whose checkpoints are in `directory`, which stays. */
export function startGoldenStore(directory: string, config: TestConfig): Promise<GoldenStore> {
  return isStoreElsewhere ? startElsewhere(directory, config) : startStoreIn(directory, config);
}

async function startElsewhere(directory: string, config: TestConfig): Promise<GoldenStore> {
  const configPath = `${directory}-config.json`;
  await writeFile(configPath, JSON.stringify(testDocument(directory, config)));
  const program = startProgram(["-config", configPath]);
  const port = await program.listening();
  return {
    request: (method, path, body, headers) => send(port, method, path, body, headers),
    async stop() {
      program.kill("SIGTERM");
      const { code } = await program.exited;
      await rm(configPath);
      if (code !== 0) throw new Error(`it ended with ${code}: ${program.stderr()}`);
    },
  };
}
