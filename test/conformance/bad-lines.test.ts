// Lines that cannot be stored: each is named with its number and what was expected, and costs no other line.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf, errorOf, expectHealthy, ingestStatus, lineOf, newHost, T0, valuesOf } from "../support/bad-input.ts";
import { withLimits } from "../support/bad-input.ts";
import { startStore, type RunningStore } from "../support/store-process.ts";

let store: RunningStore;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const HEAD = "cpu_load,cluster=alex,hostname=bad";
const NUL = "\0";
const NOT_UTF8 = Uint8Array.of(0x61, 0xff, 0xfe);

/** What is wrong → the line's bytes → what the rejection says. */
const badLines: readonly (readonly [string, string | Buffer, string | RegExp])[] = [
  [
    "a NUL byte in a host name",
    `${HEAD}${NUL}x value=1 ${T0}`,
    "at line 2:35: expected tag key or field but found '\\x00' instead",
  ],
  [
    "a NUL byte in a measurement",
    `cpu_load${NUL} value=1 ${T0}`,
    "at line 2:9: expected tag key or field but found '\\x00' instead",
  ],
  ["a NUL byte in a value", `${HEAD} value=1${NUL} ${T0}`, /^at line 2:42: .*"value": invalid float value syntax/],
  [
    "invalid UTF-8 in a host name",
    bytesOf(HEAD, NOT_UTF8, ` value=1 ${T0}`),
    'at line 2:32: invalid utf-8 sequence in token "bada\\xff\\xfe"',
  ],
  [
    "invalid UTF-8 in the cluster name",
    bytesOf("cpu_load,cluster=", NOT_UTF8, `,hostname=bad value=1 ${T0}`),
    'at line 2:18: invalid utf-8 sequence in token "a\\xff\\xfe"',
  ],
  [
    "invalid UTF-8 in a tag key",
    bytesOf(`${HEAD},`, NOT_UTF8, `=1 value=1 ${T0}`),
    'at line 2:36: invalid utf-8 sequence in token "a\\xff\\xfe"',
  ],
  [
    "invalid UTF-8 in a tag that means nothing",
    bytesOf(`${HEAD},rack=`, NOT_UTF8, ` value=1 ${T0}`),
    'at line 2:41: invalid utf-8 sequence in token "a\\xff\\xfe"',
  ],
  [
    "invalid UTF-8 in the measurement",
    bytesOf("cpu", NOT_UTF8, `,cluster=alex,hostname=bad value=1 ${T0}`),
    'at line 2:1: invalid utf-8 sequence in token "cpua\\xff\\xfe"',
  ],
  ["NaN as value", `${HEAD} value=NaN ${T0}`, 'at line 2:42: value for field "value" ("NaN") has unrecognized type'],
  ["Inf as value", `${HEAD} value=Inf ${T0}`, 'at line 2:42: value for field "value" ("Inf") has unrecognized type'],
  [
    "-Inf as value",
    `${HEAD} value=-Inf ${T0}`,
    'at line 2:42: cannot parse value for field key "value": invalid float value syntax',
  ],
  [
    "a hexadecimal value",
    `${HEAD} value=0x10 ${T0}`,
    'at line 2:42: cannot parse value for field key "value": invalid float value syntax',
  ],
  [
    "a value with a plus sign",
    `${HEAD} value=+1 ${T0}`,
    'at line 2:42: value for field "value" ("+1") has unrecognized type',
  ],
  [
    "an exponent beyond float64",
    `${HEAD} value=1e999 ${T0}`,
    'at line 2:42: cannot parse value for field key "value": line-protocol value out of range',
  ],
  [
    "an exponent of 10,000 digits",
    `${HEAD} value=1e${"9".repeat(10_000)} ${T0}`,
    'at line 2:42: cannot parse value for field key "value": line-protocol value out of range',
  ],
  [
    "an exponent without digits",
    `${HEAD} value=1e ${T0}`,
    'at line 2:42: cannot parse value for field key "value": invalid float value syntax',
  ],
  [
    "an integer beyond int64",
    `${HEAD} value=9223372036854775808i ${T0}`,
    'at line 2:42: cannot parse value for field key "value": line-protocol value out of range',
  ],
  [
    "a negative unsigned integer",
    `${HEAD} value=-1u ${T0}`,
    'at line 2:42: cannot parse value for field key "value": invalid unsigned integer value syntax',
  ],
  [
    "a string as value",
    `${HEAD} value="1.5" ${T0}`,
    "at line 2:42: host bad: unsupported value type in message: string",
  ],
  ["a boolean as value", `${HEAD} value=true ${T0}`, "at line 2:42: host bad: unsupported value type in message: bool"],
  ["no value", `${HEAD} value= ${T0}`, 'at line 2:42: missing field value for field "value"'],
  ["no field at all", HEAD, "at line 2:35: expected field key but none found"],
  ["another field", `${HEAD} load=1 ${T0}`, "at line 2:36: host bad: unknown field: 'load'"],
  [
    "a timestamp beyond int64",
    `${HEAD} value=1 9223372036854775808`,
    'at line 2:44: timestamp out of range ("9223372036854775808")',
  ],
  [
    "a timestamp in the year 292 billion, in ns",
    `${HEAD} value=1 9223372036854775807000000000`,
    /^at line 2:44: timestamp out of range/,
  ],
  ["letters as timestamp", `${HEAD} value=1 abc`, 'at line 2:44: invalid timestamp ("abc")'],
  ["a fraction as timestamp", `${HEAD} value=1 1.5`, 'at line 2:44: invalid timestamp ("1.5")'],
  ["an exponent as timestamp", `${HEAD} value=1 1e9`, 'at line 2:44: invalid timestamp ("1e9")'],
  ["text behind the timestamp", `${HEAD} value=1 ${T0} 5`, 'at line 2:55: unexpected text after timestamp ("5")'],
  [
    "a slash in a host name",
    `${HEAD}/x value=1 ${T0}`,
    'at line 2: hostname "bad/x": expected a name without "/", "\\" and "..", other than "."',
  ],
  [
    "a backslash in a host name",
    `${HEAD}\\x value=1 ${T0}`,
    'at line 2: hostname "bad\\\\x": expected a name without "/", "\\" and "..", other than "."',
  ],
  [
    "two dots in a host name",
    `${HEAD}.. value=1 ${T0}`,
    'at line 2: hostname "bad..": expected a name without "/", "\\" and "..", other than "."',
  ],
  [
    "a path out of the directory as cluster",
    `cpu_load,cluster=../../etc,hostname=bad value=1 ${T0}`,
    'at line 2: cluster "../../etc": expected a name without "/", "\\" and "..", other than "."',
  ],
  [
    "a dot as host name",
    `cpu_load,cluster=alex,hostname=. value=1 ${T0}`,
    'at line 2: hostname ".": expected a name without "/", "\\" and "..", other than "."',
  ],
  [
    "a dot as cluster name",
    `cpu_load,cluster=.,hostname=bad value=1 ${T0}`,
    'at line 2: cluster ".": expected a name without "/", "\\" and "..", other than "."',
  ],
  [
    "an empty host name",
    `cpu_load,cluster=alex,hostname= value=1 ${T0}`,
    'at line 2:32: expected tag value after tag key "hostname", but none found',
  ],
  [
    "an empty cluster name",
    `cpu_load,cluster=,hostname=bad value=1 ${T0}`,
    'at line 2:18: expected tag value after tag key "cluster", but none found',
  ],
  ["an empty tag key", `${HEAD},=1 value=1 ${T0}`, "at line 2:36: empty tag key"],
  ["no host", `cpu_load,cluster=alex value=1 ${T0}`, "at line 2: no host: expected a tag hostname=…"],
  [
    "no cluster",
    `cpu_load,hostname=bad value=1 ${T0}`,
    "at line 2: no cluster: expected a tag cluster=… or a default cluster",
  ],
  [
    "a host name of 256 bytes",
    `cpu_load,cluster=alex,hostname=${"h".repeat(256)} value=1 ${T0}`,
    `at line 2: name longer than 255 bytes: "${"h".repeat(40)}…"`,
  ],
  [
    "a host name of 128 letters of two bytes",
    `cpu_load,cluster=alex,hostname=${"ä".repeat(128)} value=1 ${T0}`,
    `at line 2: name longer than 255 bytes: "${"ä".repeat(40)}…"`,
  ],
  [
    "type and id of 256 bytes together",
    `${HEAD},type=socket,type-id=${"1".repeat(250)} value=1 ${T0}`,
    /^at line 2: name longer than 255 bytes: "socket1/,
  ],
  [
    "a subtype of 256 bytes",
    `${HEAD},type=socket,type-id=0,stype=${"m".repeat(256)} value=1 ${T0}`,
    /^at line 2: name longer than 255 bytes: "mmm/,
  ],
  [
    "a line of one byte more than the limit",
    paddedLine("bad", 65_537),
    "at line 2: longer than 65536 bytes (limit line-length-bytes)",
  ],
  ["a line of 1 MB", paddedLine("bad", 1 << 20), "at line 2: longer than 65536 bytes (limit line-length-bytes)"],
  [
    "a line of 3 MB without any structure",
    "x".repeat(3 << 20),
    "at line 2: longer than 65536 bytes (limit line-length-bytes)",
  ],
  [
    "10,000 tags in 100 kB",
    `${HEAD}${manyTags(10_000, "tag-key")} value=1 ${T0}`,
    "at line 2: longer than 65536 bytes (limit line-length-bytes)",
  ],
  [
    "a quote that never closes",
    `${HEAD} value="1 ${T0}`,
    "at line 2:42: expected closing quote for string field value, found end of input",
  ],
];

