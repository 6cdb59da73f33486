// The store, the server, or both are killed while messages stream; every message that the stream has taken is in the store
// afterwards. NATS_KILL_CYCLES=20 NATS_KILL_SEED=1 npx vitest run test/nats/jetstream-kill.test.ts
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import type { SentSample } from "../support/ledger.ts";
import { withoutNatsServer } from "../support/nats-server.ts";
import { killAll } from "../support/program.ts";
import { randomOf, type Random } from "../support/random.ts";
import { now } from "../kill/lab.ts";
import { addConsumer, durable, JETSTREAM_CONFIG, SUBJECT, withStreamLab, type StreamLab } from "./jetstream-lab.ts";

const cycles = Number(process.env["NATS_KILL_CYCLES"] ?? 3);
const seed = Number(process.env["NATS_KILL_SEED"] ?? Date.now() % 2 ** 31);
const CYCLE_TIMEOUT_MS = 30_000;
/** What a killed one had been given comes again after so long; by default it is half a minute. */
const ACK_WAIT_NANOS = 2e9;
/** What a killed server does not answer is sent again then. */
const PUBLISH_TIMEOUT_MS = 2000;

afterAll(killAll);

const victims: Readonly<Record<string, (lab: StreamLab, random: Random) => Promise<void>>> = {
  "the store": async ({ lab }) => {
    await lab.kill();
    await lab.startStore(durable);
  },
  "the server": async ({ lab }, random) => {
    await lab.server.stop("SIGKILL");
    await sleep(random.between(0, 500));
    await lab.server.start(JETSTREAM_CONFIG.replaceAll("STORE_DIR", lab.server.directory));
  },
  both: async ({ lab }, random) => {
    await Promise.all([lab.kill(), lab.server.stop("SIGKILL")]);
    const starts = [
      () => lab.startStore(durable),
      () => lab.server.start(JETSTREAM_CONFIG.replaceAll("STORE_DIR", lab.server.directory)),
    ];
    for (const start of random.shuffled(starts)) await start();
  },
};

describe.skipIf(withoutNatsServer)("kills while messages stream (needs nats-server)", () => {
  test.each(Object.keys(victims))(
    `of %s, ${cycles} times: every message in the stream gets into the store`,
    (victim) =>
      withStreamLab(async (stream) => {
        const random = randomOf(seed);
        await addConsumer(stream.manager, { ack_wait: ACK_WAIT_NANOS });
        await stream.lab.startStore(durable);
        const publisher = new Publisher(stream, random);
        for (let cycle = 0; cycle < cycles; cycle++) {
          const publishing = publisher.run();
          await sleep(random.between(50, 400));
          await victims[victim](stream, random);
          await sleep(random.between(0, 200));
          publisher.stop();
          await publishing;
        }
        const { lab, unacknowledged } = stream;
        await expect.poll(() => unacknowledged().catch(String), { timeout: CYCLE_TIMEOUT_MS }).toBe(0);
        expect(await lab.ledger.check(lab.port), `NATS_KILL_SEED=${seed}`).toEqual([]);
        console.log(`NATS_KILL_SEED=${seed}: ${publisher.published} messages published, 0 lost`);
      }),
    (cycles + 2) * CYCLE_TIMEOUT_MS,
  );
});

/** Each message has slots of its own, so that the order of what comes again does not matter: 60,000 messages. */
const HOSTS = 400;
const SLOTS_PER_MESSAGE = 100;
const SLOTS = 15_000;

/** Publishes in order, and again what the server did not acknowledge, as a collector with a buffer does. */
class Publisher {
  readonly #stream: StreamLab;
  readonly #random: Random;
  #isStopped = false;
  #step = 0;
  published = 0;

  constructor(stream: StreamLab, random: Random) {
    this.#stream = stream;
    this.#random = random;
  }

  async run(): Promise<void> {
    this.#isStopped = false;
    while (!this.#isStopped) {
      const messages = Array.from({ length: 20 }, () => this.#nextMessage());
      await Promise.all(messages.map((samples) => this.#publish(samples)));
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #publish(samples: readonly SentSample[]): Promise<void> {
    for (;;) {
      try {
        await this.#stream.publish(samples, SUBJECT, PUBLISH_TIMEOUT_MS);
        this.published++;
        return;
      } catch {
        await sleep(50);
      }
    }
  }

  #nextMessage(): SentSample[] {
    const step = this.#step++;
    const first = Math.floor(step / HOSTS) * SLOTS_PER_MESSAGE;
    if (first >= SLOTS) throw new Error("BUG: more messages than slots");
    return Array.from({ length: this.#random.pick([1, 1, 20, SLOTS_PER_MESSAGE]) }, (_, i) => ({
      series: { host: `n${step % HOSTS}`, metric: "load" },
      time: now - 10 * SLOTS + 10 * (first + i),
      value: this.#random.between(0, 2 ** 20) / 4,
    }));
  }
}
