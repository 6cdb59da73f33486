// Clients of a store that may die at any moment: they write what collectors write, and note what was acknowledged.
import { linesOf, type Ledger, type SentSample, type SeriesName } from "../support/ledger.ts";
import type { Random } from "../support/random.ts";
import { send } from "../support/store-process.ts";

export const metrics = {
  load: { frequency: 10, aggregation: "avg" },
  power: { frequency: 60, aggregation: "sum" },
  net: { frequency: 1, aggregation: "sum" },
};

const HOSTS = ["n01", "n02", "n03", "n04", "n05", "n06"];
const WRITERS = 4;
/** Samples are of the last day; when a writer has come to its end it begins anew and overwrites. */
const WINDOW_SECONDS = 80_000;
const SMALL_SAMPLES = 20;
const LARGE_SAMPLES = 8000;

/** What the writers have done to one process; they stop by themselves when it does not answer any more. */
export interface Load {
  /** Resolves when no request is under way any more. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

export class Writers {
  readonly #ledger: Ledger;
  readonly #writers: readonly Writer[];
  /** Answers that are neither 200 nor a broken connection. */
  readonly refusals: string[] = [];

  constructor(ledger: Ledger, random: Random) {
    this.#ledger = ledger;
    const start = Math.floor(Date.now() / 1000 / 60) * 60 - WINDOW_SECONDS;
    this.#writers = Array.from({ length: WRITERS }, (_, id) => new Writer(id, start, random));
  }

  /** @param onAcknowledged is called when an acknowledgement has come and is noted */
  start(port: number, onAcknowledged: () => void = () => {}): Load {
    const stopping = new AbortController();
    const write = async (writer: Writer): Promise<void> => {
      while (!stopping.signal.aborted && (await this.#post(port, writer.nextBatch()))) onAcknowledged();
    };
    return { ended: Promise.all(this.#writers.map(write)), stop: () => stopping.abort() };
  }

  /** Returns whether the batch was acknowledged. */
  async #post(port: number, batch: readonly SentSample[]): Promise<boolean> {
    this.#ledger.sent(batch);
    const answer = await send(port, "POST", "/api/write", linesOf(batch)).catch(() => undefined);
    if (answer?.status === 200) this.#ledger.acknowledged(batch);
    else if (answer !== undefined) this.refusals.push(`${answer.status} ${answer.body}`);
    return answer?.status === 200;
  }
}

/** Writes series of its own on all hosts. */
class Writer {
  readonly #series: readonly SeriesName[];
  readonly #start: number;
  readonly #random: Random;
  /** Slots that have been written, counted in those of `load`. */
  #step = 0;
  #lastBatch: readonly SentSample[] = [];

  constructor(id: number, start: number, random: Random) {
    const ofHost = (host: string): SeriesName[] => [
      { host, metric: "load", hwthread: id },
      { host, metric: "power", hwthread: id },
      ...(id === 0 ? [{ host, metric: "net" }] : []),
    ];
    this.#series = HOSTS.flatMap(ofHost);
    this.#start = start;
    this.#random = random;
  }

  nextBatch(): readonly SentSample[] {
    this.#lastBatch = this.#random.pick([
      () => this.#newSamples(this.#random.between(1, SMALL_SAMPLES)),
      () => this.#newSamples(this.#random.between(1, LARGE_SAMPLES)),
      () => this.#lateSamples(),
      () => this.#lastBatch.map((sample) => ({ ...sample, value: this.#value() })),
      () => this.#lastBatch,
    ])();
    return this.#lastBatch;
  }

  /** The next ones in time, of all series in turn. */
  #newSamples(count: number): SentSample[] {
    return Array.from({ length: count }, (_, i) => {
      if (i % this.#series.length === 0) this.#step++;
      return this.#sample(this.#series[i % this.#series.length], this.#step);
    });
  }

  /** Of any time up to now: some fill gaps, some change what is there. */
  #lateSamples(): SentSample[] {
    const count = this.#random.between(1, SMALL_SAMPLES);
    return Array.from({ length: count }, () =>
      this.#sample(this.#random.pick(this.#series), this.#random.between(0, this.#step)),
    );
  }

  #sample(series: SeriesName, step: number): SentSample {
    const { frequency } = metrics[series.metric as keyof typeof metrics];
    const slots = Math.floor(WINDOW_SECONDS / frequency);
    return { series, time: this.#start + (step % slots) * frequency, value: this.#value() };
  }

  #value(): number {
    return this.#random.between(0, 2 ** 23) / 4;
  }
}