function paddedLine(host: string, sizeBytes: number): string {
  const [head, rest] = [`cpu_load,cluster=alex,hostname=${host},pad=`, ` value=5 ${T0}`];
  return head + "p".repeat(sizeBytes - head.length - rest.length) + rest;
}

function manyTags(count: number, key: string): string {
  return Array.from({ length: count }, (_, i) => `,${key}=${i % 10}`).join("");
}

describe("one bad line between two good ones costs only itself:", () => {
  test.each(badLines)("%s", async (_, badLine, reason) => {
    const [before, after] = [newHost(), newHost()];
    const body = bytesOf(lineOf(before, 1), "\n", badLine, "\n", lineOf(after, 2), "\n");
    const answer = errorOf(await store.request("POST", "/api/write", body), 400);
    const text = typeof reason === "string" ? reason : (expect.stringMatching(reason) as string);
    expect(answer).toEqual({
      status: "Bad Request",
      error: text,
      stored: 2,
      ignored: 0,
      rejected: 1,
      lines: [{ line: 2, reason: text }],
    });
    expect([await valuesOf(store, before), await valuesOf(store, after)]).toEqual([[1], [2]]);
    expect(await valuesOf(store, "bad")).toBeUndefined();
    await expectHealthy(store);
  });
});

/** What is odd → the line for a host → the time at which its value 5 is read. */
const oddLines: readonly (readonly [string, (host: string) => string, number])[] = [
  ["timestamp 0", (host) => lineOf(host, 5, 0), 0],
  ["a timestamp before 1970", (host) => lineOf(host, 5, -600), -600],
  ["the last second of int64 nanoseconds", (host) => lineOf(host, 5, 9_223_372_036), 9_223_372_036],
  [
    "digits of the year 292 billion, which are nanoseconds",
    (host) => `cpu_load,cluster=alex,hostname=${host} value=5 9223372036854775807`,
    9_223_372_036,
  ],
  ["milliseconds", (host) => lineOf(host, 5, T0 * 1000), T0],
  ["a line of exactly the limit", (host) => paddedLine(host, 65_536), T0],
  [
    "10,000 tags in 40 kB",
    (host) => `cpu_load,cluster=alex,hostname=${host}${manyTags(10_000, "t")} value=5 ${T0}`,
    T0,
  ],
  ["leading and trailing spaces", (host) => `   ${lineOf(host, 5)}   `, T0],
  ["a line that ends with \\r\\n", (host) => `${lineOf(host, 5)}\r`, T0],
  [
    "a value of 10,000 digits",
    (host) => `cpu_load,cluster=alex,hostname=${host} value=5.${"0".repeat(10_000)} ${T0}`,
    T0,
  ],
  [
    "an exponent of 10,000 digits",
    (host) => `cpu_load,cluster=alex,hostname=${host} value=5e${"0".repeat(10_000)} ${T0}`,
    T0,
  ],
];

