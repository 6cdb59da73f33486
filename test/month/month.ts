// A month of a small cluster: hours in a loop on a virtual clock and a simulated disk. Samples come, some of them late or
// changed; retention, memory cap, checkpoints and cleanup do their work; the store is stopped, killed and started anew;
// queries over any range must agree with a plain map of all that was acknowledged.

import { openStore, type CleanupMode, type Store, type UsedNodes } from "../../src/index.ts";
import { MemoryClock, MemoryFileSystem, MemoryScheduler } from "../../src/runtime/memory.ts";
import { nodeGzip } from "../../src/runtime/node.ts";
import { randomOf, type Random } from "../support/random.ts";
import { InProcessWorkers } from "../upkeep/in-process-workers.ts";
import { FakeMemory, HOUR, ROOT, T0 } from "../upkeep/support.ts";

export const MONTH_METRICS = {
  load: { frequency: 120, aggregation: "avg" },
  flops: { frequency: 240, aggregation: "sum" },
} as const;
const RETENTION = 24 * HOUR;
const CHECKPOINTS = 6 * HOUR;
const CAP = 1000;
const HOSTS = ["h1", "h2"];

/** Series by name; of each, its samples by time. */
type Model = Map<string, Map<number, number>>;

interface SeriesOfHost {
  readonly metric: keyof typeof MONTH_METRICS;
  readonly level: string;
}

const SERIES: readonly SeriesOfHost[] = [
  { metric: "load", level: "" },
  { metric: "flops", level: "cpu0" },
  { metric: "flops", level: "cpu1" },
];

const keyOf = (host: string, { metric, level }: SeriesOfHost): string => `${host}/${level} ${metric}`;

export interface MonthOptions {
  readonly seed: number;
  readonly hours: number;
  readonly cleanup: CleanupMode;
}

/** What happened, so that a test can tell that the month was not an idle one. */
export interface MonthEvents {
  samples: number;
  lateSamples: number;
  queries: number;
  restarts: number;
  kills: number;
  /** Kills while files were being archived. */
  killsWhileArchiving: number;
  capExceeded: number;
  cleanedFiles: number;
  providerDown: number;
  readonly problems: string[];
}

export class Month {
  readonly events: MonthEvents = {
    samples: 0,
    lateSamples: 0,
    queries: 0,
    restarts: 0,
    kills: 0,
    killsWhileArchiving: 0,
    capExceeded: 0,
    cleanedFiles: 0,
    providerDown: 0,
    problems: [],
  };
  readonly clock = new MemoryClock(T0);
  files = new MemoryFileSystem();
  readonly #options: MonthOptions;
  readonly #random: Random;
  readonly #memory = new FakeMemory();
  readonly #workers = new InProcessWorkers();
  readonly #model: Model = new Map();
  #scheduler = new MemoryScheduler(this.clock);
  #store: Store | undefined;

  constructor(options: MonthOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error("not open");
    return this.#store;
  }

  async run(): Promise<void> {
    await this.#open();
    for (let hour = 0; hour < this.#options.hours; hour++) {
      await this.#letAnHourPass();
      await this.#writeHour();
      await this.#writeLate();
      await this.#maybeRestart();
      for (let i = 0; i < 2; i++) await this.#askSomething();
      if (hour % 120 === 119) await this.#askEverything();
    }
    await this.store.close();
    await this.#open();
    await this.#askEverything();
    await this.store.close();
  }

