// The configuration of NATS: what is given, and what comes of it or is said about it.
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/service/config.ts";
import { type Files, load, withNats, withStore } from "./load-config.ts";

const withSubscription = (subscription: object): Files => withStore({ "nats-subscriptions": [subscription] });

describe("addresses", () => {
  test.each<[string, object]>([
    ["nats://localhost:4222", { servers: ["nats://localhost:4222"] }],
    ["localhost", { servers: ["nats://localhost"] }],
    ["tls://a.example.org:4222", { servers: ["tls://a.example.org:4222"] }],
    ["wss://a.example.org/nats", { servers: ["wss://a.example.org/nats"] }],
    ["nats://[::1]:4222", { servers: ["nats://[::1]:4222"] }],
    ["nats://a:1, nats://b:2", { servers: ["nats://a:1", "nats://b:2"] }],
    ["nats://u:p%40ss@host:4222", { servers: ["nats://host:4222"], user: "u", password: "p@ss" }],
    ["nats://secret@host", { servers: ["nats://host"], token: "secret" }],
  ])("%s", async (address, settings) => {
    expect((await load(withNats({ address }))).nats).toEqual(settings);
  });

  const expected = 'expected a NATS URL such as "nats://localhost:4222" or "wss://host:443"';
  test.each<[string, string]>([
    ["http://localhost:4222", `${expected}, found "http://localhost:4222"`],
    ["nats://", `${expected}, found "nats://"`],
    ["nats://a:70000", `${expected}, found "nats://a:70000"`],
    ["nats://a b", `${expected}, found "nats://a b"`],
    ["nats://a/path", `${expected}, found "nats://a/path"`],
    // No password gets into a log.
    ["htp://user:secret@host", `${expected}, found something else`],
    ["nats://a,ws://b", "expected only ws:// and wss://, or only nats:// and tls://, found both"],
  ])("%s is refused", async (address, problem) => {
    await expectProblem(withNats({ address }), `config.json: nats.address: ${problem}`);
  });
});

describe("credentials and certificates", () => {
  test("all of them", async () => {
    const nats = {
      address: "tls://x",
      username: "u",
      password: "p",
      token: "t",
      "creds-file-path": "c",
      "tls-ca-file": "ca.pem",
      "tls-cert-file": "cert.pem",
      "tls-key-file": "key.pem",
      "tls-handshake-first": true,
    };
    expect((await load(withNats(nats))).nats).toEqual({
      servers: ["tls://x"],
      user: "u",
      password: "p",
      token: "t",
      credsFile: "c",
      tls: { caFile: "ca.pem", certFile: "cert.pem", keyFile: "key.pem", handshakeFirst: true },
    });
  });

  test("what stands in the section counts before what stands in the address", async () => {
    const { nats } = await load(withNats({ address: "nats://a:b@x", username: "u", password: "p" }));
    expect(nats).toMatchObject({ user: "u", password: "p" });
  });

  test.each<[string, object, string]>([
    ["half a pair", { "tls-cert-file": "a" }, "nats: tls-cert-file and tls-key-file must be given together"],
    ["a number as token", { token: 1 }, "nats.token: expected a token, found a number"],
  ])("%s is refused", async (_about, nats, problem) => {
    await expectProblem(withNats({ address: "x", ...nats }), `config.json: ${problem}`);
  });
});

describe("subscriptions", () => {
  test.each<[string, object, object]>([
    ["a subject", { "subscribe-to": "hpc.>" }, { kind: "core", subject: "hpc.>", cluster: "" }],
    [
      "a subject in a queue group",
      { "subscribe-to": "hpc", "cluster-tag": "alex", "queue-group": "stores" },
      { kind: "core", subject: "hpc", cluster: "alex", queueGroup: "stores" },
    ],
    [
      "a stream with a consumer that exists",
      { stream: "METRICS", consumer: "pegel", "cluster-tag": "alex" },
      { kind: "stream", stream: "METRICS", consumer: { kind: "existing", name: "pegel" }, cluster: "alex" },
    ],
    [
      "a part of a stream with a consumer that is made",
      { stream: "METRICS", durable: "pegel", "subscribe-to": "hpc.alex", domain: "leaf" },
      {
        kind: "stream",
        stream: "METRICS",
        consumer: { kind: "durable", name: "pegel" },
        cluster: "",
        subject: "hpc.alex",
        domain: "leaf",
      },
    ],
  ])("%s", async (_about, given, subscription) => {
    expect((await load(withSubscription(given))).metricStore.subscriptions).toEqual([subscription]);
  });

  const name = 'expected a name without spaces, ".", "*", ">", "/" and "\\"';
  const subject = 'expected a NATS subject such as "hpc.*.metrics" or "hpc.>"';
  test.each<[object, string]>([
    [{ "subscribe-to": "a..b" }, `.subscribe-to: ${subject}, found "a..b"`],
    [{ "subscribe-to": "a.>.b" }, `.subscribe-to: ${subject}, found "a.>.b"`],
    [{ "subscribe-to": "" }, '.subscribe-to: required key is missing: NATS subject, such as "hpc-nats"'],
    [{ stream: "a.b", durable: "c" }, `.stream: ${name}, found "a.b"`],
    [{ stream: "S" }, ": with stream: expected either consumer (one that exists) or durable (made if it does not)"],
    [
      { stream: "S", consumer: "a", durable: "b" },
      ": with stream: expected either consumer (one that exists) or durable (made if it does not)",
    ],
    [{ "subscribe-to": "a", durable: "b" }, ": consumer, durable and domain go with stream"],
    [
      { stream: "S", durable: "b", "queue-group": "q" },
      ": queue-group: not with stream; stores that share a stream give the same consumer",
    ],
  ])("%o is refused", async (given, problem) => {
    await expectProblem(withSubscription(given), `config.json: metric-store.nats-subscriptions[0]${problem}`);
  });
});

async function expectProblem(files: Files, problem: string): Promise<void> {
  const error = await load(files).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).problems).toEqual([problem]);
}