describe("odd lines that are stored:", () => {
  test.each(oddLines)("%s", async (_, lineFor, timestamp) => {
    const [before, odd, after] = [newHost(), newHost(), newHost()];
    const body = [lineOf(before, 1), lineFor(odd), lineOf(after, 2)].join("\n");
    expect(await store.request("POST", "/api/write", body)).toMatchObject({ status: 200, body: "" });
    expect(await valuesOf(store, odd, timestamp)).toEqual([5]);
    expect([await valuesOf(store, before), await valuesOf(store, after)]).toEqual([[1], [2]]);
    await expectHealthy(store);
  });

  test("a host name of 255 bytes", async () => {
    const host = "h".repeat(255);
    expect(await store.request("POST", "/api/write", lineOf(host, 5))).toMatchObject({ status: 200 });
    expect(await valuesOf(store, host)).toEqual([5]);
  });

  test("a sample centuries ahead does not keep later ones out", async () => {
    const host = newHost();
    const body = [lineOf(host, 1, 9_223_372_000), lineOf(host, 2), lineOf(host, 3, T0 + 60)].join("\n");
    expect(await store.request("POST", "/api/write", body)).toMatchObject({ status: 200 });
    expect(await valuesOf(store, host, T0, T0 + 120)).toEqual([2, 3]);
  });

  test("a value beyond float32 is counted as dropped, and costs no other line", async () => {
    const [host, after] = [newHost(), newHost()];
    const before = await ingestStatus(store);
    const body = [lineOf(host, 1e300), lineOf(host, -1e39), lineOf(after, 2)].join("\n").replaceAll("+", "");
    expect(await store.request("POST", "/api/write", body)).toMatchObject({ status: 200, body: "" });
    expect((await ingestStatus(store)).samplesDropped).toBe(before.samplesDropped + 2);
    expect([await valuesOf(store, host), await valuesOf(store, after)]).toEqual([undefined, [2]]);
  });
});