  async #open(): Promise<void> {
    this.#scheduler = new MemoryScheduler(this.clock);
    const { events, files } = this;
    this.#store = await openStore({
      metrics: MONTH_METRICS,
      directory: ROOT,
      retentionMs: RETENTION * 1000,
      checkpointIntervalMs: CHECKPOINTS * 1000,
      memoryCapBytes: CAP,
      cleanup: this.#options.cleanup,
      nodeProvider: { usedNodes: () => this.#usedNodes() },
      platform: {
        clock: this.clock,
        scheduler: this.#scheduler,
        memory: this.#memory,
        files,
        cores: 2,
        gzip: nodeGzip,
        startArchiveWorker: () => this.#workers.start(),
      },
      events: {
        overMemoryCap: () => void events.capExceeded++,
        nodeProvider: ({ state }) => void (events.providerDown += state === "down" ? 1 : 0),
        cleanedUp: (summary) => void (events.cleanedFiles += summary.files),
        problem: (what, error) => {
          // What a killed program would have said, nobody hears.
          if (files === this.files) events.problems.push(`${what}: ${String(error)}`);
        },
      },
    });
  }

  async #usedNodes(): Promise<UsedNodes> {
    if (this.#random.chance(0.3)) throw new Error("no backend");
    return { c: HOSTS.filter(() => this.#random.chance(0.3)) };
  }

  async #letAnHourPass(): Promise<void> {
    if (this.#random.chance(0.02)) this.#exceedCap();
    this.clock.advance((HOUR - 1) * 1000);
    await this.#scheduler.advance(1000);
    if (this.#workers.areRunning && this.#random.chance(0.3)) await this.#killWhileArchiving();
    await this.#workers.ended();
  }

  async #killWhileArchiving(): Promise<void> {
    for (let turns = this.#random.between(0, 100); turns > 0; turns--) await new Promise(setImmediate);
    this.events.killsWhileArchiving++;
    await this.#kill();
  }

  /** What was acknowledged is on disk; all else may be lost with the power. */
  async #kill(): Promise<void> {
    this.files = this.files.crash(() => this.#random.between(0, 2 ** 30 - 1) / 2 ** 30);
    this.events.kills++;
    await this.#open();
  }

  /** The process is too large until so many steps were taken to make it smaller. */
  #exceedCap(): void {
    let left = this.#random.between(0, 6);
    this.#memory.rssBytes = CAP + 1;
    this.#memory.onCollect = () => {
      if (left-- <= 0) this.#memory.rssBytes = 0;
    };
  }

  async #writeHour(): Promise<void> {
    const to = this.clock.now();
    const samples: Sample[] = [];
    for (const host of HOSTS) {
      for (const series of SERIES) {
        const { frequency } = MONTH_METRICS[series.metric];
        const gap = to - HOUR + this.#random.between(0, 2 * HOUR);
        for (let time = to - HOUR; time < to; time += frequency) {
          const isInGap = time >= gap && time < gap + HOUR / 4;
          if (!isInGap) samples.push({ host, series, time, value: this.#value() });
        }
      }
    }
    // The order of arrival must not matter.
    await this.#write(this.#random.shuffled(samples));
    this.events.samples += samples.length;
  }

  async #writeLate(): Promise<void> {
    const now = this.clock.now();
    const count = this.#random.chance(0.3) ? this.#random.between(1, 20) : 0;
    const samples = Array.from({ length: count }, (): Sample => {
      const series = this.#random.pick(SERIES);
      const { frequency } = MONTH_METRICS[series.metric];
      const age = Math.ceil(this.#random.between(0, RETENTION - HOUR) / frequency) * frequency;
      const time = Math.max(T0, Math.floor(now / frequency) * frequency - age);
      return { host: this.#random.pick(HOSTS), series, time, value: this.#value() };
    });
    await this.#write(samples);
    this.events.lateSamples += count;
  }

  async #write(samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    const lines = samples.map(({ host, series: { metric, level }, time, value }) => {
      const tags = level === "" ? "" : `,type=cpu,type-id=${level.slice(3)}`;
      return `${metric},cluster=c,hostname=${host}${tags} value=${value} ${time}`;
    });
    const { stored } = await this.store.write(lines.join("\n"));
    if (stored !== samples.length) throw new Error(`stored ${stored} of ${samples.length}`);
    for (const { host, series, time, value } of samples) {
      const key = keyOf(host, series);
      let ofSeries = this.#model.get(key);
      if (ofSeries === undefined) this.#model.set(key, (ofSeries = new Map()));
      ofSeries.set(time, value);
    }
  }

  async #maybeRestart(): Promise<void> {
    const chance = this.#random.between(1, 100);
    if (chance <= 2) {
      await this.store.close();
      this.events.restarts++;
      await this.#open();
    } else if (chance <= 4) {
      await this.#kill();
    }
  }

  async #askSomething(): Promise<void> {
    const now = this.clock.now();
    const from = this.#random.chance(0.1) ? 0 : this.#random.between(T0, now);
    const length = this.#random.pick([2 * HOUR, 24 * HOUR, 7 * 24 * HOUR, now]);
    await this.#ask(
      this.#random.pick(HOSTS),
      this.#random.pick(QUESTIONS),
      from,
      Math.max(from + 2 * HOUR, from + length),
    );
  }

  async #askEverything(): Promise<void> {
    for (const host of HOSTS) for (const question of QUESTIONS) await this.#ask(host, question, 0, this.clock.now());
  }

  async #ask(host: string, question: Question, from: number, to: number): Promise<void> {
    const { metric, levels } = question;
    const { frequency } = MONTH_METRICS[metric];
    this.events.queries++;
    const where = `${host} ${metric} ${JSON.stringify(levels)} [${from}, ${to}) at ${this.clock.now()}`;
    // A range within which nothing can be is not asked for.
    const gridFrom = Math.ceil(from / frequency) * frequency;
    const expected = this.#expected(host, question);
    const answer = await this.store.read(["c", host, ...(levels === undefined ? [] : [levels])], metric, gridFrom, to);
    if (answer.errors !== undefined) throw new Error(`${where}: ${answer.errors.join("; ")}`);
    const found = new Map<number, number>();
    for (const [i, value] of answer.values.entries()) {
      const time = answer.from + i * frequency;
      if (!Number.isNaN(value)) found.set(time, value);
      if (!Number.isNaN(value) && this.#isPromised(time) && expected.get(time) !== value) {
        throw new Error(`${where}: at ${time} expected ${expected.get(time)}, found ${value}`);
      }
    }
    for (const [time, value] of expected) {
      if (time < gridFrom || time >= to || found.has(time)) continue;
      if (!this.#isPromised(time)) continue;
      throw new Error(
        `${where}: at ${time} expected ${value}, found nothing; the answer is [${answer.from}, ${answer.to})`,
      );
    }
  }

  /** Where old files are deleted, what is older than the retention may be gone, and what was changed late as it was. */
  #isPromised(time: number): boolean {
    return this.#options.cleanup.mode === "archive" || time >= this.clock.now() - RETENTION;
  }

  #expected(host: string, { metric, levels = [] }: Question): ReadonlyMap<number, number> {
    const names = metric === "load" ? [""] : levels.length === 0 ? ["cpu0", "cpu1"] : levels;
    const all = names.map((level) => this.#model.get(keyOf(host, { metric, level })) ?? new Map<number, number>());
    const sums = new Map<number, number>();
    for (const [time] of all[0]) {
      const values = all.map((samples) => samples.get(time));
      if (values.every((value) => value !== undefined))
        sums.set(
          time,
          values.reduce((sum, value) => sum + value, 0),
        );
    }
    return sums;
  }

  /** Small integers add up without rounding. */
  #value(): number {
    return this.#random.between(0, 999);
  }
}

interface Sample {
  readonly host: string;
  readonly series: SeriesOfHost;
  /** Unix seconds. */
  readonly time: number;
  readonly value: number;
}

interface Question {
  readonly metric: keyof typeof MONTH_METRICS;
  /** Below the host; absent: the host itself. */
  readonly levels?: readonly string[];
}

const QUESTIONS: readonly Question[] = [
  { metric: "load" },
  { metric: "flops" },
  { metric: "flops", levels: ["cpu0"] },
  { metric: "flops", levels: ["cpu1", "cpu0"] },
];
