// Messages that are stored together are bodies of their own all the same.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Intake } from "../../src/nats/intake.ts";
import { newSubscriptionCounters } from "../../src/nats/counters.ts";
import type { NatsMessage } from "../../src/runtime/nats-ports.ts";
import { lineOf, Simulation, START } from "./simulation.ts";

const encoder = new TextEncoder();
const messageOf = (text: string, subject = "s"): NatsMessage => ({ subject, data: encoder.encode(text) });

function newIntake(cluster = "") {
  const simulation = new Simulation();
  const counters = newSubscriptionCounters();
  const stored: number[] = [];
  const rejected: string[] = [];
  const intake = new Intake({
    ingest: simulation.ingest,
    cluster,
    counters,
    now: () => START,
    sink: {
      stored: (messages) => stored.push(messages.length),
      failed: (_messages, error) => {
        throw error;
      },
      rejected: (lines, subject, reason) => rejected.push(`${lines} ${subject}: ${reason}`),
    },
  });
  return { simulation, counters, stored, rejected, intake };
}

describe("a burst of messages", () => {
  test("is one batch", () => {
    const { intake, stored, counters, simulation } = newIntake();
    for (let i = 0; i < 500; i++) intake.take(messageOf(lineOf(i)));
    intake.flush();
    expect(stored).toEqual([500]);
    expect(counters).toMatchObject({ messages: 500, samplesStored: 500, lastMessage: START });
    expect(simulation.ingest.counters.batches).toBe(1);
  });

  test("a wrong line is told with the subject and the line's number in its message", () => {
    const { intake, rejected, counters } = newIntake();
    intake.take(messageOf(`${lineOf(1)}${lineOf(2)}`, "a"));
    intake.take(messageOf("", "empty"));
    intake.take(messageOf(`\n\n${lineOf(3).trimEnd()}`, "b"));
    intake.take(messageOf(`${lineOf(4)}# a comment\nload bad\n${lineOf(5)}`, "c"));
    intake.take(messageOf("load worse", "d"));
    intake.flush();
    expect(rejected).toEqual([expect.stringMatching(/^2 c: at line 3:9: /)]);
    expect(counters.lastRejection).toMatchObject({ subject: "c", time: START });
    expect(counters.linesRejected).toMatchObject({ syntax: 2 });
    expect(counters.samplesStored).toBe(5);
  });

  test("of the last message is told right, too", () => {
    const { intake, rejected } = newIntake();
    intake.take(messageOf(lineOf(1), "a"));
    intake.take(messageOf("load bad", "b"));
    intake.flush();
    expect(rejected).toEqual([expect.stringMatching(/^1 b: at line 1:9: /)]);
  });

  test("a quote that is not closed does not reach into the next message", () => {
    const { intake, counters } = newIntake();
    intake.take(messageOf(lineOf(1)));
    intake.take(messageOf('load,cluster=c,hostname=n value=1,text="open'));
    intake.take(messageOf(lineOf(2)));
    intake.flush();
    expect(counters.samplesStored).toBe(2);
    expect(counters.linesRejected.syntax).toBe(1);
  });
});

test("however messages are put together, the store holds what it would if each came alone", () => {
  const line = fc.oneof(
    fc.integer({ min: 0, max: 40 }).map((n) => lineOf(n)),
    fc.integer({ min: 0, max: 40 }).map((n) => lineOf(n).trimEnd()),
    fc.constantFrom(
      "",
      "\n",
      "load bad\n",
      "unknown value=1\n",
      'load,hostname=n value=1,t="a\n',
      '"',
      "load,",
      "#c\n",
    ),
    fc.string({ maxLength: 20 }),
  );
  const message = fc.array(line, { maxLength: 4 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (texts) => {
      const together = newIntake("c");
      for (const text of texts) together.intake.take(messageOf(text));
      together.intake.flush();
      const alone = newIntake("c");
      for (const text of texts) {
        alone.intake.take(messageOf(text));
        alone.intake.flush();
      }
      // Which one is the last is a matter of when it is looked at.
      expect({ ...together.counters, lastRejection: null }).toEqual({ ...alone.counters, lastRejection: null });
      expect(valuesOf(together.simulation)).toEqual(valuesOf(alone.simulation));
    }),
  );
});

function valuesOf({ store }: Simulation): unknown {
  return store.listChildren(["c"]).map((host) => {
    try {
      return store.read(["c", host], "load", START - 1000, START + 1000).values;
    } catch {
      return undefined;
    }
  });
}