describe("quotes", () => {
  test("a quoted value with newlines inside is one line, and the numbers of the lines behind it are right", async () => {
    const after = newHost();
    const quoted = `${HEAD} value="a\nb ${lineOf("inside", 1)}\nc" ${T0}`;
    const body = [quoted, `${HEAD} value=x ${T0}`, lineOf(after, 2)].join("\n");
    const answer = errorOf(await store.request("POST", "/api/write", body), 400);
    expect(answer.lines).toEqual([
      { line: 1, reason: "at line 1:42: host bad: unsupported value type in message: string" },
      { line: 4, reason: expect.stringContaining("at line 4:42: ") as string },
    ]);
    expect([await valuesOf(store, "inside"), await valuesOf(store, after)]).toEqual([undefined, [2]]);
    await expectHealthy(store);
  });

  test("an open quote in an unknown metric takes what follows with it, and the next batch is well", async () => {
    const [before, after] = [newHost(), newHost()];
    const body = [lineOf(before, 1), `events,hostname=x text="never closed`, lineOf(after, 2)].join("\n");
    expect(await store.request("POST", "/api/write", body)).toMatchObject({ status: 200 });
    expect([await valuesOf(store, before), await valuesOf(store, after)]).toEqual([[1], undefined]);
    await expectHealthy(store);
  });

  test("an open quote with more than a line's limit behind it costs one line", async () => {
    const hosts = Array.from({ length: 2000 }, newHost);
    const body = [`${HEAD} value="open ${T0}`, ...hosts.map((host) => lineOf(host, 3))].join("\n");
    const answer = errorOf(await store.request("POST", "/api/write", body), 400);
    expect(answer).toMatchObject({ stored: 2000, rejected: 1, lines: [{ line: 1 }] });
    expect([await valuesOf(store, hosts[0]), await valuesOf(store, hosts[1999])]).toEqual([[3], [3]]);
    await expectHealthy(store);
  });
});

