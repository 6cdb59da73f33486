import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nodeFileSystem as files, nodeGzip, nodeProcess, nodeScheduler, nodeSignals } from "../../src/runtime/node.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pegel-node-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  vi.unstubAllEnvs();
});

const path = (name: string): string => join(directory, name);
const bytes = (text: string): Uint8Array => Buffer.from(text);

async function textOf(name: string): Promise<string> {
  return Buffer.from(await files.readRange(path(name), 0, 1000)).toString();
}

describe("files", () => {
  test("what is appended is read back, after opening anew, too", async () => {
    const file = await files.openForAppend(path("wal"), "new");
    await file.append([bytes("ab"), bytes("cd")]);
    await file.datasync();
    expect(file.sizeBytes).toBe(4);
    await file.close();
    const again = await files.openForAppend(path("wal"), "existing");
    await again.append([bytes("ef")]);
    expect(again.sizeBytes).toBe(6);
    await again.close();
    expect([await textOf("wal"), await files.sizeOf(path("wal"))]).toEqual(["abcdef", 6]);
  });

  test("a range ends where the file ends", async () => {
    writeFileSync(path("a"), "0123456789");
    const read = async (offset: number, size: number): Promise<string> =>
      Buffer.from(await files.readRange(path("a"), offset, size)).toString();
    expect([await read(2, 3), await read(8, 5), await read(20, 5)]).toEqual(["234", "89", ""]);
  });

  test("truncate, rename, list and remove", async () => {
    await files.makeDirectory(path("x/y"));
    await files.makeDirectory(path("x/y"));
    writeFileSync(path("x/b"), "0123456789");
    writeFileSync(path("x/c"), "old");
    symlinkSync("b", path("x/a"));
    await files.truncate(path("x/b"), 4);
    await files.rename(path("x/b"), path("x/c"));
    await files.syncDirectory(path("x"));
    expect(await textOf("x/c")).toBe("0123");
    expect(await files.list(path("x"))).toEqual([
      { name: "a", kind: "other" },
      { name: "c", kind: "file" },
      { name: "y", kind: "directory" },
    ]);
    for (const name of ["a", "c", "y"]) await files.remove(path(`x/${name}`));
    expect(await files.list(path("x"))).toEqual([]);
  });

  test.each<[string, string, () => Promise<unknown>]>([
    ["opening what is not there", "not-found", () => files.openForAppend(path("a"), "existing")],
    ["reading what is not there", "not-found", () => files.readRange(path("a"), 0, 1)],
    ["making what exists", "exists", () => files.openForAppend(path("full/a"), "new")],
    ["removing a directory that is not empty", "not-empty", () => files.remove(path("full"))],
    ["listing a file", "other", () => files.list(path("full/a"))],
  ])("%s fails: %s", async (_, code, act) => {
    await files.makeDirectory(path("full"));
    writeFileSync(path("full/a"), "");
    await expect(act()).rejects.toMatchObject({
      name: "FileSystemError",
      code,
      path: expect.stringContaining(directory),
    });
  });
});

describe("the process", () => {
  const isRoot = process.getuid?.() === 0;

  test.skipIf(!isRoot)("an unknown user or group is named (needs root)", () => {
    expect(() => nodeProcess.dropPrivileges({ user: "no-such-user" })).toThrow("user no-such-user: ");
    expect(() => nodeProcess.dropPrivileges({ group: "no-such-group" })).toThrow("group no-such-group: ");
    expect(process.geteuid?.()).toBe(0);
  });

  test("staying who one is works, and so does nobody at all", () => {
    nodeProcess.dropPrivileges({});
    if (isRoot) nodeProcess.dropPrivileges({ user: "root" });
    expect(process.getgroups?.()).toContain(process.getgid?.());
  });

  test("a signal calls its handler until that is taken away", async () => {
    const handler = vi.fn();
    const remove = nodeSignals.on("SIGHUP", handler);
    process.kill(process.pid, "SIGHUP");
    await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce());
    remove();
    expect(process.listenerCount("SIGHUP")).toBe(0);
  });

  test("without a service manager nobody is notified", async () => {
    vi.stubEnv("NOTIFY_SOCKET", undefined);
    vi.stubEnv("PATH", directory); // a call of systemd-notify would fail
    await nodeProcess.notifyReady();
  });

  test("the service manager is told the process that is ready", async () => {
    vi.stubEnv("NOTIFY_SOCKET", path("socket"));
    writeFileSync(path("systemd-notify"), `#!/bin/sh\necho "$@" > ${path("called")}\n`);
    chmodSync(path("systemd-notify"), 0o755);
    vi.stubEnv("PATH", `${directory}:${process.env["PATH"]}`);
    await nodeProcess.notifyReady();
    expect(await textOf("called")).toBe(`--ready --pid=${process.pid}\n`);
  });

  test("a failed notification is an error to be logged", async () => {
    vi.stubEnv("NOTIFY_SOCKET", path("socket"));
    vi.stubEnv("PATH", directory);
    await expect(nodeProcess.notifyReady()).rejects.toThrow("systemd-notify");
  });
});

describe("time and compression", () => {
  test("a cancelled task does not run", async () => {
    const task = vi.fn();
    const cancel = nodeScheduler.after(1, task);
    cancel();
    nodeScheduler.after(5, task);
    await vi.waitFor(() => expect(task).toHaveBeenCalled());
    expect(task).toHaveBeenCalledOnce();
  });

  test("others get their turn", async () => {
    const order: string[] = [];
    setImmediate(() => order.push("other"));
    await nodeScheduler.yieldToOthers();
    expect([...order, "caller"]).toEqual(["other", "caller"]);
  });

  test("what is compressed comes back", async () => {
    const text = "x".repeat(1_000_000);
    const compressed = await nodeGzip.compress(new Uint8Array(Buffer.from(text)));
    expect(compressed.length).toBeLessThan(10_000);
    const pieces: Uint8Array[] = [];
    for await (const piece of nodeGzip.decompress(inPieces(compressed, 100))) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(text);
  });

  test("a failure of the source comes out of the decompression", async () => {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield (await nodeGzip.compress(new Uint8Array(1000))).subarray(0, 10);
      throw new Error("cut off");
    };
    await expect(drained(source())).rejects.toThrow("cut off");
  });
});

async function drained(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of nodeGzip.decompress(source)) void piece;
}

async function* inPieces(whole: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < whole.length; offset += size) yield whole.subarray(offset, offset + size);
}
