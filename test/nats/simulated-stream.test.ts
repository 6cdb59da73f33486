// Streams, simulated: what is acknowledged when, how much is under way, and what a failing disk does.
import { describe, expect, test } from "vitest";
import type { StreamSubscription } from "../../src/nats/subscriptions.ts";
import { lineOf, Simulation, START } from "./simulation.ts";

const subscription: StreamSubscription = {
  kind: "stream",
  stream: "S",
  consumer: { kind: "durable", name: "pegel" },
  cluster: "",
};

interface StreamStatus {
  readonly streams: { readonly subscriptions: readonly Record<string, unknown>[] };
}

const statusOf = (service: { status(): unknown }) => (service.status() as StreamStatus).streams.subscriptions[0];

describe.each(["explicit", "all"] as const)("ack policy %s", (ackPolicy) => {
  function simulate(): Simulation {
    const simulation = new Simulation();
    simulation.server.ackPolicy = ackPolicy;
    return simulation;
  }

  test("a message is acknowledged when it is on disk, not before", async () => {
    const simulation = simulate();
    const { server, disk } = simulation;
    disk.isSlow = true;
    simulation.startService([subscription]);
    await simulation.pass();
    for (let i = 0; i < 10; i++) server.append(lineOf(i));
    await simulation.pass(60_000);
    expect([server.delivered, server.unacknowledged]).toEqual([10, 10]);
    disk.isSlow = false;
    disk.release();
    await simulation.pass();
    expect(server.unacknowledged).toBe(0);
  });

  test("a disk that fails: nothing is acknowledged, it is told once, and all is well when it works again", async () => {
    const simulation = simulate();
    const { server, disk, log } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    disk.failure = "no space left";
    for (let i = 0; i < 10; i++) server.append(lineOf(i));
    await simulation.pass(600_000);
    expect(server.unacknowledged).toBe(10);
    expect(statusOf(service)).toMatchObject({ storageFailure: "no space left", inFlightMessages: 10 });
    expect(log.count("cannot be made durable")).toBe(1);
    disk.failure = undefined;
    await simulation.pass(10_000);
    expect(server.unacknowledged).toBe(0);
    expect(log.count("durable again")).toBe(1);
    expect(statusOf(service)).toMatchObject({ storageFailure: null, inFlightMessages: 0, inFlightBytes: 0 });
  });

  test("when not even memory takes it, it comes again, until it is stored", async () => {
    const simulation = simulate();
    const { server, disk } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    server.append(lineOf(0));
    await simulation.pass();
    disk.isFull = true;
    for (let i = 1; i < 10; i++) server.append(lineOf(i));
    await simulation.pass(10);
    expect(server.unacknowledged).toBe(9);
    expect(statusOf(service)).toMatchObject({ state: "not fetching", messagesNotStored: 9 });
    expect(server.naks).toHaveLength(ackPolicy === "explicit" ? 9 : 0);
    disk.isFull = false;
    for (let i = 0; i < 4; i++) {
      await simulation.pass(10_000);
      server.redeliver();
    }
    await simulation.pass();
    expect(server.unacknowledged).toBe(0);
    expect(statusOf(service)).toMatchObject({ state: "fetching", reason: null });
  });

  test("what a lost connection had been given is not acknowledged by what comes after it", async () => {
    const simulation = simulate();
    const { server, disk } = simulation;
    disk.isSlow = true;
    simulation.startService([subscription]);
    await simulation.pass();
    for (let i = 0; i < 5; i++) server.append(lineOf(i));
    await simulation.pass();
    // As if these had been on the wire when it broke.
    for (const message of server.messages) message.state = "delivered";
    for (let i = 5; i < 8; i++) server.messages.push(undelivered(i));
    server.cut("broken");
    for (const message of server.messages.slice(0, 5)) message.state = "delivered";
    for (const message of server.messages.slice(5)) message.deliveries = 1;
    for (const message of server.messages.slice(5)) message.state = "delivered";
    await simulation.pass(1000);
    server.append(lineOf(8));
    disk.isSlow = false;
    disk.release();
    await simulation.pass(1000);
    const lost = server.messages.slice(5, 8);
    expect(lost.map(({ state }) => state)).toEqual(["delivered", "delivered", "delivered"]);
    server.redeliver();
    await simulation.pass(1000);
    expect(server.unacknowledged).toBe(0);
    const { values } = simulation.store.read(["c", "n"], "load", START - 200, START + 10);
    expect(values.filter((value) => !Number.isNaN(value)).toSorted()).toEqual(
      Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
    );
  });
});

function undelivered(n: number) {
  const data = new TextEncoder().encode(lineOf(n));
  return { sequence: n + 1, subject: "hpc", data, deliveries: 0, state: "waiting" as const };
}

