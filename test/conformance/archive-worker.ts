// What holds for every thread that encodes archive files: the line to it, and that parquet-wasm works there.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WorkerThread } from "../../src/runtime/ports.ts";

const BEGIN = { kind: "begin", file: { cluster: "alex", sequence: 1 } };
/** What every Parquet file begins with. */
const MAGIC = "PAR1";

let thread: WorkerThread;
let failures: Error[];
let answers: unknown[];

export function describeArchiveWorker(name: string, start: () => WorkerThread): void {
  describe(`${name}:`, () => {
    beforeEach(() => {
      thread = start();
      [failures, answers] = [[], []];
      thread.onMessage((message) => answers.push(message));
      thread.onFailure((error) => failures.push(error));
    });
    afterEach(() => thread.terminate());

    test("a file is begun", async () => {
      thread.post(BEGIN);
      const [{ result }] = (await answersOf(1)) as [{ result: Uint8Array }];
      expect(Buffer.from(result).toString("latin1", 0, MAGIC.length)).toBe(MAGIC);
    });

    test("requests are answered in their order, those that fail with the reason", async () => {
      thread.post({ kind: "add-host", host: { host: "a01", snapshots: [] } });
      thread.post(BEGIN);
      expect(await answersOf(2)).toEqual([
        { failure: expect.stringContaining("BUG") as string },
        { result: expect.any(Uint8Array) as Uint8Array },
      ]);
    });

    test("memory that is sent along is the sender's no more", async () => {
      const { buffer } = new Uint8Array(1000);
      thread.post({ kind: "add-host", host: { host: "a01", snapshots: [] }, buffer }, [buffer]);
      expect(buffer.byteLength).toBe(0);
      await answersOf(1);
    });

    test("its end is no failure", async () => {
      thread.post(BEGIN);
      await answersOf(1);
      await thread.terminate();
      await thread.terminate();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(failures).toEqual([]);
    });
  });
}

async function answersOf(count: number): Promise<unknown[]> {
  await vi.waitFor(() => expect([...answers, ...failures]).toHaveLength(count), { timeout: 20_000 });
  return answers;
}
