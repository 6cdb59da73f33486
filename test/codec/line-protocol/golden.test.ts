import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { parseLine } from "../../../src/codec/line-protocol/grammar.ts";

type Body = string | { $base64: string };

interface Step {
  request: { path: string; body?: Body };
  response: { status: number; body: { error?: string } };
  expect: "same" | "better" | "either";
}

interface Scenario {
  config: { metrics: Record<string, unknown> };
  steps: Step[];
}

const directory = new URL("../../golden/api/", import.meta.url);
const scenarios = readdirSync(directory).filter((name) => /^write-.*\.json$/.test(name));

/** Reasons worded otherwise here: the reference prints a Go struct, and has a message for -Inf alone. */
const FREE_WORDING = /unknown field|non-number/;

/** `at line L:C: reason` of the first rejected line, as the reference words it, or undefined. */
function firstRejection(body: Uint8Array, isMetric: (name: string) => boolean): string | undefined {
  let start = 0;
  for (let lineNumber = 1; start <= body.length; lineNumber++) {
    const newline = body.indexOf(0x0a, start);
    const end = newline < 0 ? body.length : newline;
    const outcome = parseLine(body, start, end, isMetric);
    if (outcome.kind === "rejected") {
      const isBare = outcome.reason.startsWith("host ");
      return isBare ? outcome.reason : `at line ${lineNumber}:${outcome.column}: ${outcome.reason}`;
    }
    start = end + 1;
  }
  return undefined;
}

function bodyBytes(body: Body): Uint8Array {
  if (typeof body === "string") return new TextEncoder().encode(body);
  return Uint8Array.from(Buffer.from(body.$base64, "base64"));
}

test.each(scenarios)("what the reference rejects in %s is rejected with its words, the rest is read", (name) => {
  const { config, steps }: Scenario = JSON.parse(readFileSync(new URL(name, directory), "utf8"));
  const writes = steps.filter(({ request }) => request.path.startsWith("/api/write"));
  expect(writes.length).toBeGreaterThan(0);
  for (const { request, response, expect: expected } of writes) {
    if (expected !== "same" || request.body === undefined) continue;
    const rejection = firstRejection(bodyBytes(request.body), (metric) => Object.hasOwn(config.metrics, metric));
    const recorded = response.status === 400 ? response.body.error : undefined;
    if (recorded !== undefined && FREE_WORDING.test(recorded)) expect(rejection).toBeDefined();
    else expect(rejection, JSON.stringify(request.body)).toBe(recorded);
  }
});
