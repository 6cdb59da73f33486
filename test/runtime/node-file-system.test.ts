import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { nodeFileSystem } from "../../src/runtime/node.ts";
import { describeFileSystem, type FileSystemUnderTest } from "../conformance/file-system.ts";

async function setUp(): Promise<Required<FileSystemUnderTest>> {
  const directory = await mkdtemp(join(tmpdir(), "pegel-files-"));
  return { files: nodeFileSystem, directory, cleanUp: () => rm(directory, { recursive: true }) };
}

describeFileSystem("files on Node", setUp);

describe("what only a real disk has", () => {
  test("what is neither file nor directory is listed as other", async () => {
    const { files, directory, cleanUp } = await setUp();
    onTestFinished(cleanUp);
    await symlink("nowhere", join(directory, "link"));
    expect(await files.list(directory)).toEqual([{ name: "link", kind: "other" }]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk is named as such (needs /dev/full)", async () => {
    const file = await nodeFileSystem.openForAppend("/dev/full", "existing");
    onTestFinished(() => file.close());
    await expect(file.append([Uint8Array.of(1)])).rejects.toMatchObject({ code: "no-space", path: "/dev/full" });
    expect(file.sizeBytes).toBe(0);
  });

  test.skipIf(process.getuid?.() === 0)("what the user may not do is named as such (not as root)", async () => {
    await expect(nodeFileSystem.makeDirectory("/pegel-may-not")).rejects.toMatchObject({ code: "not-allowed" });
  });
});
