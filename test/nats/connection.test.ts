// Connections with real servers: down, back, refused, encrypted, over WebSocket; what the log and the status say.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { withoutNatsServer } from "../support/nats-server.ts";
import { freePort, killAll } from "../support/program.ts";
import { now, samplesFrom } from "../kill/lab.ts";
import { withNatsLab, type NatsLab, type NatsStatus } from "./nats-lab.ts";

afterAll(killAll);

const hpc = [{ "subscribe-to": "hpc" }];
const withPassword = (password: string): string => `authorization: { user: store, password: "${password}" }`;

describe.skipIf(withoutNatsServer)("a NATS server that is not there (needs nats-server)", () => {
  test("the store starts without it, and connects when it comes", () =>
    withNatsLab("", async (lab) => {
      await lab.server.stop();
      await lab.startStore(hpc);
      const { core } = await lab.until("refused", (status) => status.core?.connection.state === "disconnected");
      expect(core?.connection.reason).toContain("connection refused");
      await sleep(1000);
      await lab.server.start();
      await publishAndCheck(lab);
      expect(countOf(lab, "NATS: no connection; trying again for ever")).toBe(1);
      expect(countOf(lab, "NATS: connected")).toBe(0); // told at level info, the log is at warn
    }));

  test("of several servers, one that is there is taken", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore(hpc, { address: `nats://127.0.0.1:${await freePort()}, ${lab.server.address}` });
      await publishAndCheck(lab);
    }));

  test("killed and started again, again and again: samples flow each time, and possible losses are told", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore(hpc);
      for (let round = 1; round <= 3; round++) {
        await publishAndCheck(lab, round);
        await lab.server.stop("SIGKILL");
        await lab.until("disconnected", ({ core }) => core?.connection.state === "disconnected");
        await lab.server.start();
        const { core } = await lab.until("connected", (status) => status.core?.connection.connects === round + 1);
        expect(core?.connection.disconnects).toBe(round);
        expect(core?.possibleLosses).toEqual({ slowConsumer: 0, disconnected: round });
      }
      await publishAndCheck(lab, 4);
      expect(countOf(lab, "NATS: connection lost; connecting again")).toBe(3);
      expect(countOf(lab, "while there was no connection is lost")).toBe(3);
    }));
});

describe.skipIf(withoutNatsServer)("credentials (needs nats-server)", () => {
  test("a wrong password is told once, and tried until it is right", () =>
    withNatsLab(withPassword("right"), async (lab) => {
      await lab.startStore(hpc, { username: "store", password: "wrong" });
      const { core } = await lab.until("refused", (status) => status.core?.connection.state === "disconnected");
      expect(core?.connection.reason).toContain("the server refuses the credentials");
      await sleep(1500);
      expect(countOf(lab, "the server refuses the credentials")).toBe(1);
      expect(lab.program.stderr()).not.toContain("wrong");
      lab.server.reload(withPassword("wrong"));
      await lab.untilSubscribed();
      await publishAndCheck(lab, 1, { user: "store", pass: "wrong" });
    }));

  test("user and password in the address", () =>
    withNatsLab(withPassword("se:c@ret"), async (lab) => {
      await lab.startStore(hpc, { address: `nats://store:se%3Ac%40ret@127.0.0.1:${lab.server.port}` });
      await lab.untilSubscribed();
      expect(JSON.stringify(await lab.natsStatus())).not.toContain("ret");
    }));

  test("a token", () =>
    withNatsLab(`authorization: { token: "t0ken" }`, async (lab) => {
      await lab.startStore(hpc, { token: "t0ken" });
      await lab.untilSubscribed();
    }));

  test("a subscription that is not allowed is told, and made when it is", () => {
    const allowing = (subject: string): string =>
      `authorization: { users: [{ user: store, password: p, permissions: { subscribe: ["${subject}", "_INBOX.>"] } }] }`;
    return withNatsLab(allowing("other"), async (lab) => {
      await lab.startStore(hpc, { username: "store", password: "p" });
      const { core } = await lab.until("refused", (status) => status.core?.subscriptions[0]?.state === "refused");
      expect(core?.subscriptions[0]?.reason).toMatch(/permissions violation.*subscription.*hpc/i);
      lab.server.reload(allowing("hpc"));
      await lab.until("received", (status) => {
        // Whatever is published reaches it once it is subscribed.
        void lab.client({ user: "store", pass: "p" }).then((client) => client.publish("hpc", "\n"));
        return (status.core?.subscriptions[0]?.messages ?? 0) > 0;
      });
      expect((await lab.natsStatus()).core?.subscriptions[0]?.state).toBe("subscribed");
    });
  });
});

