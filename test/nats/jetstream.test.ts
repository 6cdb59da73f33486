// JetStream with real servers: what is in the stream gets into the store, and is acknowledged only then.
import { AckPolicy } from "@nats-io/jetstream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { withoutNatsServer } from "../support/nats-server.ts";
import { killAll } from "../support/program.ts";
import { now, samplesFrom } from "../kill/lab.ts";
import { largestMessage } from "./nats-lab.ts";
import { addConsumer, addStream, durable, STREAM, SUBJECT, withStreamLab, type StreamLab } from "./jetstream-lab.ts";

afterAll(killAll);

describe.skipIf(withoutNatsServer)("JetStream (needs nats-server)", () => {
  test("what was published before the store, while it was away and while it runs gets there, and is acknowledged", () =>
    withStreamLab(async (stream) => {
      const { lab, publish } = stream;
      await publish(samplesFrom(now - 90_000, 100));
      await lab.startStore(durable);
      await publish(samplesFrom(now - 80_000, 100));
      await untilAllStored(stream);
      await lab.stop();
      await publish(samplesFrom(now - 70_000, 100));
      await lab.startStore(durable);
      await publish(samplesFrom(now - 60_000, 100));
      await untilAllStored(stream);
      const [subscription] = (await lab.natsStatus()).streams?.subscriptions ?? [];
      expect(subscription).toMatchObject({ messages: 2, samplesStored: 200, lag: 0, inFlightMessages: 0 });
    }));

  test("messages of one line and of a megabyte", () =>
    withStreamLab(async (stream) => {
      const { lab, publish } = stream;
      await lab.startStore(durable);
      await lab.untilFetching();
      const large = largestMessage();
      for (let i = 0; i < 20; i++) await publish(large.map((sample) => ({ ...sample, value: i })));
      await Promise.all(samplesFrom(now - 50_000, 1000, ["n99"]).map((sample) => publish([sample])));
      await untilAllStored(stream);
    }));

  test("a consumer that exists is used as it is; one that does not is waited for", () =>
    withStreamLab(async (stream) => {
      const { lab, manager, publish } = stream;
      await publish(samplesFrom(now - 90_000, 100));
      await lab.startStore([{ stream: STREAM, consumer: "pegel" }]);
      const status = await lab.until("refused", ({ streams }) => /no consumer/.test(reasonOf(streams)));
      expect(reasonOf(status.streams)).toBe("stream METRICS has no consumer pegel");
      await addConsumer(manager, { max_ack_pending: 10, max_batch: 5, max_bytes: 100_000 });
      await lab.untilFetching();
      for (let i = 0; i < 50; i++) await publish(samplesFrom(now - 80_000 + 10 * i, 1));
      await untilAllStored(stream);
    }));

  test("ack policy all: the newest is acknowledged for all", () =>
    withStreamLab(async (stream) => {
      const { lab, manager, publish } = stream;
      await addConsumer(manager, { ack_policy: AckPolicy.All, ack_wait: 1e9 });
      await lab.startStore(durable);
      for (let i = 0; i < 300; i++) await publish(samplesFrom(now - 80_000 + 10 * i, 1));
      await untilAllStored(stream);
      // What is under way to a store that is killed comes again, and is not taken for acknowledged.
      for (let cycle = 1; cycle <= 3; cycle++) {
        const publishing = Promise.all(samplesFrom(now - 70_000 + 6000 * cycle, 600).map((one) => publish([one])));
        await sleep(30);
        await lab.kill();
        await publishing;
        await lab.startStore(durable);
      }
      await untilAllStored(stream);
    }));

  test("only one subject of the stream", () =>
    withStreamLab(async (stream) => {
      const { lab, client, publish } = stream;
      await lab.startStore([
        { stream: STREAM, durable: "pegel", "subscribe-to": `${SUBJECT}.alex.*`, "cluster-tag": "x" },
      ]);
      await lab.untilFetching();
      client.publish(`${SUBJECT}.fritz.a`, `load,hostname=f value=1 ${now}\n`);
      await publish(samplesFrom(now - 80_000, 100), `${SUBJECT}.alex.a`);
      await untilAllStored(stream);
      expect((await lab.natsStatus()).streams?.subscriptions[0]).toMatchObject({ messages: 1, cluster: "x" });
    }));

  test("bad lines cost themselves, are told with their subject, and do not come again", () =>
    withStreamLab(async (stream) => {
      const { lab, client, publish } = stream;
      await lab.startStore(durable);
      await lab.untilFetching();
      for (let i = 0; i < 20; i++) {
        client.publish(`${SUBJECT}.bad`, "load nonsense\n");
        client.publish(`${SUBJECT}.half`, `load,cluster=kill,hostname=n01 value=\nload,cluster=kill value=1\n`);
        await publish(samplesFrom(now - 10 * i, 1));
      }
      await untilAllStored(stream);
      const [subscription] = (await lab.natsStatus()).streams?.subscriptions ?? [];
      expect(subscription.linesRejected).toMatchObject({ syntax: 40, name: 20 });
      expect(subscription).toMatchObject({ messages: 60, lines: 80, samplesStored: 20 });
      expect(subscription.lastRejection?.subject).toMatch(/^hpc-nats.(bad|half)$/);
      expect(lab.program.stderr()).toMatch(
        /lines not stored subscription="stream METRICS" lines=\d+ subject=hpc-nats.bad/,
      );
    }));
});

