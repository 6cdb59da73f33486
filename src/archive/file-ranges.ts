// Ranges of a file for hyparquet, which begins reads that it then does not wait for: one of them that rejected would end the
// program. So a read that fails gives nothing, and the failure comes out when all is over.

import type { AsyncBuffer } from "hyparquet";
import type { FileSystem } from "../runtime/ports.ts";

const NOTHING = new ArrayBuffer(0);

export class FileRanges implements AsyncBuffer {
  readonly byteLength: number;
  readonly #files: FileSystem;
  readonly #path: string;
  #failure: Error | undefined;

  constructor(files: FileSystem, path: string, byteLength: number) {
    this.#files = files;
    this.#path = path;
    this.byteLength = byteLength;
  }

  /** Runs `task`, which reads this. Rejects with the first read that failed, else with what `task` rejects with. */
  async use<Result>(task: () => Promise<Result>): Promise<Result> {
    const outcome = await task().then(
      (result) => () => result,
      (error: unknown) => () => {
        throw error;
      },
    );
    if (this.#failure !== undefined) throw this.#failure;
    return outcome();
  }

  /** @param end exclusive */
  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    try {
      const bytes = await this.#files.readRange(this.#path, start, end - start);
      if (bytes.length !== end - start) throw new Error(`the file ends at ${start + bytes.length}, ${end} expected`);
      return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      return NOTHING;
    }
  }
}
