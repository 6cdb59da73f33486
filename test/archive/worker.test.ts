// The encoder in a thread: the real one, as it is built, and the one of the tests.

import { beforeAll, describe, expect, test } from "vitest";
import type { ArchiveEncoder } from "../../src/archive/ports.ts";
import { serveEncoder, WorkerEncoder } from "../../src/archive/worker-encoder.ts";
import { encodeHost } from "../../src/persistence/snapshot-files.ts";
import { memoryWorker } from "../../src/runtime/memory.ts";
import type { Platform, WorkerThread } from "../../src/runtime/ports.ts";
import { newEncoder, snapshotOf, T0 } from "./setup.ts";

/** Threads are started from files that are compiled. */
const built: { nodePlatform: Platform } = await import(new URL("../../dist/runtime/node.js", import.meta.url).href);

const threads: [string, () => WorkerThread][] = [
  ["a thread", () => built.nodePlatform.startArchiveWorker()],
  ["a thread of the tests", () => memoryWorker((port) => serveEncoder(port, newEncoder()))],
];

const bytesOf = (values: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encodeHost(snapshotOf({ series: [{ values }] }), "bin"));

async function encode(encoder: ArchiveEncoder): Promise<unknown[]> {
  const answers: unknown[] = [await encoder.begin({ cluster: "alpha", sequence: 3 })];
  for (const host of ["a", "b"]) {
    answers.push(await encoder.addHost({ host, snapshots: [{ format: "bin", bytes: bytesOf([1, 2, 3]) }] }));
  }
  answers.push(await encoder.addHost({ host: "c", snapshots: [{ format: "json", bytes: new Uint8Array([1]) }] }));
  answers.push(await encoder.finish());
  return answers;
}

describe.each(threads)("%s", (_, start) => {
  let encoder: WorkerEncoder;
  beforeAll(() => {
    encoder = new WorkerEncoder(start());
    return () => encoder.close();
  });

  test("gives what the encoder gives at the place of the call", async () => {
    const expected = await encode(newEncoder());
    expect(await encode(encoder)).toEqual(expected);
    expect(expected.at(-1)).toMatchObject({ rows: 6, range: { from: T0, to: T0 + 121 } });
  });

  test("takes the memory of what it is given, and does not copy it", async () => {
    const bytes = bytesOf([1]);
    await encoder.begin({ cluster: "alpha", sequence: 1 });
    await encoder.addHost({ host: "a", snapshots: [{ format: "bin", bytes }] });
    expect(bytes.buffer.byteLength).toBe(0);
  });

  test("tells of a failure, and goes on", async () => {
    await encoder.begin({ cluster: "alpha", sequence: 1 });
    await encoder.finish();
    await expect(encoder.addHost({ host: "a", snapshots: [] })).rejects.toThrow("BUG: no file was begun");
    expect(await encoder.begin({ cluster: "alpha", sequence: 2 })).toEqual(new TextEncoder().encode("PAR1"));
  });

  test("takes one call at a time", async () => {
    const first = encoder.begin({ cluster: "alpha", sequence: 1 });
    await expect(encoder.finish()).rejects.toThrow("one call at a time");
    await first;
  });
});

test("a thread that ends by itself fails the call that waits, and those that follow", async () => {
  let fail = (_error: Error): void => {};
  const thread: WorkerThread = {
    post() {},
    onMessage() {},
    onFailure(handler) {
      fail = handler;
    },
    async terminate() {},
  };
  const encoder = new WorkerEncoder(thread);
  const waiting = encoder.begin({ cluster: "alpha", sequence: 1 });
  fail(new Error("out of memory"));
  await expect(waiting).rejects.toThrow("out of memory");
  await expect(encoder.finish()).rejects.toThrow("out of memory");
});
