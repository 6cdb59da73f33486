// Core NATS with real servers: what is published while the store is connected is stored, whatever the form of messages.
import { afterAll, describe, expect, test } from "vitest";
import { linesOf } from "../support/ledger.ts";
import { withoutNatsServer } from "../support/nats-server.ts";
import { killAll, startProgram, temporaryDirectory, writeConfig } from "../support/program.ts";
import { send } from "../support/store-process.ts";
import { now, samplesFrom } from "../kill/lab.ts";
import { largestMessage, withNatsLab, type NatsLab, type NatsStatus } from "./nats-lab.ts";

afterAll(killAll);

describe.skipIf(withoutNatsServer)("core NATS (needs nats-server)", () => {
  test("each subscription has its own cluster for lines that name none", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore([
        { "subscribe-to": "a", "cluster-tag": "alex" },
        { "subscribe-to": "b", "cluster-tag": "fritz" },
      ]);
      await lab.untilSubscribed();
      const client = await lab.client();
      for (let i = 0; i < 500; i++) {
        client.publish("a", `load,hostname=a01 value=${i} ${now - 10 * i}`);
        client.publish("b", `load,hostname=f01 value=${i} ${now - 10 * i}\n`);
      }
      await client.flush();
      const status = await lab.until("all there", (state) => samplesStored(state) === 1000);
      const counts = status.core?.subscriptions.map(({ messages, lines }) => [messages, lines]);
      expect(counts).toEqual([
        [500, 500],
        [500, 500],
      ]);
      expect(await hostsOf(lab, "alex")).toEqual(["a01"]);
      expect(await hostsOf(lab, "fritz")).toEqual(["f01"]);
    }));

  test("messages of any size, with and without a newline at their end", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore([{ "subscribe-to": "hpc" }]);
      await lab.untilSubscribed();
      const client = await lab.client();
      for (const count of [1, 2, 7, 300, 5000]) {
        for (let i = 0; i < 4; i++) {
          lab.publish(client, "hpc", samplesFrom(now - 100_000, count, [`n${count * 10 + i}`]));
        }
      }
      lab.publish(client, "hpc", largestMessage());
      const without = samplesFrom(now - 500, 2, ["n8"]);
      lab.ledger.acknowledged(without);
      client.publish("hpc", linesOf(without).trimEnd());
      client.publish("hpc", "");
      await client.flush();
      await lab.until("all there", ({ core }) => core?.subscriptions[0]?.messages === 23);
      expect(await lab.ledger.check(lab.port)).toEqual([]);
    }));

  test("a flood of messages of one line each", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore([{ "subscribe-to": "hpc" }]);
      await lab.untilSubscribed();
      const client = await lab.client();
      const samples = samplesFrom(now - 100_000, 5000, ["n01", "n02", "n03", "n04"]);
      for (const sample of samples) lab.publish(client, "hpc", [sample]);
      await client.flush();
      const status = await lab.until("all there", (state) => samplesStored(state) === samples.length);
      expect(status.core?.subscriptions[0]).toMatchObject({ messages: samples.length, messagesNotStored: 0 });
      expect(status.core?.subscriptions[0]?.lastMessage).toBeGreaterThan(now);
      expect(await lab.ledger.check(lab.port)).toEqual([]);
    }));

  test("ten thousand subjects by one wildcard", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore([{ "subscribe-to": "hpc.*.metrics.>" }]);
      await lab.untilSubscribed();
      const client = await lab.client();
      for (let i = 0; i < 10_000; i++) {
        lab.publish(client, `hpc.c${i % 10}.metrics.n${i}`, samplesFrom(now - 10 * i, 1, [`n${i % 50}`]));
      }
      client.publish("hpc.other", "load,cluster=x,hostname=y value=1");
      await client.flush();
      await lab.until("all there", (state) => samplesStored(state) === 10_000);
      expect(await lab.ledger.check(lab.port)).toEqual([]);
    }));

  test("garbage costs itself alone, and its subject is told", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore([{ "subscribe-to": "hpc.>" }]);
      await lab.untilSubscribed();
      const client = await lab.client();
      const good = samplesFrom(now - 10_000, 300, ["n01"]);
      for (const [i, sample] of good.entries()) {
        lab.publish(client, "hpc.good", [sample]);
        client.publish(`hpc.bad.${i}`, garbage[i % garbage.length]);
      }
      client.publish("hpc.last", 'load,cluster=kill,hostname=n01 value=1,text="never closed');
      lab.publish(client, "hpc.good", samplesFrom(now, 1, ["n01"]));
      await client.flush();
      const status = await lab.until("all there", (state) => samplesStored(state) === good.length + 1);
      const [subscription] = status.core?.subscriptions ?? [];
      expect(subscription.linesRejected["syntax"]).toBeGreaterThan(200);
      expect(subscription.linesRejected["name"]).toBe(37);
      expect(subscription.linesIgnored).toBeGreaterThanOrEqual(37);
      expect(subscription.lastRejection).toMatchObject({ subject: "hpc.last" });
      // One line at once, the others in ten seconds.
      const told = lab.program
        .stderr()
        .match(/lines not stored subscription=\S+ lines=\d+ subject=hpc.bad.\d+ reason=.*/g);
      expect(told).toHaveLength(1);
      expect(await lab.ledger.check(lab.port)).toEqual([]);
    }));

  test("stores in one queue group share the messages", () =>
    withNatsLab("", async (lab) => {
      const subscriptions = [{ "subscribe-to": "hpc", "queue-group": "stores" }];
      await lab.startStore(subscriptions);
      const other = temporaryDirectory();
      const program = startProgram([
        "-config",
        writeConfig(other.directory, {
          nats: { address: lab.server.address },
          "metric-store": { "nats-subscriptions": subscriptions },
        }),
      ]);
      const otherPort = await program.listening();
      await lab.untilSubscribed();
      await expect.poll(() => statusAt(otherPort)).toMatchObject({ core: { connection: { state: "connected" } } });
      const client = await lab.client();
      for (let i = 0; i < 1000; i++) client.publish("hpc", `load,cluster=a,hostname=b value=1 ${now - 10 * i}\n`);
      await client.flush();
      await expect
        .poll(async () => samplesStored(await lab.natsStatus()) + samplesStored(await statusAt(otherPort)))
        .toBe(1000);
      expect(samplesStored(await lab.natsStatus())).toBeGreaterThan(100);
      expect(samplesStored(await statusAt(otherPort))).toBeGreaterThan(100);
      program.kill("SIGKILL");
      await program.exited;
      other.remove();
    }));
});

/** Messages that no collector should send; of most every line is a syntax error. */
const garbage: readonly (string | Uint8Array)[] = [
  "\n\n\n",
  "no line protocol at all",
  Uint8Array.from({ length: 300 }, (_, i) => i % 256),
  "load,cluster=kill,hostname=n01 value=",
  "load,cluster=kill value=1",
  "unknown,cluster=kill,hostname=n01 value=1",
  "load,cluster=kill,hostname=n01 value=1 notatime\nx".repeat(3),
  new Uint8Array(5000),
];

function samplesStored({ core }: NatsStatus): number {
  return core?.subscriptions.reduce((sum, subscription) => sum + subscription.samplesStored, 0) ?? 0;
}

async function statusAt(port: number): Promise<NatsStatus> {
  return (JSON.parse((await send(port, "GET", "/api/status")).body) as { nats: NatsStatus }).nats;
}

async function hostsOf(lab: NatsLab, cluster: string): Promise<string[]> {
  const query = { cluster, from: 0, to: 2 ** 32, "for-all-nodes": ["load"] };
  const { body } = await lab.ask("POST", "/api/query", JSON.stringify(query));
  return (JSON.parse(body) as { queries: { host: string }[] }).queries.map(({ host }) => host);
}
