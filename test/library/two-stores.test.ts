// Two stores in one process know nothing of each other.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore, type Store } from "../../src/index.ts";
import { createHttpApi } from "../../src/http.ts";

const T0 = 1_700_000_000;
const FOREVER_MS = 1e13;

let directory: string;
let fast: Store;
let slow: Store;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "pegel-two-"));
  fast = await openStore({
    metrics: { load: { frequency: 1, aggregation: "sum" }, only_fast: { frequency: 1, aggregation: null } },
    directory: join(directory, "fast"),
    retentionMs: FOREVER_MS,
  });
  slow = await openSlow();
});
afterEach(async () => {
  await Promise.all([fast.close(), slow.close()]);
  rmSync(directory, { recursive: true, force: true });
});

function openSlow(): Promise<Store> {
  return openStore({
    metrics: { other: { frequency: 5, aggregation: "sum" }, load: { frequency: 60, aggregation: "avg" } },
    directory: join(directory, "slow"),
    retentionMs: FOREVER_MS,
    format: "json",
    limits: { rejectionsListed: 1 },
  });
}

const linesOf = (value: number): string =>
  ["h1", "h2"].map((host) => `load,cluster=c,hostname=${host} value=${value} ${T0}\n`).join("");

const sumOf = async (store: Store): Promise<number | undefined> =>
  (await store.read(["c"], "load", T0 - 60, T0 + 60)).values.find((value) => !Number.isNaN(value));

test("the same lines, written at the same time, are read by each store in its own way", async () => {
  // Line heads that both kernels learn, in turns, so that a shared table of them would mix the series up.
  for (let round = 0; round < 20; round++) {
    await Promise.all([fast.write(linesOf(round)), slow.write(linesOf(100 + round))]);
  }
  await Promise.all([fast.write(linesOf(3)), slow.write(linesOf(5))]);
  expect([await sumOf(fast), await sumOf(slow)]).toEqual([6, 5]);
  expect(fast.status()).toMatchObject({ store: { series: 2 }, ingest: { batches: 21, samplesStored: 42 } });
});

test("metrics, counters and limits are each store's own", async () => {
  const lines = `only_fast,cluster=c,hostname=h1 value=1 ${T0}\nload,cluster=c x\nload,cluster=c y\n`;
  const [ofFast, ofSlow] = await Promise.all([fast.write(lines), slow.write(lines)]);
  expect([ofFast.stored, ofFast.rejections.length]).toEqual([1, 2]);
  expect([ofSlow.stored, ofSlow.ignored, ofSlow.rejections.length]).toEqual([0, 1, 1]);
});

test("closing one leaves the other; each finds its own files again", async () => {
  await Promise.all([fast.write(linesOf(1)), slow.write(linesOf(2))]);
  await slow.close();
  await fast.write(linesOf(4));
  expect(await sumOf(fast)).toBe(8);
  expect(readdirSync(join(directory, "slow/c/h1"))).toEqual([expect.stringMatching(/^\d+\.json$/)]);
  slow = await openSlow();
  expect([await sumOf(fast), await sumOf(slow)]).toEqual([8, 2]);
});

test("the APIs of two stores answer side by side", async () => {
  const [a, b] = [createHttpApi(fast), createHttpApi(slow)];
  const write = (value: number) => ({ method: "POST", body: linesOf(value) });
  await Promise.all([a.request("/api/write", write(1)), b.request("/api/write", write(9))]);
  const query = {
    method: "POST",
    body: JSON.stringify({ cluster: "c", from: T0, to: T0 + 60, queries: [{ metric: "load", host: "h1" }] }),
  };
  expect(await (await a.request("/api/query", query)).json()).toMatchObject({ results: [[{ resolution: 1, avg: 1 }]] });
  expect(await (await b.request("/api/query", query)).json()).toMatchObject({
    results: [[{ resolution: 60, avg: 9 }]],
  });
});

/** They keep what is the same for all: compiled modules, functions of the runtime. */
const EXCEPTIONS = ["wasm/instantiate.ts", "runtime/"];
/** A variable, or a collection that begins empty, at the top of a module. */
const STATE = /^(export )?(let |var |const \w+(: (?!Readonly)[^=]+)? = (new (Map|Set|WeakMap)(<.*>)?\(\)|\[\]|\{\});)/m;

test("no module keeps state of its own", () => {
  const src = fileURLToPath(new URL("../../src/", import.meta.url));
  const stateful = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !EXCEPTIONS.some((exception) => name.startsWith(exception)))
    .filter((name) => STATE.test(readFileSync(join(src, name), "utf8")));
  expect(stateful).toEqual([]);
  expect(STATE.test(readFileSync(join(src, "wasm/instantiate.ts"), "utf8"))).toBe(true);
});