describe("how much is under way", () => {
  test("never more than the window, however slow the disk; it goes on as the disk does", async () => {
    const simulation = new Simulation();
    const { server, disk } = simulation;
    disk.isSlow = true;
    const limits = { natsInFlightBytes: 100_000, natsInFlightMessages: 1000 };
    const service = simulation.startService([subscription], limits);
    for (let i = 0; i < 1000; i++) server.append(lineOf(i, 900));
    await simulation.pass(1000);
    expect(server.delivered).toBeGreaterThan(50);
    expect(server.delivered * 900).toBeLessThanOrEqual(limits.natsInFlightBytes);
    expect(server.requests.filter(({ bytes }) => bytes > 1000)).toHaveLength(0);
    let most = 0;
    while (server.unacknowledged > 0) {
      most = Math.max(most, statusOf(service)["inFlightBytes"] as number);
      disk.release();
      await simulation.pass(1);
    }
    expect(most).toBeLessThanOrEqual(limits.natsInFlightBytes);
    expect(statusOf(service)).toMatchObject({ messages: 1000, lag: 0 });
  });

  test("messages are counted, too", async () => {
    const simulation = new Simulation();
    simulation.disk.isSlow = true;
    simulation.startService([subscription], { natsInFlightBytes: 10_000_000, natsInFlightMessages: 100 });
    for (let i = 0; i < 1000; i++) simulation.server.append(lineOf(i));
    await simulation.pass(1000);
    expect(simulation.server.delivered).toBeGreaterThanOrEqual(75);
    expect(simulation.server.delivered).toBeLessThanOrEqual(100);
  });

  test("many small messages share one commit", async () => {
    const simulation = new Simulation();
    const { server, disk } = simulation;
    for (let i = 0; i < 1000; i++) server.append(lineOf(i));
    simulation.startService([subscription]);
    await simulation.pass(1000);
    expect(server.unacknowledged).toBe(0);
    expect(disk.commits).toBeLessThan(10);
  });
});

describe("words of the server", () => {
  test.each([
    [404, "No Messages"],
    [408, "Request Timeout"],
    [409, "Batch Completed"],
  ])("%i %s is the end of a request, and another is made", async (code, description) => {
    const simulation = new Simulation();
    const service = simulation.startService([subscription]);
    await simulation.pass();
    const before = simulation.server.requests.map(({ reply }) => reply);
    simulation.server.endRequest(code, description);
    await simulation.pass();
    expect(simulation.server.requests).toHaveLength(before.length);
    expect(simulation.server.requests.map(({ reply }) => reply)).not.toEqual(before);
    expect(statusOf(service)).toMatchObject({ state: "fetching" });
  });

  test.each([
    [409, "Consumer Deleted", "consumer deleted (409)"],
    [409, "Leadership Change", "leadership change (409)"],
    [400, "Bad Request", "bad request (400)"],
    [409, "Message Size Exceeds MaxBytes", "the next message is larger than the consumer's max_bytes (32000000)"],
    [503, "", "there is no such consumer"],
  ])("%i %s: everything is looked at anew", async (code, description, reason) => {
    const simulation = new Simulation();
    const { server, log } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    server.endRequest(code, description);
    await simulation.pass(1);
    expect(statusOf(service)).toMatchObject({ state: "not fetching", reason });
    server.requests.length = 0;
    await simulation.pass(1000);
    server.append(lineOf(1));
    await simulation.pass();
    expect(statusOf(service)).toMatchObject({ state: "fetching", messages: 1 });
    expect(log.count("nothing can be fetched")).toBe(1);
  });

  test("a server that forgets the requests and says nothing is asked again", async () => {
    const simulation = new Simulation();
    const { server } = simulation;
    simulation.startService([subscription]);
    await simulation.pass();
    server.requests.length = 0;
    server.append(lineOf(1));
    await simulation.pass(30_000);
    expect(server.unacknowledged).toBe(0);
  });

  test("a stream that is not there is told once, and asked for ever, ever more seldom", async () => {
    const simulation = new Simulation();
    const { server, log } = simulation;
    server.hasStream = false;
    const service = simulation.startService([subscription]);
    await simulation.pass(3_600_000);
    expect(log.count("there is no stream S")).toBe(1);
    server.hasStream = true;
    server.append(lineOf(1));
    await simulation.pass(10_000);
    expect(server.unacknowledged).toBe(0);
    expect(log.count("fetching from the stream again")).toBe(1);
    expect(statusOf(service)).toMatchObject({ lastMessage: expect.closeTo(START + 3600, -2) });
  });
});

describe("a stop", () => {
  test("waits for the disk, and acknowledges", async () => {
    const simulation = new Simulation();
    const { server, disk } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    disk.isSlow = true;
    server.append(lineOf(1));
    const stopped = simulation.stop(service);
    await simulation.pass(10);
    expect(server.unacknowledged).toBe(1);
    disk.release();
    await stopped;
    expect(server.unacknowledged).toBe(0);
  });

  test("gives up a disk that takes nothing: the stream keeps what it has not", async () => {
    const simulation = new Simulation();
    const { server, disk, log } = simulation;
    const service = simulation.startService([subscription]);
    await simulation.pass();
    disk.failure = "broken";
    server.append(lineOf(1));
    await simulation.stop(service);
    expect(server.unacknowledged).toBe(1);
    expect(log.count("the stream keeps them")).toBe(1);
  });
});
