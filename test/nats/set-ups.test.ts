// The set-ups of the README: its configurations of the store, and the servers' configurations in deploy/, as they stand there.
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { linesOf } from "../support/ledger.ts";
import { withoutNatsServer } from "../support/nats-server.ts";
import { killAll } from "../support/program.ts";
import { now, samplesFrom } from "../kill/lab.ts";
import { withNatsLab, type NatsLab } from "./nats-lab.ts";

afterAll(killAll);

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface SetUp {
  readonly nats: { readonly address: string };
  readonly "metric-store": object;
}

/** The two configurations of the store, in the order of the README. */
const setUps: readonly SetUp[] = [...textOf("README.md").matchAll(/^"nats": .*?^}$/gms)].map(
  ([text]) => JSON.parse(`{${text}}`) as SetUp,
);

/** A server's configuration, but for the port and the directory of this test. */
const serverConfig = (path: string): string =>
  textOf(path)
    .replace(/^port: 4222$/m, "")
    .replace("/var/lib/nats", "STORE_DIR");

const start = (lab: NatsLab, { nats, ...config }: SetUp): Promise<void> =>
  lab.start({
    nats: { ...nats, address: nats.address.replace("localhost:4222", `127.0.0.1:${lab.server.port}`) },
    "metric-store": { ...config["metric-store"] },
  });

async function publishAsCollector(lab: NatsLab): Promise<void> {
  const collector = await lab.client({ user: "collector", pass: "collector-secret" });
  const samples = samplesFrom(now - 10_000, 100);
  lab.ledger.acknowledged(samples);
  collector.publish("hpc-nats", linesOf(samples));
  await collector.flush();
}

describe.skipIf(withoutNatsServer)("the set-ups of the README (need nats-server)", () => {
  test("there are two", () => expect(setUps).toHaveLength(2));

  test("a subscription", () =>
    withNatsLab(serverConfig("deploy/nats-core.conf"), async (lab) => {
      await start(lab, setUps[0]);
      await lab.untilSubscribed();
      await publishAsCollector(lab);
      await lab.until("stored", ({ core }) => core?.subscriptions[0]?.samplesStored === 100);
      expect(await lab.ledger.check(lab.port)).toEqual([]);
      expect(lab.server.output).not.toMatch(/violation/i);
    }));

  test("a stream in front of the collectors, made by an administrator", () =>
    withNatsLab(serverConfig("deploy/nats-jetstream.conf"), async (lab) => {
      await publishAsCollector(lab);
      const admin = await connect({ servers: lab.server.address, user: "admin", pass: "admin-secret" });
      const manager = await jetstreamManager(admin);
      await manager.streams.add({ name: "METRICS", subjects: ["hpc-nats"], max_age: 48 * 3600e9 });
      await publishAsCollector(lab);
      await start(lab, setUps[1]);
      await lab.until("stored", ({ streams }) => streams?.subscriptions[0]?.samplesStored === 100);
      await publishAsCollector(lab);
      await lab.until("stored", ({ streams }) => streams?.subscriptions[0]?.samplesStored === 200);
      expect(await lab.ledger.check(lab.port)).toEqual([]);
      expect(lab.server.output).not.toMatch(/violation/i);
      await admin.close();
    }));
});
