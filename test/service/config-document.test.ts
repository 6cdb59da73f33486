import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/service/config.ts";
import { type Files, load, minimal, problemsOf, withMain, withMetrics, withStore } from "./load-config.ts";

describe("a document is refused", () => {
  test.each<[string, Files, string[]]>([
    // the document
    ["an empty file", { "config.json": "" }, ["config.json: not JSON: the file is empty"]],
    [
      "a comma too many",
      { "config.json": '{\n  "main": {},\n}' },
      [
        "config.json: not JSON: invalid character '}' looking for beginning of object key string at line 3, column 1 (the comma before it is one too many)",
      ],
    ],
    [
      "a comment",
      { "config.json": "{\n  // hello\n}" },
      [
        "config.json: not JSON: invalid character '/' looking for beginning of object key string at line 2, column 3 (JSON has no comments)",
      ],
    ],
    ["text behind", { "config.json": "{} {}" }, ["config.json: not JSON: there is more text after the document"]],
    [
      "no object",
      { "config.json": [1] },
      ["config.json: expected an object with the sections main, metrics, metric-store, nats, clusters, found an array"],
    ],
    [
      "a file that cannot be read",
      { "config.json": new Error("EACCES: permission denied") },
      ["config.json: cannot be read: EACCES: permission denied"],
    ],
    [
      "a missing file",
      {},
      [
        "config.json: there is no such file; it is taken for an empty document",
        "config.json: main configuration must be present",
        "config.json: missing metrics configuration",
        "config.json: missing metricstore configuration",
      ],
    ],
    [
      "missing sections",
      { "config.json": { main: null } },
      [
        "config.json: main configuration must be present",
        "config.json: missing metrics configuration",
        "config.json: missing metricstore configuration",
      ],
    ],
    ["a section that is no object", withMain([]), ["config.json: main: expected an object, found an array"]],
    ["a section that is a word", withMetrics("x"), ['config.json: metrics: expected an object, found "x"']],
    // section files
    [
      "a section twice",
      { "config.json": { ...minimal, "main-file": "m" } },
      ['config.json: give either "main" or "main-file", not both'],
    ],
    [
      "a section file that is missing",
      { "config.json": { ...minimal, main: undefined, "main-file": "m.json" } },
      ['config.json: main-file: there is no file "m.json"'],
    ],
    [
      "a section file without a name",
      { "config.json": { ...minimal, main: undefined, "main-file": 1 } },
      ["config.json: main-file: expected a file name, found 1"],
    ],
    [
      "a section file that is no JSON",
      { "config.json": { ...minimal, main: undefined, "main-file": "m.json" }, "m.json": "{" },
      ["m.json: not JSON: unexpected EOF at line 1, column 2"],
    ],
    [
      "an error in a section file, its path begins there",
      {
        "config.json": { ...minimal, main: undefined, "main-file": "m.json" },
        "m.json": { debug: { gops: 1 }, adr: 1 },
      },
      ['m.json: unknown key "adr"; did you mean "addr"?', "m.json: debug.gops: expected true or false, found 1"],
    ],
    // keys
    [
      "a mistyped key",
      withStore({ "retention-in-memroy": "1h" }),
      ['config.json: metric-store: unknown key "retention-in-memroy"; did you mean "retention-in-memory"?'],
    ],
    [
      "all mistyped keys",
      withStore({ cleenup: {}, checkpoints: { format: 1, director: 1 } }),
      [
        'config.json: metric-store: unknown key "cleenup"; did you mean "cleanup"?',
        'config.json: metric-store.checkpoints: unknown key "format"; known: file-format, directory, max-wal-size, sync',
        'config.json: metric-store.checkpoints: unknown key "director"; did you mean "directory"?',
      ],
    ],
    ["a key in other case", withMain({ Addr: ":80" }), ['config.json: main: unknown key "Addr"; did you mean "addr"?']],
    [
      "a name that every object has",
      withMain({ toString: 1 }),
      [
        'config.json: main: unknown key "toString"; known: addr, https-cert-file, https-key-file, user, group, backend-url, jwt-public-key, debug',
      ],
    ],
    [
      "an unknown key of a subscription",
      withStore({ "nats-subscriptions": [{ "subscribe-to": "a" }, { "subscribe-to": "b", cluster: "c" }] }),
      ['config.json: metric-store.nats-subscriptions[1]: unknown key "cluster"; did you mean "cluster-tag"?'],
    ],
    [
      "an unknown limit",
      withStore({ limits: { "body-size": 1 } }),
      ['config.json: metric-store.limits: unknown key "body-size"; did you mean "body-size-bytes"?'],
    ],
  ])("%s", async (_about, files, problems) => {
    expect(await problemsOf(files)).toEqual(problems);
  });

  test("problems of all sections are told at once", async () => {
    const problems = await problemsOf({
      "config.json": { main: { addr: 1 }, metrics: { a: 1 }, "metric-store": {}, nats: { address: 1 } },
    });
    expect(problems.map((line) => line.split(": ")[1])).toEqual([
      "main.addr",
      "metrics.a",
      "metric-store.retention-in-memory",
      "metric-store.memory-cap",
      "nats.address",
    ]);
  });

  test("the error's text names the ignored section for which another is missing", async () => {
    const error: unknown = await load({ "config.json": { ...minimal, metrics: undefined, metrcs: {} } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toBe(
      'ConfigError: config.json: missing metrics configuration\nconfig.json: unknown section "metrcs" is ignored; did you mean "metrics"?',
    );
  });
});
