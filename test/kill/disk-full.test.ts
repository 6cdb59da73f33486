// A full disk, played with a small file system in memory.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { linesOf, type SentSample } from "../support/ledger.ts";
import { killAll, temporaryDirectory } from "../support/program.ts";
import { now, samplesFrom, withLab, type Lab } from "./lab.ts";

const canMount = (() => {
  const { directory, remove } = temporaryDirectory();
  const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", directory]).status === 0;
  if (isMounted) execFileSync("umount", [directory]);
  remove();
  return isMounted;
})();

afterAll(killAll);

/** A lab whose checkpoints are on a file system of 4 MB, of which a file takes nearly all. */
async function withSmallDisk(use: (lab: Lab, free: () => void) => Promise<void>): Promise<void> {
  await withLab(async (lab) => {
    const mountPoint = join(lab.directory, "disk");
    mkdirSync(mountPoint);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", mountPoint]);
    try {
      const filler = join(mountPoint, "filler");
      writeFileSync(filler, new Uint8Array(3 * 1024 * 1024));
      await use(lab, () => rmSync(filler));
    } finally {
      if (lab.program.pid > 0) await lab.kill();
      execFileSync("umount", [mountPoint]);
    }
  });
}

const onSmallDisk = (lab: Lab) => ({
  "metric-store": { checkpoints: { directory: join(lab.directory, "disk/checkpoints") } },
});

/** Writes until a batch is refused; returns that batch and its answer. */
async function fillUp(lab: Lab): Promise<{ refused: readonly SentSample[]; body: string }> {
  for (let i = 0; i < 100; i++) {
    const samples = samplesFrom(now - 40_000 + i * 1000, 100, ["n01", "n02", "n03", "n04", "n05", "n06"]);
    lab.ledger.sent(samples);
    const { status, body } = await lab.ask("POST", "/api/write", linesOf(samples));
    if (status !== 200) {
      expect(status).toBe(503);
      return { refused: samples, body };
    }
    lab.ledger.acknowledged(samples);
  }
  throw new Error("the disk did not fill up");
}

describe.skipIf(!canMount)("a full disk (needs the right to mount a file system)", () => {
  test("writes are refused, queries go on; writes go on when there is room, and nothing acknowledged is lost", () =>
    withSmallDisk(async (lab, free) => {
      const config = onSmallDisk(lab);
      await lab.start(config);
      const { refused, body } = await fillUp(lab);
      expect(JSON.parse(body)).toMatchObject({
        status: "Service Unavailable",
        error: expect.stringMatching(/^not stored durably: .*no space left on device/i),
      });
      const openFiles = (): number => readdirSync(`/proc/${lab.program.pid}/fd`).length;
      const before = openFiles();
      for (let i = 0; i < 50; i++) {
        expect(await lab.ask("POST", "/api/write", linesOf(refused))).toMatchObject({ status: 503 });
      }
      // A collector tries again for hours: that must not use up anything.
      expect(openFiles()).toBeLessThan(before + 10);
      expect(await lab.ask("POST", "/api/checkpoint")).toMatchObject({ status: 503 });
      expect(await lab.ledger.check(lab.port)).toEqual([]);
      free();
      await lab.write(refused);
      await lab.write(samplesFrom(now - 500, 10));
      await lab.kill();
      await lab.startAndCheck(config);
      await lab.stop();
      await lab.startAndCheck(config);
    }));

  test("a crash and a start while it is full lose nothing", () =>
    withSmallDisk(async (lab, free) => {
      const config = onSmallDisk(lab);
      await lab.start(config);
      await fillUp(lab);
      await lab.kill();
      await lab.startAndCheck(config);
      await lab.kill();
      free();
      await lab.startAndCheck(config);
    }));

  test("a stop says that the last checkpoint failed; the next start has it all", () =>
    withSmallDisk(async (lab, free) => {
      const config = onSmallDisk(lab);
      await lab.start(config);
      await fillUp(lab);
      lab.program.kill("SIGTERM");
      expect(await lab.program.exited).toEqual({ code: 1, signal: null });
      expect(lab.program.stderr()).toMatch(/the last checkpoint failed.*no space left on device/i);
      free();
      await lab.startAndCheck(config);
    }));
});
