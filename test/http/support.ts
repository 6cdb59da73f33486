// Services for the tests: a real store with real ingest and queries, and what a test wants to replace.

import type { Services } from "../../src/http/services.ts";
import { createApp, type App } from "../../src/http/app.ts";
import { MetricStore } from "../../src/core/store.ts";
import { Ingest, type Batch } from "../../src/ingest/ingest.ts";
import type { IngestReport } from "../../src/ingest/report.ts";
import { QueryService } from "../../src/query/query-service.ts";
import { defaultLimits } from "../../src/library/limits.ts";
import { platform } from "../support/runtime.ts";

export const NOW = 1_720_880_000;

const METRICS = {
  cpu_load: { frequency: 60, aggregation: "avg" },
  net_bw: { frequency: 10, aggregation: "sum" },
} as const;

export interface TestServices extends Services {
  /** What was reported to the operator. */
  readonly reported: string[];
}

export function testServices(overrides: Partial<Services> = {}): TestServices {
  const store = new MetricStore({ metrics: METRICS });
  const now = (): number => NOW;
  const yieldToOthers = (): Promise<void> => platform.scheduler.yieldToOthers();
  const limits = { bodySizeBytes: 100_000, jsonBodySizeBytes: 1000, gzipMinSizeBytes: 500 };
  const monotonicMs = (): number => platform.clock.monotonicMs();
  const reported: string[] = [];
  return {
    store,
    ingest: new Ingest({ store, limits: defaultLimits, retentionSeconds: 86_400, now }),
    query: new QueryService({ store, limits: defaultLimits, yieldToOthers, monotonicMs }),
    limits,
    gzip: platform.gzip,
    now,
    yieldToOthers,
    status: () => ({ series: 3, note: "a<b" }),
    reportError: (error, context) => reported.push(`${context}: ${String(error)}`),
    reported,
    ...overrides,
  };
}

export function testApp(overrides: Partial<Services> = {}): { app: App; services: TestServices } {
  const services = testServices(overrides);
  return { app: createApp(services), services };
}

/** An ingest that only takes down what it is given. */
export class RecordingIngest {
  readonly clusters: string[] = [];
  readonly pieces: string[] = [];
  readonly ends: ("finish" | "abort")[] = [];
  report: IngestReport = { stored: 1, ignored: 0, dropped: 0, rejected: 0, rejections: [] };
  failure: Error | undefined;

  begin(cluster: string): Batch {
    this.clusters.push(cluster);
    return {
      add: (piece) => {
        if (this.failure) throw this.failure;
        this.pieces.push(Buffer.from(piece).toString());
      },
      finish: async () => {
        this.ends.push("finish");
        return this.report;
      },
      end: () => this.report,
      abort: () => void this.ends.push("abort"),
    };
  }

  /** In the place of the real one, which has private members that a fake cannot have. */
  asIngest(): Ingest {
    return this as unknown as Ingest;
  }
}

export async function statusAndText(response: Response | Promise<Response>): Promise<[number, string]> {
  const { status } = await response;
  return [status, await (await response).text()];
}

/** A line of the metric cpu_load that is within the retention. */
export function line(host: string, value = 1): string {
  return `cpu_load,cluster=alex,hostname=${host} value=${value} ${NOW - 600}\n`;
}
