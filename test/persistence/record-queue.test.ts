import { expect, test } from "vitest";
import { decodeHostRecord } from "../../src/codec/journal/journal-record.ts";
import { HostFiles } from "../../src/persistence/host-files.ts";
import { RecordQueue } from "../../src/persistence/record-queue.ts";
import { MemoryFileSystem } from "../../src/runtime/memory.ts";

const files = new MemoryFileSystem();
const [h1, h2] = ["h1", "h2"].map((name) => new HostFiles(files, "/root", "c", name));

/** A "record" of `size` equal bytes; the queue does not look into them. */
const record = (fill: number, size = 10): Uint8Array => new Uint8Array(size).fill(fill);

/** The bytes as a text: host records by name, others by their first byte and how many there are. */
function text(pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces);
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const host = decodeHostRecord(bytes, at);
    let end = host?.end ?? at + 1;
    if (host === undefined) while (end < bytes.length && bytes[end] === bytes[at]) end++;
    words.push(host === undefined ? `${bytes[at]}×${end - at}` : host.host);
    at = end;
  }
  return words.join(" ");
}

test("a host record stands in front of the records of each host, once as long as it is the same", () => {
  const queue = new RecordQueue();
  queue.push(h1, record(1), 0, 10);
  queue.push(h1, record(2), 0, 10);
  queue.push(h2, record(3), 0, 10);
  queue.push(h1, record(4), 0, 10);
  expect(text(queue.take())).toBe("h1 1×10 2×10 h2 3×10 h1 4×10");
});

test("what comes after a taking begins with a host record again: it may go to another file", () => {
  const queue = new RecordQueue();
  queue.push(h1, record(1), 0, 10);
  queue.take();
  expect(queue.isEmpty).toBe(true);
  queue.push(h1, record(2), 0, 10);
  expect(text(queue.take())).toBe("h1 2×10");
});

test("only the bytes asked for are taken, as copies that stay as they are, and are pending", () => {
  const queue = new RecordQueue();
  const bytes = Uint8Array.of(1, 2, 2, 3);
  queue.pushNew(h1, bytes, 1, 3);
  bytes.fill(9);
  queue.push(h1, record(7), 0, 10);
  const pending = (): number[][] => h1.pending.map((piece) => [...piece]);
  expect(pending()).toEqual([[2, 2]]);
  expect(text(queue.take())).toBe("h1 2×2 7×10");
  expect(pending()).toEqual([[2, 2]]);
});

test("what could not be written goes in front of what has come since", () => {
  const queue = new RecordQueue();
  queue.push(h1, record(1), 0, 10);
  const first = queue.take();
  queue.push(h1, record(2), 0, 10);
  queue.putBack(first);
  const sizeBytes = queue.sizeBytes;
  const pieces = queue.take();
  expect(text(pieces)).toBe("h1 1×10 h1 2×10");
  expect(sizeBytes).toBe(Buffer.concat(pieces).length);
  expect([queue.sizeBytes, queue.isEmpty]).toEqual([0, true]);
});

test.each([1, 700_000, (1 << 20) + 1])("runs of %i bytes fill block after block and lose none", (size) => {
  const queue = new RecordQueue();
  for (let i = 1; i <= 5; i++) queue.push(h1, record(i, size), 0, size);
  expect(text(queue.take())).toBe(`h1 ${[1, 2, 3, 4, 5].map((i) => `${i}×${size}`).join(" ")}`);
});