describe.skipIf(withoutNatsServer)("a store that cannot follow (needs nats-server)", () => {
  test("is cut off by the server; that is counted as possible loss, and it goes on with what comes then", () =>
    withNatsLab('max_pending: 1MB\nwrite_deadline: "500ms"', async (lab) => {
      await lab.startStore(hpc);
      await lab.untilSubscribed();
      process.kill(lab.program.pid, "SIGSTOP");
      const client = await lab.client();
      const message = "load,cluster=a,hostname=b value=1\n".repeat(20_000);
      for (let i = 0; i < 60; i++) client.publish("hpc", message);
      await client.flush();
      await expect.poll(() => lab.server.output, { timeout: 15_000 }).toContain("Slow Consumer");
      process.kill(lab.program.pid, "SIGCONT");
      const { core } = await lab.until("cut", (status) => (status.core?.connection.connects ?? 0) > 1);
      const { slowConsumer = 0, disconnected = 0 } = core?.possibleLosses ?? {};
      expect(slowConsumer + disconnected).toBe(1);
      expect(lab.program.stderr()).toContain("the server had kept running");
      await publishAndCheck(lab);
    }));
});

describe.skipIf(withoutNatsServer)("back-pressure (needs nats-server)", () => {
  const limits = { limits: { "nats-in-flight-bytes": 100_000 } };

  test("the socket is left unread while too much is not on disk, and all gets there", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore(hpc, {}, limits);
      await expectAllWithPauses(lab);
    }));

  test("over WebSocket, too", async () => {
    const port = await freePort();
    await withNatsLab(`websocket: { listen: "127.0.0.1:${port}", no_tls: true }`, async (lab) => {
      await lab.startStore(hpc, { address: `ws://127.0.0.1:${port}` }, limits);
      await expectAllWithPauses(lab);
    });
  });
});

async function expectAllWithPauses(lab: NatsLab): Promise<void> {
  await lab.untilSubscribed();
  const client = await lab.client();
  for (let i = 0; i < 50; i++) lab.publish(client, "hpc", samplesFrom(now - 100_000, 2000, [`n${i}`]));
  await client.flush();
  const { core } = await lab.until(
    "all there",
    (status) => storedOf(status) === 100_000 && status.core?.reading === "on",
  );
  expect(core).toMatchObject({ possibleLosses: { slowConsumer: 0, disconnected: 0 } });
  expect(core?.pauses).toBeGreaterThan(0);
  expect(await lab.ledger.check(lab.port)).toEqual([]);
}

describe.skipIf(withoutNatsServer)("the end of a store (needs nats-server)", () => {
  test("what the server has delivered before a clean stop is in the last checkpoint", () =>
    withNatsLab("", async (lab) => {
      await lab.startStore(hpc);
      await lab.untilSubscribed();
      const client = await lab.client();
      for (let i = 0; i < 200; i++) lab.publish(client, "hpc", samplesFrom(now - 100_000, 500, [`n${i}`]));
      await client.flush();
      await lab.stop();
      expect(lab.files(/current\.wal|\.journal/)).toEqual([]);
      await lab.startAndCheck();
    }));

  test("it stops as well while there is no server", () =>
    withNatsLab("", async (lab) => {
      await lab.server.stop();
      await lab.startStore(hpc);
      await lab.until("refused", ({ core }) => core?.connection.state === "disconnected");
      await lab.stop();
    }));
});

describe.skipIf(withoutNatsServer)("WebSocket (needs nats-server)", () => {
  test("samples come, after a restart of the server as well", async () => {
    const port = await freePort();
    const config = `websocket: { listen: "127.0.0.1:${port}", no_tls: true }`;
    await withNatsLab(config, async (lab) => {
      await lab.startStore(hpc, { address: `ws://127.0.0.1:${port}` });
      await publishAndCheck(lab);
      await lab.server.stop("SIGKILL");
      await lab.until("disconnected", ({ core }) => core?.connection.state === "disconnected");
      await lab.server.start(config);
      await publishAndCheck(lab, 2);
    });
  });
});

/** Publishes some samples once the store is subscribed, and waits until it has them. */
async function publishAndCheck(lab: NatsLab, round = 1, options: object = {}): Promise<void> {
  await lab.untilSubscribed();
  const before = storedOf(await lab.natsStatus());
  const client = await lab.client(options);
  const samples = samplesFrom(now - 20_000 * round, 100);
  lab.publish(client, "hpc", samples);
  await client.flush();
  await lab.until("stored", (status) => storedOf(status) === before + samples.length);
  expect(await lab.ledger.check(lab.port)).toEqual([]);
}

const storedOf = ({ core }: NatsStatus): number => core?.subscriptions[0]?.samplesStored ?? 0;

function countOf(lab: NatsLab, text: string): number {
  return lab.program.stderr().split(text).length - 1;
}
