// Core subscriptions, simulated: when the socket is left unread, what counts as a possible loss, what the log says.
import { describe, expect, test } from "vitest";
import type { CoreSubscription } from "../../src/nats/subscriptions.ts";
import type { NatsService } from "../../src/nats/nats-service.ts";
import { lineOf, Simulation } from "./simulation.ts";

const subscription: CoreSubscription = { kind: "core", subject: "hpc", cluster: "" };
const limits = { natsInFlightBytes: 10_000 };

const statusOf = (service: NatsService) => service.status()["core"] as Record<string, unknown>;

describe("a slow disk", () => {
  test("the socket is left unread while too much is not on disk, and read again when half of it is", async () => {
    const simulation = new Simulation();
    const { server, disk } = simulation;
    const service = simulation.startService([subscription], limits);
    await simulation.pass();
    disk.isSlow = true;
    let published = 0;
    for (; published < 100 && server.isReading; published++) {
      server.publish("hpc", lineOf(published, 900));
      await simulation.pass();
    }
    expect(published).toBe(12);
    expect(statusOf(service)).toMatchObject({ reading: "paused", pauses: 1, inFlightBytes: 12 * 900 });
    disk.isSlow = false;
    disk.release();
    await simulation.pass();
    expect(server.isReading).toBe(true);
    expect(statusOf(service)).toMatchObject({ reading: "on", pauses: 1, inFlightBytes: 0 });
  });

  test("a disk that fails: the same, and what has been received is made durable when it works again", async () => {
    const simulation = new Simulation();
    const { server, disk, log } = simulation;
    const service = simulation.startService([subscription], limits);
    await simulation.pass();
    disk.failure = "no space left";
    for (let i = 0; i < 20; i++) server.publish("hpc", lineOf(i, 900));
    await simulation.pass(100_000);
    expect(server.isReading).toBe(false);
    expect(statusOf(service)).toMatchObject({ storageFailure: "no space left", pausedSeconds: expect.closeTo(100, 0) });
    disk.failure = undefined;
    await simulation.pass(10_000);
    expect(server.isReading).toBe(true);
    expect(statusOf(service)).toMatchObject({ storageFailure: null, inFlightBytes: 0 });
    expect(log.count("cannot be made durable")).toBe(1);
  });

  test("a connection that ends while the socket is left unread counts as cut off", async () => {
    const simulation = new Simulation();
    const { server, disk, log } = simulation;
    const service = simulation.startService([subscription], limits);
    await simulation.pass();
    disk.isSlow = true;
    for (let i = 0; i < 20; i++) server.publish("hpc", lineOf(i, 900));
    await simulation.pass();
    server.cut();
    await simulation.pass(1000);
    expect(statusOf(service)).toMatchObject({ possibleLosses: { slowConsumer: 1, disconnected: 0 } });
    expect(log.count("cut off this store as a slow consumer")).toBe(1);
    expect(log.count("the server had kept running")).toBe(1);
    // What the new connection brings is read, although the disk is as slow as before: it is paused when it is too much.
    expect(server.isReading).toBe(true);
    server.publish("hpc", lineOf(1));
    await simulation.pass();
    expect(server.isReading).toBe(false);
  });

  test("messages that find no room in memory are counted and told as lost", async () => {
    const simulation = new Simulation();
    const { server, disk, log } = simulation;
    const service = simulation.startService([subscription], limits);
    await simulation.pass();
    server.publish("hpc", lineOf(1));
    await simulation.pass();
    disk.isFull = true;
    server.publish("hpc", lineOf(2));
    await simulation.pass();
    const { subscriptions } = statusOf(service) as { subscriptions: readonly object[] };
    expect(subscriptions[0]).toMatchObject({ messages: 2, samplesStored: 1, messagesNotStored: 1 });
    expect(log.count("error NATS: messages lost messages=1 subject=hpc")).toBe(1);
  });
});