describe("many bad lines", () => {
  test("the first 20 are described with their numbers, all are counted", async () => {
    const host = newHost();
    const before = await ingestStatus(store);
    const body = [...Array.from({ length: 5000 }, (_, i) => `${HEAD} value=x${i} ${T0}`), lineOf(host, 9)].join("\n");
    const answer = errorOf(await store.request("POST", "/api/write", body), 400);
    expect(answer).toMatchObject({ stored: 1, rejected: 5000 });
    expect(answer.lines?.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect((await ingestStatus(store)).linesRejected["syntax"]).toBe((before.linesRejected["syntax"] ?? 0) + 5000);
    expect(await valuesOf(store, host)).toEqual([9]);
  });
});

describe("limits", () => {
  test("a sample older than the retention is rejected with both times, wherever it stands in its series", async () => {
    const young = await startStore({ "metric-store": { "retention-in-memory": "48h" } });
    try {
      const now = Math.floor(Date.now() / 60_000) * 60;
      const [old, host] = [now - 49 * 3600, newHost()];
      const body = [
        lineOf(host, 1, now),
        lineOf(host, 2, old),
        lineOf(host, 3, 0),
        lineOf(host, 4, -1),
        lineOf(host, 5, now + 60),
      ];
      const answer = errorOf(await young.request("POST", "/api/write", body.join("\n")), 400);
      expect(answer).toMatchObject({ stored: 2, rejected: 3 });
      expect(answer.lines?.map(({ line }) => line)).toEqual([2, 3, 4]);
      const reason = answer.lines?.[0]?.reason ?? "";
      expect(reason).toMatch(
        new RegExp(`^at line 2: timestamp ${old} is older than the retention \\(oldest: \\d+\\)$`),
      );
      expect(await valuesOf(young, host, now, now + 120)).toEqual([1, 5]);
      expect((await ingestStatus(young)).linesRejected["too-old"]).toBe(3);
    } finally {
      await young.stop();
    }
  });

  test("new series beyond the limit are rejected and counted; those that exist are still written", async () => {
    const full = await startStore(withLimits({ "series-count": 2 }));
    try {
      await full.request("POST", "/api/write", [lineOf("a", 1), lineOf("b", 2)].join("\n"));
      const body = [lineOf("a", 3, T0 + 60), lineOf("c", 4), lineOf("b", 5, T0 + 60), lineOf("d", 6)].join("\n");
      const answer = errorOf(await full.request("POST", "/api/write", body), 400);
      const reason = "no new series: the store is full (limit series-count, 2 series)";
      expect(answer).toMatchObject({
        stored: 2,
        rejected: 2,
        lines: [
          { line: 2, reason: `at line 2: ${reason}` },
          { line: 4, reason: `at line 4: ${reason}` },
        ],
      });
      expect(await valuesOf(full, "a", T0, T0 + 120)).toEqual([1, 3]);
      expect(await valuesOf(full, "b", T0, T0 + 120)).toEqual([2, 5]);
      expect(await valuesOf(full, "c")).toBeUndefined();
      expect((await ingestStatus(full)).linesRejected["series-limit"]).toBe(2);
    } finally {
      await full.stop();
    }
  });
});
