// A full disk, played with a small file system in memory: nothing more is taken until there is room, and then all of it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { withoutNatsServer } from "../support/nats-server.ts";
import { linesOf } from "../support/ledger.ts";
import { killAll, temporaryDirectory } from "../support/program.ts";
import { now, samplesFrom } from "../kill/lab.ts";
import { durable, JETSTREAM_CONFIG, withStreamLab } from "./jetstream-lab.ts";
import type { NatsLab } from "./nats-lab.ts";

afterAll(killAll);

const canMount = (() => {
  const { directory, remove } = temporaryDirectory();
  const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", directory]).status === 0;
  if (isMounted) execFileSync("umount", [directory]);
  remove();
  return isMounted;
})();

const DISK_BYTES = 64 * 1024 * 1024;
/** The server keeps what the store does not read, for as long as the test takes. */
const PATIENT = `${JETSTREAM_CONFIG}\nmax_pending: 1GB\nwrite_deadline: "60s"`;

/** Runs `use` with a disk that takes about a megabyte more, until it is called `free`. */
async function withFullDisk(
  lab: NatsLab,
  subscriptions: readonly object[],
  use: (free: () => void) => Promise<void>,
): Promise<void> {
  const mountPoint = join(lab.directory, "disk");
  mkdirSync(mountPoint);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "none", mountPoint]);
  try {
    const filler = join(mountPoint, "filler");
    writeFileSync(filler, new Uint8Array(DISK_BYTES - 1024 * 1024));
    const checkpoints = { directory: join(mountPoint, "checkpoints") };
    await lab.startStore(subscriptions, {}, { checkpoints, limits: { "nats-in-flight-bytes": 4_000_000 } });
    await use(() => rmSync(filler));
  } finally {
    if (lab.program.pid > 0) await lab.kill();
    execFileSync("umount", [mountPoint]);
  }
}

describe.skipIf(withoutNatsServer || !canMount)("a full disk (needs nats-server, and the right to mount)", () => {
  test(
    "JetStream: nothing is acknowledged or fetched beyond the window, until there is room",
    () =>
      withStreamLab(async ({ lab, publish, unacknowledged }) => {
        await withFullDisk(lab, durable, async (free) => {
          await lab.untilFetching();
          for (let i = 0; i < 100; i++) await publish(samplesFrom(now - 100_000, 2000, [`n${i}`]));
          const { streams } = await lab.until("full", (status) => {
            const [{ storageFailure, lag }] = status.streams?.subscriptions ?? [];
            return storageFailure !== null && (lag ?? 0) > 20;
          });
          expect(streams?.subscriptions[0]?.inFlightBytes).toBeLessThanOrEqual(4_000_000);
          expect(await unacknowledged()).toBeGreaterThan(20);
          free();
          await expect.poll(unacknowledged, { timeout: 60_000 }).toBe(0);
          expect(await lab.ledger.check(lab.port)).toEqual([]);
        });
      }),
    90_000,
  );

  test(
    "core: the socket is left unread, memory does not grow, and what was sent gets there when there is room",
    () =>
      withStreamLab(
        async ({ lab, client }) => {
          await withFullDisk(lab, [{ "subscribe-to": "core" }], async (free) => {
            await lab.untilSubscribed();
            const message = linesOf(samplesFrom(now - 100_000, 2000));
            const publishMany = async (): Promise<void> => {
              for (let i = 0; i < 100; i++) client.publish("core", message);
              await client.flush();
            };
            await publishMany();
            await lab.until("full", ({ core }) => core?.reading === "paused" && core.storageFailure !== null);
            const before = memoryOf(lab.program.pid);
            for (let round = 1; round < 8; round++) await publishMany();
            await sleep(500);
            expect(memoryOf(lab.program.pid) - before).toBeLessThan(30_000_000);
            free();
            const stored = (): Promise<unknown> =>
              lab.natsStatus().then(({ core }) => core?.subscriptions[0]?.samplesStored);
            await expect.poll(stored, { timeout: 60_000 }).toBe(800 * 2000);
            expect((await lab.natsStatus()).core?.possibleLosses).toEqual({ slowConsumer: 0, disconnected: 0 });
          });
        },
        {},
        PATIENT,
      ),
    90_000,
  );
});

/** Resident memory in bytes. */
function memoryOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
