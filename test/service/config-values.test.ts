import { describe, expect, test } from "vitest";
import { type Files, minimal, problemsOf, withMain, withMetrics, withNats, withStore } from "./load-config.ts";

const durationExample = 'expected e.g. "48h", "1h30m", "90s"';
const addrExpected = 'expected host:port such as ":8080", "0.0.0.0:8080" or "[::1]:8080"';
const keyExpected = "expected base64 of a raw 32-byte Ed25519 public key";

describe("a value is refused", () => {
  test.each<[string, Files, string[]]>([
    // main
    ["a port alone", withMain({ addr: "8080" }), [`config.json: main.addr: ${addrExpected}, found "8080"`]],
    ["a host alone", withMain({ addr: "localhost" }), [`config.json: main.addr: ${addrExpected}, found "localhost"`]],
    [
      "IPv6 without brackets",
      withMain({ addr: "::1:80" }),
      [`config.json: main.addr: ${addrExpected}, found "::1:80"`],
    ],
    ["a port too high", withMain({ addr: ":65536" }), [`config.json: main.addr: ${addrExpected}, found ":65536"`]],
    ["a URL", withMain({ addr: "http://x:80" }), [`config.json: main.addr: ${addrExpected}, found "http://x:80"`]],
    [
      "a port as a number",
      withMain({ addr: 8080 }),
      ['config.json: main.addr: expected host:port such as ":8080", found 8080'],
    ],
    [
      "half of TLS",
      withMain({ "https-cert-file": "cert.pem" }),
      ["config.json: main: https-cert-file and https-key-file must be given together"],
    ],
    ["no text", withMain({ user: 0 }), ["config.json: main.user: expected a user name, found 0"]],
    [
      "a backend without scheme",
      withMain({ "backend-url": "localhost:8080" }),
      [
        'config.json: main.backend-url: expected a URL such as "https://monitoring.example.org", found "localhost:8080"',
      ],
    ],
    [
      "a backend without host",
      withMain({ "backend-url": "http://" }),
      ['config.json: main.backend-url: expected a URL such as "https://monitoring.example.org", found "http://"'],
    ],
    [
      "a key without its padding",
      withMain({ "jwt-public-key": "iAbP22V3Aez+w1WnUhIKBs0D+/YZV8IJvT0c+3WRfyY" }),
      [`config.json: main.jwt-public-key: ${keyExpected}, found text that is not base64`],
    ],
    [
      "a key that is not base64",
      withMain({ "jwt-public-key": "-----BEGIN PUBLIC KEY-----" }),
      [`config.json: main.jwt-public-key: ${keyExpected}, found text that is not base64`],
    ],
    [
      "a private key, which is not shown",
      withMain({ "jwt-public-key": Buffer.alloc(64, 7).toString("base64") }),
      [`config.json: main.jwt-public-key: ${keyExpected}, found base64 of 64 bytes`],
    ],
    [
      "a key in DER",
      withMain({ "jwt-public-key": Buffer.alloc(44).toString("base64") }),
      [
        `config.json: main.jwt-public-key: ${keyExpected}, found base64 of 44 bytes (a DER key: its last 32 bytes are the raw key)`,
      ],
    ],
    // metrics
    [
      "frequency 0",
      withMetrics({ a: { frequency: 0, aggregation: null } }),
      ["config.json: metrics.a.frequency: expected a positive whole number of seconds, found 0"],
    ],
    [
      "a negative and a broken frequency",
      withMetrics({ "my metric": { frequency: -1, aggregation: null }, b: { frequency: 1.5, aggregation: null } }),
      [
        'config.json: metrics["my metric"].frequency: expected a positive whole number of seconds, found -1',
        "config.json: metrics.b.frequency: expected a positive whole number of seconds, found 1.5",
      ],
    ],
    [
      "a frequency in quotes",
      withMetrics({ a: { frequency: "60", aggregation: null } }),
      ['config.json: metrics.a.frequency: expected a positive whole number of seconds, found "60"'],
    ],
    [
      "an empty metric",
      withMetrics({ a: {} }),
      [
        "config.json: metrics.a.frequency: required key is missing: seconds between two samples, such as 60",
        'config.json: metrics.a.aggregation: required key is missing: how values combine into a coarser level: "sum", "avg" or null',
      ],
    ],
    ["no metric", withMetrics({ a: 60 }), ["config.json: metrics.a: expected an object, found 60"]],
    ["a list for a metric", withMetrics({ a: [1] }), ["config.json: metrics.a: expected an object, found an array"]],
    [
      "an aggregation that is no word",
      withMetrics({ a: { frequency: 60, aggregation: true } }),
      ['config.json: metrics.a.aggregation: expected "sum" or "avg", found true'],
    ],
    [
      "a name that valibot drops",
      { "config.json": JSON.stringify(minimal).replace("cpu_load", "__proto__") },
      ["config.json: metrics.__proto__: this name is reserved"],
    ],
    [
      "more metrics than a series can tell apart",
      withMetrics(
        Object.fromEntries(Array.from({ length: 65_536 }, (_, i) => [`m${i}`, { frequency: 1, aggregation: null }])),
      ),
      ["config.json: metrics: expected at most 65535, found 65536"],
    ],
    // metric-store
    [
      "an empty metric store",
      { "config.json": { ...minimal, "metric-store": {} } },
      [
        'config.json: metric-store.retention-in-memory: required key is missing: how long samples stay in memory, such as "48h"',
        "config.json: metric-store.memory-cap: required key is missing: GB of memory above which old samples are freed; 0 = no cap",
      ],
    ],
    [
      "a retention in hours",
      withStore({ "retention-in-memory": 48 }),
      ['config.json: metric-store.retention-in-memory: expected a Go duration such as "48h", found 48'],
    ],
    [
      "a retention in days",
      withStore({ "retention-in-memory": "2days" }),
      [
        `config.json: metric-store.retention-in-memory: invalid duration "2days": unknown unit "days"; ${durationExample}`,
      ],
    ],
    [
      "no retention",
      withStore({ "retention-in-memory": "0s" }),
      ['config.json: metric-store.retention-in-memory: expected a duration longer than 0, found "0s"'],
    ],
    [
      "an empty retention",
      withStore({ "retention-in-memory": "" }),
      [`config.json: metric-store.retention-in-memory: invalid duration "": it is empty; ${durationExample}`],
    ],
    [
      "a negative interval",
      withStore({ "checkpoint-interval": "-1h" }),
      ['config.json: metric-store.checkpoint-interval: expected a duration longer than 0, found "-1h"'],
    ],
    [
      "a cap below 0",
      withStore({ "memory-cap": -1 }),
      ["config.json: metric-store.memory-cap: expected a number of GB, 0 or more, found -1"],
    ],
    [
      "a cap in words",
      withStore({ "memory-cap": "100GB" }),
      ['config.json: metric-store.memory-cap: expected a number of GB, 0 or more, found "100GB"'],
    ],
    [
      "half a worker",
      withStore({ "num-workers": 0.5 }),
      ["config.json: metric-store.num-workers: expected a whole number, 0 or more, found 0.5"],
    ],
    [
      "no checkpoints",
      withStore({ checkpoints: "wal" }),
      ['config.json: metric-store.checkpoints: expected an object, found "wal"'],
    ],
    [
      "a list of checkpoints",
      withStore({ checkpoints: [] }),
      ["config.json: metric-store.checkpoints: expected an object, found an array"],
    ],
    [
      "a WAL size below 0",
      withStore({ checkpoints: { "max-wal-size": -1 } }),
      ["config.json: metric-store.checkpoints.max-wal-size: expected a whole number of bytes, 0 or more, found -1"],
    ],
    [
      "a word for the flush",
      withStore({ checkpoints: { sync: "always" } }),
      [`config.json: metric-store.checkpoints.sync: expected "commit" or a Go duration such as "1s", found "always"`],
    ],
    [
      "a flush without a unit",
      withStore({ checkpoints: { sync: "5" } }),
      [
        `config.json: metric-store.checkpoints.sync: invalid duration "5": missing unit after 5 (ns, us, ms, s, m, h); ${durationExample}`,
      ],
    ],
    [
      "a flush as a number",
      withStore({ checkpoints: { sync: 5 } }),
      ['config.json: metric-store.checkpoints.sync: expected "commit" or a Go duration, found 5'],
    ],
    [
      "an unknown clean-up, since a guess may delete data",
      withStore({ cleanup: { mode: "archiv" } }),
      ['config.json: metric-store.cleanup.mode: expected "delete" or "archive", found "archiv"'],
    ],
    [
      "an archive without a place",
      withStore({ cleanup: { mode: "archive" } }),
      ['config.json: metric-store.cleanup: directory is required with mode "archive"'],
    ],
    [
      "a switch that is no switch",
      withStore({ cleanup: { query: "no" } }),
      ['config.json: metric-store.cleanup.query: expected true or false, found "no"'],
    ],
    [
      "subscriptions that are no list",
      withStore({ "nats-subscriptions": {} }),
      ["config.json: metric-store.nats-subscriptions: expected an array of subscriptions, found an object"],
    ],
    [
      "a subscription to nothing",
      withStore({ "nats-subscriptions": [{}] }),
      [
        'config.json: metric-store.nats-subscriptions[0].subscribe-to: required key is missing: NATS subject, such as "hpc-nats"',
      ],
    ],
    [
      "a subject with a space",
      withStore({ "nats-subscriptions": [{ "subscribe-to": "a b" }] }),
      [
        'config.json: metric-store.nats-subscriptions[0].subscribe-to: expected a NATS subject without spaces, found "a b"',
      ],
    ],
    [
      "a cluster that leaves the directory",
      withStore({ "nats-subscriptions": [{ "subscribe-to": "a", "cluster-tag": "../x" }] }),
      [
        String.raw`config.json: metric-store.nats-subscriptions[0].cluster-tag: expected a cluster name without "/", "\" and "..", found "../x"`,
      ],
    ],
    [
      "a cluster that is the directory itself",
      withStore({ "nats-subscriptions": [{ "subscribe-to": "a", "cluster-tag": "." }] }),
      [
        String.raw`config.json: metric-store.nats-subscriptions[0].cluster-tag: expected a cluster name without "/", "\" and "..", found "."`,
      ],
    ],
    [
      "a limit in words",
      withStore({ limits: { contexts: "many" } }),
      ['config.json: metric-store.limits.contexts: expected a number, found "many"'],
    ],
    [
      "limits that do not fit",
      withStore({ limits: { "body-size-bytes": 65_536 } }),
      [
        "config.json: metric-store.limits: json-body-size-bytes: expected at most 65536 (body-size-bytes), found 16777216",
      ],
    ],
    // nats
    [
      "a password, which is not shown",
      withNats({ password: 12_345 }),
      ["config.json: nats.password: expected a password, found a number"],
    ],
    ["no NATS address", withNats({ address: 4222 }), ["config.json: nats.address: expected a NATS URL, found 4222"]],
    // long values
    [
      "a long value is cut",
      withMain({ addr: "x".repeat(1000) }),
      [`config.json: main.addr: ${addrExpected}, found "${"x".repeat(59)}…`],
    ],
  ])("%s", async (_about, files, problems) => {
    expect(await problemsOf(files)).toEqual(problems);
  });
});
