// Counting what becomes of lines: per batch for the reply, in total for the status.

import type { IngestReport, Rejection } from "./report.ts";

/** Why a line is rejected. */
export type RejectionKind = "syntax" | "name" | "too-old" | "series-limit" | "too-long";

/** Totals since the start. */
export interface IngestCounters {
  batches: number;
  stored: number;
  ignored: number;
  dropped: number;
  readonly rejected: Record<RejectionKind, number>;
}

export function newCounters(): IngestCounters {
  return {
    batches: 0,
    stored: 0,
    ignored: 0,
    dropped: 0,
    rejected: { syntax: 0, name: 0, "too-old": 0, "series-limit": 0, "too-long": 0 },
  };
}

/** The counts of one batch, added to the totals as they come. */
export class Tally {
  readonly #totals: IngestCounters;
  readonly #maxListed: number;
  readonly #rejections: Rejection[] = [];
  #stored = 0;
  #ignored = 0;
  #dropped = 0;
  #rejected = 0;

  constructor(totals: IngestCounters, maxListed: number) {
    this.#totals = totals;
    this.#maxListed = maxListed;
    totals.batches++;
  }

  store(samples: number): void {
    this.#stored += samples;
    this.#totals.stored += samples;
  }

  ignore(lines: number): void {
    this.#ignored += lines;
    this.#totals.ignored += lines;
  }

  drop(): void {
    this.#dropped++;
    this.#totals.dropped++;
  }

  reject(kind: RejectionKind, line: number, reason: string): void {
    this.#rejected++;
    this.#totals.rejected[kind]++;
    if (this.#rejections.length < this.#maxListed) this.#rejections.push({ line, reason });
  }

  report(): IngestReport {
    return {
      stored: this.#stored,
      ignored: this.#ignored,
      dropped: this.#dropped,
      rejected: this.#rejected,
      rejections: this.#rejections,
    };
  }
}
