// A body comes in pieces, cut anywhere: what becomes of its lines must not depend on where.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MetricStore } from "../../src/core/store.ts";
import { Ingest } from "../../src/ingest/ingest.ts";
import type { IngestReport } from "../../src/ingest/report.ts";
import { T0 } from "../support/bad-input.ts";

const LINE_LIMIT = 4096;
const METRICS = { cpu_load: { frequency: 60, aggregation: "avg" } } as const;

const good = (host: string, value: number, timestamp = T0): string =>
  `cpu_load,hostname=${host} value=${value} ${timestamp}`;

/** Every kind of line that has an end of its own, or none. */
const ODD_LINES = [
  good("a", 1),
  good("a", 2, T0 + 60),
  `${good("b", 3)}\r`,
  "",
  "\r",
  "   ",
  '# a comment, with a "quote',
  `cpu_load,hostname=\u00e4\ud83d\ude00 value=4 ${T0}`,
  `cpu_load,hostname=c\\ d value=5 ${T0}`,
  `cpu_load,hostname=e value="two\nlines" ${T0}`,
  `cpu_load,hostname=e value="escaped \\" quote\n\n" ${T0}`,
  `events,hostname=f text="cpu_load,hostname=g value=1\n" ${T0}`,
  `events,hostname=f text="${"long\n".repeat(20)}"`,
  `cpu_load,hostname=h,pad=${"p".repeat(LINE_LIMIT)} value=6 ${T0}`,
  `cpu_load,hostname=i value=NaN ${T0}`,
  `cpu_load,hostname=j value=1e300 ${T0}`,
  `cpu_load,hostname=k value=7 ${T0}000`,
  "cpu_load",
  "=",
  good("l", 8.25),
];

/** Lines that would swallow what stands behind them. */
const OPEN_LINES = [
  `cpu_load,hostname=m value="open`,
  `events,hostname=n text="open`,
  `cpu_load,hostname=o value="${"open\n".repeat(1000)}`,
];

interface Result {
  readonly report: IngestReport;
  readonly values: Record<string, unknown>;
}

/** What becomes of a body cut at these offsets; the store is a new one. */
async function storePieces(body: Uint8Array, cuts: readonly number[]): Promise<Result> {
  const store = new MetricStore({ metrics: METRICS });
  const limits = {
    nameLengthBytes: 255,
    lineLengthBytes: LINE_LIMIT,
    rejectionsListed: 100,
    contexts: 64,
    ignoredKeys: 100,
  };
  const ingest = new Ingest({ store, limits, retentionSeconds: 1e9, now: () => T0 });
  const batch = ingest.begin("alex");
  const offsets = [0, ...cuts.toSorted((a, b) => a - b), body.length];
  for (let i = 1; i < offsets.length; i++) batch.add(body.subarray(offsets[i - 1], offsets[i]));
  const report = await batch.finish();
  const read = (path: string[]): unknown => [...store.read(path, "cpu_load", T0 - 600, T0 + 600).values];
  return { report, values: Object.fromEntries(store.paths(2).map((path) => [path.join("/"), read(path)])) };
}

test("a batch of odd lines, cut in two at every byte, gives the same report and the same values", async () => {
  const body = Buffer.from(`${ODD_LINES.join("\n")}\n${OPEN_LINES[0]}\n${good("z", 9)}`);
  const whole = await storePieces(body, []);
  expect(whole.report).toMatchObject({ stored: 8, ignored: 3, dropped: 1, rejected: 6 });
  expect(whole.values).toMatchObject({ "alex/a": [1, 2], "alex/z": [9], "alex/\u00e4\ud83d\ude00": [4] });
  // Within the padding one place is like another.
  const [padStart, padEnd] = [body.indexOf("pppp") + 4, body.lastIndexOf("pppp")];
  for (let at = 0; at <= body.length; at += at > padStart && at < padEnd - 97 ? 97 : 1) {
    expect({ at, ...(await storePieces(body, [at])) }).toEqual({ at, ...whole });
  }
});

test("a batch of odd lines that comes byte by byte gives the same report and the same values", async () => {
  const body = Buffer.from([...ODD_LINES, ...OPEN_LINES, ...ODD_LINES].join("\n"));
  const everywhere = Array.from({ length: body.length }, (_, i) => i);
  expect(await storePieces(body, everywhere)).toEqual(await storePieces(body, []));
});

test("any lines in any order, cut anywhere, give the same report and the same values", async () => {
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...ODD_LINES) },
    { weight: 1, arbitrary: fc.constantFrom(...OPEN_LINES) },
  );
  const cutBody = fc
    .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom("", "\n", "\r\n"))
    .map(([lines, end]) => Buffer.from(lines.join("\n") + end))
    .chain((body) => fc.tuple(fc.constant(body), fc.array(fc.nat(body.length), { maxLength: 20 })));
  await fc.assert(
    fc.asyncProperty(cutBody, async ([body, cuts]) => {
      expect(await storePieces(body, cuts)).toEqual(await storePieces(body, []));
    }),
    { numRuns: 200 },
  );
});
