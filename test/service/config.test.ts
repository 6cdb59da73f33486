import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { workerCount } from "../../src/service/config.ts";
import { defaultLimits } from "../../src/library/limits.ts";
import { type Files, load, minimal, minimalStore, withMain, withMetrics, withNats, withStore } from "./load-config.ts";

const KEY = "iAbP22V3Aez+w1WnUhIKBs0D+/YZV8IJvT0c+3WRfyY=";
const HOUR_MS = 3_600_000;

describe("what is read", () => {
  test("the shortest configuration gets the documented defaults", async () => {
    expect(await load({ "config.json": minimal })).toEqual({
      main: {
        listen: { hostname: undefined, port: 80 },
        tls: undefined,
        user: undefined,
        group: undefined,
        backendUrl: undefined,
        jwtPublicKey: undefined,
        debug: { dumpToFile: undefined, gops: false },
      },
      metrics: { cpu_load: { frequency: 60, aggregation: "avg" } },
      metricStore: {
        retentionMs: 48 * HOUR_MS,
        memoryCapBytes: 100e9,
        numWorkers: 0,
        checkpointIntervalMs: 12 * HOUR_MS,
        checkpoints: {
          fileFormat: "wal",
          directory: "./var/checkpoints",
          maxWalSizeBytes: Infinity,
          sync: "commit",
        },
        cleanup: { mode: "delete", directory: undefined, isQueried: true },
        debug: { dumpToFile: undefined, gops: false },
        subscriptions: [],
        limits: defaultLimits,
      },
      nats: undefined,
      clusters: [],
      warnings: [],
    });
  });

  test("every key of the reference, and pegel's own", async () => {
    const loaded = await load({
      "config.json": {
        main: {
          addr: "[::1]:8443",
          "https-cert-file": "cert.pem",
          "https-key-file": "key.pem",
          user: "pegel",
          group: "hpc",
          "backend-url": "https://cc.example.org/",
          "jwt-public-key": KEY,
          debug: { "dump-to-file": "dump.json", gops: false },
        },
        metrics: {
          flops: { frequency: 10, aggregation: "sum" },
          clock: { frequency: 60, aggregation: null },
        },
        "metric-store": {
          "retention-in-memory": "1h30m",
          "memory-cap": 0,
          "num-workers": 4,
          "checkpoint-interval": "90s",
          checkpoints: { "file-format": "json", directory: "/var/cp", "max-wal-size": 1024, sync: "250ms" },
          cleanup: { mode: "archive", directory: "/var/archive", query: false },
          debug: { "dump-to-file": "", gops: false },
          "nats-subscriptions": [{ "subscribe-to": "hpc-nats", "cluster-tag": "fritz" }, { "subscribe-to": "other.*" }],
          limits: { "body-size-bytes": 20_000_000, "rejections-listed": 5 },
        },
        nats: { address: "nats://localhost:4222", username: "u", password: "p", "creds-file-path": "c" },
      },
    });
    expect(loaded.warnings).toEqual([]);
    expect(loaded.main).toEqual({
      listen: { hostname: "::1", port: 8443 },
      tls: { certFile: "cert.pem", keyFile: "key.pem" },
      user: "pegel",
      group: "hpc",
      backendUrl: "https://cc.example.org",
      jwtPublicKey: new Uint8Array(Buffer.from(KEY, "base64")),
      debug: { dumpToFile: "dump.json", gops: false },
    });
    expect(loaded.metrics).toEqual({
      flops: { frequency: 10, aggregation: "sum" },
      clock: { frequency: 60, aggregation: null },
    });
    expect(loaded.metricStore).toEqual({
      retentionMs: 1.5 * HOUR_MS,
      memoryCapBytes: Infinity,
      numWorkers: 4,
      checkpointIntervalMs: 90_000,
      checkpoints: { fileFormat: "json", directory: "/var/cp", maxWalSizeBytes: 1024, sync: { everyMs: 250 } },
      cleanup: { mode: "archive", directory: "/var/archive", isQueried: false },
      debug: { dumpToFile: undefined, gops: false },
      subscriptions: [
        { kind: "core", subject: "hpc-nats", cluster: "fritz" },
        { kind: "core", subject: "other.*", cluster: "" },
      ],
      limits: { ...defaultLimits, bodySizeBytes: 20_000_000, rejectionsListed: 5 },
    });
    expect(loaded.nats).toEqual({
      servers: ["nats://localhost:4222"],
      user: "u",
      password: "p",
      credsFile: "c",
    });
  });

  test("null and empty strings count as absent where a key is optional", async () => {
    const loaded = await load({
      "config.json": {
        main: { addr: "", "https-cert-file": "", "https-key-file": null, "jwt-public-key": "", debug: null },
        metrics: {},
        "metric-store": {
          ...minimalStore,
          "checkpoint-interval": "",
          checkpoints: { directory: "", "file-format": null, sync: "" },
          cleanup: null,
          "nats-subscriptions": null,
          limits: { contexts: null },
        },
        nats: null,
      },
    });
    const defaults = await load({ "config.json": { ...minimal, metrics: {} } });
    expect(loaded).toEqual(defaults);
  });

  test.each([
    [":8080", undefined, 8080],
    ["0.0.0.0:8080", "0.0.0.0", 8080],
    ["localhost:0", "localhost", 0],
    ["[::1]:65535", "::1", 65_535],
    ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
  ])("addr %s", async (addr, hostname, port) => {
    expect((await load(withMain({ addr }))).main.listen).toEqual({ hostname, port });
  });

  test("a key may be broken into lines, as base64 prints it", async () => {
    const lines = `${KEY.slice(0, 20)}\r\n${KEY.slice(20)}\n`;
    expect((await load(withMain({ "jwt-public-key": lines }))).main.jwtPublicKey).toHaveLength(32);
  });

  test("deleting needs no directory", async () => {
    const { metricStore } = await load(withStore({ cleanup: { mode: "delete" } }));
    expect(metricStore.cleanup).toEqual({ mode: "delete", directory: undefined, isQueried: true });
  });

  test("sections in files of their own, under the paths as given", async () => {
    const loaded = await load({
      "config.json": {
        "main-file": "./main.json",
        "metrics-file": "/etc/metrics.json",
        "metric-store": minimalStore,
        "nats-file": "nats.json",
      },
      "./main.json": { addr: ":9000" },
      "/etc/metrics.json": { temp: { frequency: 5, aggregation: null } },
      "nats.json": { address: "nats://x" },
    });
    expect(loaded.main.listen.port).toBe(9000);
    expect(Object.keys(loaded.metrics)).toEqual(["temp"]);
    expect(loaded.nats?.servers).toEqual(["nats://x"]);
    expect(loaded.warnings).toEqual([]);
  });

  test("the configurations of all golden cases, without a warning", async () => {
    let count = 0;
    for (const directory of ["../golden/api/", "../golden/files/cases/"]) {
      const url = new URL(directory, import.meta.url);
      for (const name of readdirSync(url)) {
        const { config }: { config: Files } = JSON.parse(readFileSync(new URL(name, url), "utf8"));
        expect((await load({ "config.json": config })).warnings, name).toEqual([]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(50);
  });
});

describe("what is accepted with a warning", () => {
  test.each<[string, Files, string]>([
    [
      "an unknown section",
      { "config.json": { ...minimal, archive: {} } },
      'config.json: unknown section "archive" is ignored',
    ],
    [
      "a section file with a hyphen, which the reference does not know either",
      { "config.json": { ...minimal, "metric-store-file": "x" } },
      'config.json: unknown section "metric-store-file" is ignored; did you mean "metric-store"?',
    ],
    [
      "an unknown key of nats, as in the reference",
      withNats({ adress: "nats://x" }),
      'config.json: nats: unknown key "adress"; did you mean "address"?',
    ],
    [
      "subscriptions without a server",
      withStore({ "nats-subscriptions": [{ "subscribe-to": "a" }] }),
      "config.json: metric-store.nats-subscriptions: nothing is subscribed, since nats.address is not set",
    ],
    ["gops", withMain({ debug: { gops: true } }), "config.json: debug.gops has no effect: there is no Go runtime here"],
  ])("%s", async (_about, files, warning) => {
    expect((await load(files)).warnings).toEqual([warning]);
  });

  test("an unknown aggregation counts as null", async () => {
    const { metrics, warnings } = await load(withMetrics({ a: { frequency: 1, aggregation: "mean" } }));
    expect(metrics["a"]?.aggregation).toBeNull();
    expect(warnings).toEqual([
      'config.json: metrics.a.aggregation: expected "sum" or "avg", found "mean"; it is taken for null',
    ]);
  });

  test("an unknown file format counts as json", async () => {
    const { metricStore, warnings } = await load(withStore({ checkpoints: { "file-format": "avro" } }));
    expect(metricStore.checkpoints.fileFormat).toBe("json");
    expect(warnings).toEqual([
      'config.json: metric-store.checkpoints.file-format: expected "wal" or "json", found "avro"; it is taken for "json"',
    ]);
  });
});

test.each([
  [0, 1, 1],
  [0, 2, 2],
  [0, 8, 5],
  [0, 9, 5],
  [0, 64, 10],
  [3, 64, 3],
  [20, 64, 20],
])("num-workers %d on %d cores: %d", (configured, cores, workers) => {
  expect(workerCount(configured, cores)).toBe(workers);
});
