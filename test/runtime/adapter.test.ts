// The ports of the runtime that the tests run on: each keeps what all of them promise.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { describeArchiveWorker } from "../conformance/archive-worker.ts";
import { describeCertificates } from "../conformance/certificates.ts";
import { describeClock } from "../conformance/clock.ts";
import { describeFileSystem, type FileSystemUnderTest } from "../conformance/file-system.ts";
import { describeGzip } from "../conformance/gzip.ts";
import { describeHttpServer } from "../conformance/http-server.ts";
import { describeMemory } from "../conformance/memory.ts";
import { describeProbe } from "../conformance/probe.ts";
import { describeProcess } from "../conformance/process.ts";
import { describeScheduler } from "../conformance/scheduler.ts";
import { describeSignals } from "../conformance/signals.ts";
import type { WorkerThread } from "../../src/runtime/ports.ts";
import { makeCertificate, withoutOpenssl } from "../support/certificate.ts";
import { platform, runtimeName } from "../support/runtime.ts";

const { clock, files, gzip, memory, probe, scheduler, signals, startHttpServer } = platform;
/** The compiled one: TypeScript is made JavaScript for the tests, but not for the threads that they start. */
const workers = (await import(new URL("../../dist/runtime/node/workers.js", import.meta.url).href)) as {
  readonly startArchiveWorker: () => WorkerThread;
};
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeClock(`the clock on ${runtimeName}`, () => ({ clock, pass }));
describeScheduler(`the scheduler on ${runtimeName}`, () => ({ scheduler, pass }));
test("who yields for some milliseconds lets others have them", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await scheduler.yieldToOthers(200);
  clearInterval(timer);
  // One turn would be what it takes without the milliseconds.
  expect(turns).toBeGreaterThan(1);
});
describeSignals(`signals on ${runtimeName}`, { signals, send: (signal) => void process.kill(process.pid, signal) });
describeProcess(`the process on ${runtimeName}`, platform.process);
describeMemory(`memory on ${runtimeName}`, memory);
describeProbe(`a probe on ${runtimeName}`, probe);
describeArchiveWorker(`the archive worker on ${runtimeName}`, workers.startArchiveWorker);
describeGzip(`gzip on ${runtimeName}`, gzip);
describeFileSystem(`files on ${runtimeName}`, setUpFiles);
describeHttpServer(`the HTTP server on ${runtimeName}`, () => ({ startHttpServer }));

describe.skipIf(withoutOpenssl)("with certificates (which are made with openssl)", () => {
  const directory = mkdtempSync(join(tmpdir(), "pegel-adapter-"));
  const tls = { certFile: join(directory, "localhost.crt"), keyFile: join(directory, "localhost.key") };
  beforeAll(() => makeCertificate(directory, "localhost"));
  afterAll(() => rmSync(directory, { recursive: true }));
  describeHttpServer(`the HTTPS server on ${runtimeName}`, () => ({ startHttpServer, tls }));
  describeCertificates(`certificates on ${runtimeName}`, startHttpServer);
});

describe("what only a real clock has", () => {
  test("now is what everybody calls now", () => {
    expect(Math.abs(clock.now() - Date.now() / 1000)).toBeLessThan(5);
  });

  test("others get their turn", async () => {
    const order: string[] = [];
    setImmediate(() => order.push("other"));
    await scheduler.yieldToOthers();
    expect([...order, "caller"]).toEqual(["other", "caller"]);
  });
});

describe("what only a real disk has", () => {
  test("what is neither file nor directory is listed as other", async () => {
    const { directory, cleanUp } = await setUpFiles();
    onTestFinished(cleanUp);
    await symlink("nowhere", join(directory, "link"));
    expect(await files.list(directory)).toEqual([{ name: "link", kind: "other" }]);
    await files.remove(join(directory, "link"));
    expect(await files.list(directory)).toEqual([]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk is named as such (needs /dev/full)", async () => {
    const file = await files.openForAppend("/dev/full", "existing");
    onTestFinished(() => file.close());
    await expect(file.append([Uint8Array.of(1)])).rejects.toMatchObject({ code: "no-space", path: "/dev/full" });
    expect(file.sizeBytes).toBe(0);
  });

  test.skipIf(process.getuid?.() === 0)("what the user may not do is named as such (not as root)", async () => {
    await expect(files.makeDirectory("/pegel-may-not")).rejects.toMatchObject({ code: "not-allowed" });
  });
});

async function setUpFiles(): Promise<Required<FileSystemUnderTest>> {
  const directory = await mkdtemp(join(tmpdir(), "pegel-files-"));
  return { files, directory, cleanUp: () => rm(directory, { recursive: true }) };
}