describe("connections", () => {
  test("attempts become ever more seldom, up to one in five seconds, and never end", async () => {
    const simulation = new Simulation();
    const { server, log } = simulation;
    server.refusal = "connection refused";
    let attempts = 0;
    const connect = server.connect.bind(server);
    server.connect = () => {
      attempts++;
      return connect();
    };
    const service = simulation.startService([subscription]);
    await simulation.pass(10_000);
    expect(attempts).toBeGreaterThan(5);
    const before = attempts;
    await simulation.pass(3_600_000);
    expect(attempts - before).toBe(720);
    server.refusal = "authorization violation";
    await simulation.pass(60_000);
    expect(log.lines.filter((line) => line.includes("no connection"))).toEqual([
      "warn NATS: no connection; trying again for ever for=core subscriptions reason=connection refused",
      "warn NATS: no connection; trying again for ever for=core subscriptions reason=authorization violation",
    ]);
    server.refusal = undefined;
    await simulation.pass(10_000);
    expect(statusOf(service)).toMatchObject({
      connection: { state: "connected", reason: null, server: "simulated:4222" },
    });
  });

  test("the end of a server is told with its reason, and its restart as such", async () => {
    const simulation = new Simulation();
    const { server, log } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    server.serverId = "second";
    server.cut("read ECONNRESET");
    await simulation.pass(1000);
    expect(statusOf(service)).toMatchObject({
      lastPossibleLoss: "read ECONNRESET",
      possibleLosses: { disconnected: 1 },
    });
    expect(log.count("connection lost; connecting again for=core subscriptions reason=read ECONNRESET")).toBe(1);
    expect(log.count("the server has been restarted")).toBe(1);
    server.publish("hpc", lineOf(1));
    await simulation.pass();
    expect(simulation.ingest.counters.stored).toBe(1);
  });

  test("a refused subscription is tried again for ever, and told once", async () => {
    const simulation = new Simulation();
    const { server, log } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    for (let i = 0; i < 5; i++) {
      server.refuseSubscriptions("Permissions Violation");
      await simulation.pass(20_000);
    }
    expect(log.count("the server refuses a subscription")).toBe(1);
    const { subscriptions } = statusOf(service) as { subscriptions: readonly object[] };
    expect(subscriptions[0]).toMatchObject({ state: "refused", reason: "Permissions Violation" });
    server.publish("hpc", lineOf(1));
    await simulation.pass();
    expect(simulation.ingest.counters.stored).toBe(1);
  });

  test("a stop makes durable what has come, and ends although the server does not answer", async () => {
    const simulation = new Simulation();
    const { server, disk } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    server.publish("hpc", lineOf(1));
    await simulation.stop(service);
    expect(disk.commits).toBe(1);
    expect(statusOf(service)).toMatchObject({ connection: { state: "stopped" }, inFlightBytes: 0 });
    const { connects } = server;
    await simulation.pass(100_000);
    expect(server.connects).toBe(connects);
  });
});

describe("lines that are not stored", () => {
  test("the first is told at once, the others summed up every ten seconds, and then it is quiet", async () => {
    const simulation = new Simulation();
    const { server, log } = simulation;
    simulation.startService([subscription]);
    await simulation.pass();
    const told = () => log.lines.filter((line) => line.includes("lines not stored"));
    server.publish("hpc", "load bad\n");
    await simulation.pass();
    expect(told()).toHaveLength(1);
    for (let i = 0; i < 100; i++) {
      server.publish("hpc", `${lineOf(1)}load bad\nload worse\n`);
      await simulation.pass(1);
    }
    expect(told()).toHaveLength(1);
    await simulation.pass(60_000);
    expect(told()).toEqual([
      expect.stringContaining("subscription=hpc lines=1 subject=hpc reason=at line 1:9: "),
      expect.stringContaining("subscription=hpc lines=200 subject=hpc reason=at line 2:9: "),
    ]);
  });
});
