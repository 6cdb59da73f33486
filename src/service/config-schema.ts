// The configuration's sections: the single source of their keys, types, defaults and error texts. Keys are those of
// cc-metric-store 1.5; pegel's own are `metric-store.limits`, `metric-store.checkpoints.sync` and
// `metric-store.cleanup.query`. NATS has config-nats.ts.
//
// Each schema reads the JSON (kebab-case) and gives the configuration in domain terms: camelCase, units in the names,
// defaults filled in, "absent" as `undefined`.

import * as v from "valibot";
import {
  duration,
  expected,
  lenientWord,
  optionalDuration,
  optionalParsed,
  optionalSwitch,
  optionalText,
  parseEd25519PublicKey,
  parseHttpUrl,
  parseListenAddress,
  parseSync,
  section,
  wholeNumber,
} from "./config-values.ts";
import { subscriptionsSchema } from "./config-nats.ts";
import { checkLimits, defaultLimits, limitKey } from "../library/limits.ts";

/** `host:port` when `addr` is absent: Go's net/http listens on port 80 of all interfaces. */
const DEFAULT_ADDRESS = ":80";
const DEFAULT_CHECKPOINT_INTERVAL_MS = 12 * 3_600_000;
const DEFAULT_CHECKPOINT_DIRECTORY = "./var/checkpoints";
const BYTES_PER_GB = 1e9;

const debug = v.nullish(
  section({
    "dump-to-file": v.pipe(optionalText("a file name"), v.description("file to dump checkpoint data to")),
    gops: v.pipe(optionalSwitch(), v.description("the Go agent of the reference; has no effect")),
  }),
);

const toDebug = (given: v.InferOutput<typeof debug>) => ({
  dumpToFile: given?.["dump-to-file"],
  gops: given?.gops ?? false,
});

export const mainSchema = v.pipe(
  section({
    addr: v.pipe(
      optionalParsed('host:port such as ":8080"', parseListenAddress),
      v.description('where to listen, host:port such as ":8080"; default port 80 on all interfaces'),
    ),
    "https-cert-file": v.pipe(optionalText("a file name"), v.description("PEM file with the TLS certificate chain")),
    "https-key-file": v.pipe(optionalText("a file name"), v.description("PEM file with the TLS private key")),
    user: v.pipe(optionalText("a user name"), v.description("user to become once the port is bound")),
    group: v.pipe(optionalText("a group name"), v.description("group to become once the port is bound")),
    "backend-url": v.pipe(
      optionalParsed('a URL such as "https://monitoring.example.org"', parseHttpUrl),
      v.description("cc-backend, which is asked what nodes run jobs: their data is kept beyond the retention"),
    ),
    "jwt-public-key": v.pipe(
      optionalParsed("base64 of a raw 32-byte Ed25519 public key", parseEd25519PublicKey),
      v.description("base64 of the raw 32-byte Ed25519 key that signs tokens; without it no request needs a token"),
    ),
    debug,
  }),
  v.check(
    (main) => (main["https-cert-file"] === undefined) === (main["https-key-file"] === undefined),
    "https-cert-file and https-key-file must be given together",
  ),
  v.transform((main) => ({
    listen: main.addr ?? parseListenAddress(DEFAULT_ADDRESS),
    tls: toTls(main["https-cert-file"], main["https-key-file"]),
    user: main.user,
    group: main.group,
    backendUrl: main["backend-url"],
    jwtPublicKey: main["jwt-public-key"],
    debug: toDebug(main.debug),
  })),
);
export type MainConfig = v.InferOutput<typeof mainSchema>;