describe.skipIf(withoutNatsServer)("a stream that is not there (needs nats-server)", () => {
  test("is waited for; a stream deleted while the store runs, too", () =>
    withStreamLab(async (stream) => {
      const { lab, manager, publish } = stream;
      await lab.startStore(durable);
      await lab.until("refused", ({ streams }) => reasonOf(streams) === "there is no stream METRICS");
      await addStream(manager);
      await lab.untilFetching();
      await publish(samplesFrom(now - 80_000, 100));
      await untilAllStored(stream);
      await manager.streams.delete(STREAM);
      await lab.until("refused", ({ streams }) => reasonOf(streams) === "there is no stream METRICS");
      await addStream(manager);
      await publish(samplesFrom(now - 70_000, 100));
      await lab.untilFetching();
      await untilAllStored(stream);
      expect(lab.program.stderr().split('reason="there is no stream METRICS"')).toHaveLength(3);
    }, null));

  test("a consumer deleted while the store runs is made again", () =>
    withStreamLab(async (stream) => {
      const { lab, manager, publish } = stream;
      await lab.startStore(durable);
      await lab.untilFetching();
      await manager.consumers.delete(STREAM, "pegel");
      await lab.until("noticed", ({ streams }) => streams?.subscriptions[0]?.state === "not fetching");
      await publish(samplesFrom(now - 80_000, 100));
      await lab.untilFetching();
      await untilAllStored(stream);
    }));

  test("a server without JetStream is told", () =>
    withStreamLab(async ({ lab }) => {
      await lab.server.stop();
      await lab.server.start("");
      await lab.startStore(durable);
      await lab.until("refused", ({ streams }) => /JetStream is not enabled/.test(reasonOf(streams)));
    }));
});

describe.skipIf(withoutNatsServer)("the durability of a stream (needs nats-server)", () => {
  test("a stream in memory that forgets soon is warned about, in words", () =>
    withStreamLab(
      async ({ lab, manager }) => {
        await addConsumer(manager, { max_deliver: 5 });
        await lab.startStore(durable);
        const { streams } = await lab.untilFetching();
        expect(streams?.subscriptions[0]?.warnings).toEqual([
          expect.stringMatching(/^stream METRICS is in memory only: a restart of the NATS server loses/),
          expect.stringMatching(/^stream METRICS keeps messages for 10 minutes only/),
          expect.stringMatching(/^consumer pegel of stream METRICS gives a message up after 5 deliveries/),
        ]);
        expect(lab.program.stderr()).toContain("NATS: stream METRICS is in memory only");
      },
      { storage: "memory", max_age: 600e9 },
    ));

  test("one replica on disk: what a power cut costs is told", () =>
    withStreamLab(async ({ lab }) => {
      await lab.startStore(durable);
      const { streams } = await lab.untilFetching();
      expect(streams?.subscriptions[0]?.warnings).toEqual([
        expect.stringMatching(/has one replica.*2 minutes unless sync_interval is set/),
      ]);
    }));
});

async function untilAllStored({ lab, unacknowledged }: StreamLab): Promise<void> {
  await expect.poll(unacknowledged, { timeout: 15_000 }).toBe(0);
  expect(await lab.ledger.check(lab.port)).toEqual([]);
}

type Streams = Awaited<ReturnType<StreamLab["lab"]["natsStatus"]>>["streams"];

const reasonOf = (streams: Streams): string => streams?.subscriptions[0]?.reason ?? "";
