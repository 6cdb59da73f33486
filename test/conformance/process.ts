// What holds for the Process of every runtime. What becomes of another user is seen from outside: test/service/program.test.ts.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Process } from "../../src/runtime/ports.ts";

const isRoot = process.getuid?.() === 0;
let directory: string;

export function describeProcess(name: string, port: Process): void {
  describe(`${name}:`, () => {
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "pegel-process-"));
    });
    afterEach(() => {
      rmSync(directory, { recursive: true });
      vi.unstubAllEnvs();
    });
    describe("privileges", () => testPrivileges(port));
    describe("the service manager", () => testNotification(port));
  });
}

function testPrivileges(port: Process): void {
  test.skipIf(!isRoot)("an unknown user or group is named (needs root)", () => {
    expect(() => port.dropPrivileges({ user: "no-such-user" })).toThrow("user no-such-user: ");
    expect(() => port.dropPrivileges({ user: "-no-such-user" })).toThrow("user -no-such-user: ");
    expect(() => port.dropPrivileges({ group: "no-such-group" })).toThrow("group no-such-group: ");
    expect(process.geteuid?.()).toBe(0);
  });

  test("staying who one is works, and so does nobody at all", () => {
    port.dropPrivileges({});
    if (isRoot) port.dropPrivileges({ user: "root" });
    expect(process.getgroups?.()).toContain(process.getgid?.());
  });

  test.skipIf(isRoot)("who is not root may not become root (not as root)", () => {
    expect(() => port.dropPrivileges({ user: "root" })).toThrow("user root: only root may switch to it");
  });
}

function testNotification(port: Process): void {
  test("is not told anything where there is none", async () => {
    vi.stubEnv("NOTIFY_SOCKET", undefined);
    vi.stubEnv("PATH", directory); // a call of systemd-notify would fail
    await port.notifyReady();
  });

  test("is told the process that is ready", async () => {
    const called = join(directory, "called");
    const program = join(directory, "systemd-notify");
    writeFileSync(program, `#!/bin/sh\necho "$@" > ${called}\n`);
    chmodSync(program, 0o755);
    vi.stubEnv("NOTIFY_SOCKET", join(directory, "socket"));
    vi.stubEnv("PATH", `${directory}:${process.env["PATH"]}`);
    await port.notifyReady();
    expect(readFileSync(called, "utf8")).toBe(`--ready --pid=${process.pid}\n`);
  });

  test("that cannot be told is an error to be logged", async () => {
    vi.stubEnv("NOTIFY_SOCKET", join(directory, "socket"));
    vi.stubEnv("PATH", directory);
    await expect(port.notifyReady()).rejects.toThrow("systemd-notify");
  });
}
