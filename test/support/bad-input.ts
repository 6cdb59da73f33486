// What the tests of bad input share: lines, a look at what was stored, and the proof that the store still works.
import { expect } from "vitest";
import type { ClientAnswer, RunningStore, TestConfig } from "./store-process.ts";

/** A full minute, so that it lies on the grid of the 60 s metrics. */
export const T0 = 1_700_000_040;

/** A valid line. Hosts are made up by each test, so that they do not see each other's samples. */
export function lineOf(host: string, value: number, timestamp = T0): string {
  return `cpu_load,cluster=alex,hostname=${host} value=${value} ${timestamp}`;
}

/** A host name that no other test has. */
export function newHost(): string {
  return `host${++hostCount}`;
}
let hostCount = 0;

/** A configuration with these limits (kebab case). */
export function withLimits(limits: Record<string, number>): TestConfig {
  return { "metric-store": { limits } };
}

/** The body of an error of the API. */
export interface ErrorBody {
  readonly status: string;
  readonly error: string;
  readonly stored?: number;
  readonly ignored?: number;
  readonly rejected?: number;
  readonly lines?: readonly { readonly line: number; readonly reason: string }[];
}

/** The answer's body, after a check that it is an error of this status in the API's form. */
export function errorOf(answer: ClientAnswer, status: number): ErrorBody {
  expect({ status: answer.status, contentType: answer.contentType, body: answer.body }).toMatchObject({
    status,
    contentType: "application/json",
    body: expect.stringMatching(/^\{"status":"[A-Z][A-Za-z ]+","error":".+\}\n$/s) as string,
  });
  return JSON.parse(answer.body) as ErrorBody;
}

/** Values of cpu_load of a host, one a minute; undefined when the store knows none. */
export async function valuesOf(
  store: RunningStore,
  host: string,
  from = T0,
  to = from + 60,
  headers: Record<string, string> = {},
): Promise<(number | null)[] | undefined> {
  const request = { cluster: "alex", from, to, queries: [{ metric: "cpu_load", host }] };
  const answer = await store.request("GET", "/api/query", JSON.stringify(request), headers);
  expect(answer.status).toBe(200);
  const { results } = JSON.parse(answer.body) as { results: { data?: (number | null)[] }[][] };
  return results[0]?.[0]?.data;
}

/** The store takes a sample and gives it back. */
export async function expectHealthy(store: RunningStore, headers: Record<string, string> = {}): Promise<void> {
  const host = newHost();
  const answer = await store.request("POST", "/api/write", `${lineOf(host, 7.25)}\n`, headers);
  expect(answer).toMatchObject({ status: 200, body: "" });
  expect(await valuesOf(store, host, T0, T0 + 60, headers)).toEqual([7.25]);
}

/** The part of GET /api/status that counts what came in. */
export async function ingestStatus(store: RunningStore): Promise<IngestStatus> {
  const answer = await store.request("GET", "/api/status");
  return (JSON.parse(answer.body) as { ingest: IngestStatus }).ingest;
}

export interface IngestStatus {
  readonly samplesStored: number;
  readonly linesIgnored: number;
  readonly samplesDropped: number;
  readonly linesRejected: Readonly<Record<string, number>>;
}

/** Texts and bytes joined to one body. */
export function bytesOf(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}