function toTls(certFile: string | undefined, keyFile: string | undefined) {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

export const metricsSchema = v.record(
  v.string(),
  section({
    frequency: v.pipe(
      wholeNumber(1, "a positive whole number of seconds"),
      v.description("seconds between two samples, such as 60"),
    ),
    aggregation: v.pipe(
      v.nullable(lenientWord(["sum", "avg"], null)),
      v.description('how values combine into a coarser level: "sum", "avg" or null'),
    ),
  }),
  expected("an object of metrics"),
);

const checkpoints = v.nullish(
  section({
    "file-format": v.pipe(
      v.nullish(lenientWord(["wal", "json"], "json")),
      v.description('"wal" (binary snapshots and a write-ahead log, the default) or "json"'),
    ),
    directory: v.pipe(optionalText("a directory"), v.description("where checkpoints are; default ./var/checkpoints")),
    "max-wal-size": v.pipe(
      v.nullish(wholeNumber(0, "a whole number of bytes, 0 or more")),
      v.description("bytes of one host's WAL that force a checkpoint; default 0 = unlimited"),
    ),
    sync: v.pipe(
      optionalParsed('"commit" or a Go duration', parseSync),
      v.description('when the WAL is flushed to disk: "commit" (before each reply, the default) or an interval'),
    ),
  }),
);

const cleanup = v.nullish(
  v.pipe(
    section({
      mode: v.pipe(
        v.nullish(v.picklist(["delete", "archive"], expected('"delete" or "archive"'))),
        v.description('"delete" (default) or "archive" checkpoint files older than the retention'),
      ),
      directory: v.pipe(optionalText("a directory"), v.description("where the archive is written")),
      query: v.pipe(
        v.nullish(v.boolean(expected("true or false"))),
        v.description("whether queries reach into the archive and old checkpoint files; default true"),
      ),
    }),
    v.check(
      ({ mode, directory }) => mode !== "archive" || directory !== undefined,
      'directory is required with mode "archive"',
    ),
  ),
);

const limits = v.nullish(
  v.pipe(
    section(
      Object.fromEntries(
        Object.keys(defaultLimits).map((field) => [
          limitKey(field),
          v.pipe(v.nullish(v.number(expected("a number"))), v.description(`see limits.ts, ${field}`)),
        ]),
      ),
    ),
    v.transform((given) => ({ ...defaultLimits, ...toLimitFields(given) })),
    v.rawCheck(({ dataset, addIssue }) => {
      if (dataset.typed) for (const message of checkLimits(dataset.value)) addIssue({ message });
    }),
  ),
);

function toLimitFields(given: Readonly<Record<string, number | null | undefined>>): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const field of Object.keys(defaultLimits)) {
    const value = given[limitKey(field)];
    if (typeof value === "number") fields[field] = value;
  }
  return fields;
}

export const metricStoreSchema = v.pipe(
  section({
    "retention-in-memory": v.pipe(duration("48h"), v.description('how long samples stay in memory, such as "48h"')),
    "memory-cap": v.pipe(
      v.number(expected("a number of GB, 0 or more")),
      v.minValue(0, expected("a number of GB, 0 or more")),
      v.description("GB of memory above which old samples are freed; 0 = no cap"),
    ),
    "num-workers": v.pipe(
      v.nullish(wholeNumber(0, "a whole number, 0 or more")),
      v.description("hosts that are checkpointed at once; default 0 = min(cores / 2 + 1, 10)"),
    ),
    "checkpoint-interval": v.pipe(optionalDuration("12h"), v.description('time between checkpoints, default "12h"')),
    checkpoints,
    cleanup,
    debug,
    "nats-subscriptions": subscriptionsSchema,
    limits,
  }),
  v.transform((store) => ({
    retentionMs: store["retention-in-memory"],
    /** `Infinity` = no cap. */
    memoryCapBytes: orUnlimited(store["memory-cap"] * BYTES_PER_GB),
    /** 0 = to be chosen by the number of cores. */
    numWorkers: store["num-workers"] ?? 0,
    checkpointIntervalMs: store["checkpoint-interval"] ?? DEFAULT_CHECKPOINT_INTERVAL_MS,
    checkpoints: {
      fileFormat: store.checkpoints?.["file-format"] ?? "wal",
      directory: store.checkpoints?.directory ?? DEFAULT_CHECKPOINT_DIRECTORY,
      /** `Infinity` = unlimited. */
      maxWalSizeBytes: orUnlimited(store.checkpoints?.["max-wal-size"] ?? 0),
      sync: store.checkpoints?.sync ?? "commit",
    },
    cleanup: {
      mode: store.cleanup?.mode ?? "delete",
      directory: store.cleanup?.directory,
      /** Whether queries reach into the archive and old checkpoint files. */
      isQueried: store.cleanup?.query ?? true,
    },
    debug: toDebug(store.debug),
    subscriptions: store["nats-subscriptions"] ?? [],
    limits: store.limits ?? defaultLimits,
  })),
);
export type MetricStoreConfig = v.InferOutput<typeof metricStoreSchema>;

const orUnlimited = (value: number): number => (value === 0 ? Infinity : value);
