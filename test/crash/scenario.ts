// What clients, timers and operators do to a store, at random but repeatable.

import type { Random } from "../../src/runtime/memory.ts";
import type { Batch } from "../../src/ingest/ingest.ts";
import { StorageError } from "../../src/ingest/sample-log.ts";
import { keyOf } from "./contents.ts";
import { freeOld, idle, METRICS, RETENTION_SECONDS, type Machine, type MetricName } from "./machine.ts";
import { T0 } from "./lines.ts";
import type { Request, SampleModel } from "./model.ts";

const CLUSTERS = ["alpha", "beta"];
const HOSTS = ["h1", "h2", "h3"];
/** Level below the host → its tags. */
const LEVELS = {
  "": "type=node",
  socket0: "type=socket,type-id=0",
  hwthread3: "type=hwthread,type-id=3",
  "socket1/memctrl1": "type=socket,type-id=1,stype=memctrl,stype-id=1",
  // Its samples lie off the grid.
  core7: "type=core,type-id=7",
};
type LevelName = keyof typeof LEVELS;
const LEVEL_NAMES = Object.keys(LEVELS) as LevelName[];
const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** Samples must not get older than the retention between their making and their sending. */
const MARGIN_SECONDS = 7200;
const MAX_MICROTASKS = 30;

interface Sender {
  readonly key: string;
  readonly head: string;
  readonly frequency: number;
  readonly isOffGrid: boolean;
  /** Slots that have a sample, as multiples of the frequency behind T0; off the grid of twice the frequency. */
  readonly used: Set<number>;
  newest: number | undefined;
}

export class Scenario {
  readonly #random: Random;
  readonly #model: SampleModel;
  readonly #senders = new Map<string, Sender>();
  readonly #underWay: Promise<unknown>[] = [];
  #values = 0;

  constructor(random: Random, model: SampleModel) {
    this.#random = random;
    this.#model = model;
  }

  /** Plays so many steps, or until the machine is off; then waits until nothing is under way. */
  async play(machine: Machine, steps: number, isOff: () => boolean = () => false): Promise<void> {
    for (let step = 0; step < steps && !isOff(); step++) {
      await this.#step(machine);
      if (this.#chance(0.5)) await idle();
      else for (let turns = this.#below(MAX_MICROTASKS); turns > 0; turns--) await Promise.resolve();
    }
    await idle();
    await Promise.all(this.#underWay);
  }

  async #step(machine: Machine): Promise<void> {
    const choice = this.#random();
    if (choice < 0.62) return this.sendBatches(machine);
    if (choice < 0.72) return machine.scheduler.pass(1000);
    if (choice < 0.84) return this.#flush(machine, 5000);
    if (choice < 0.91) return this.#background(machine.persistence.checkpoint());
    if (choice < 0.94) return machine.scheduler.pass(3_600_000);
    if (choice < 0.98) return freeOld(machine);
    machine.scheduler.pass(86_400_000);
  }

  #background(task: Promise<unknown>): void {
    this.#underWay.push(task.catch(() => {}));
  }

  /** Time passes until what was written must be on disk. */
  async #flush({ scheduler, problems }: Machine, ms: number): Promise<void> {
    await idle();
    const written = this.#model.requests.filter(({ state }) => state === "written");
    const before = problems.length;
    scheduler.pass(ms);
    await idle();
    if (problems.length === before) for (const request of written) request.state = "durable";
  }

  // — Sending —

  /** One to three requests at once, their pieces mixed. */
  async sendBatches(machine: Machine): Promise<void> {
    const batches = Array.from({ length: 1 + this.#below(3) }, () => machine.ingest.begin("alpha"));
    const requests = batches.map(() => this.#model.beginRequest());
    const ended = new Set<Batch>();
    for (let piece = 0; piece < 2; piece++) {
      for (const [i, batch] of batches.entries()) {
        if (ended.has(batch)) continue;
        batch.add(Buffer.from(this.#lines(machine, requests[i])));
        const isEnd = piece === 1 || this.#chance(0.3);
        const isAbort = this.#chance(0.05);
        if (isAbort) batch.abort();
        else if (isEnd) this.#finish(batch.finish(), requests[i], machine);
        if (isEnd || isAbort) ended.add(batch);
        if (this.#chance(0.3)) await Promise.resolve();
      }
    }
  }

  #finish(finished: Promise<unknown>, request: Request, machine: Machine): void {
    const answered = finished.then(
      () => (request.state = machine.sync === "commit" ? "durable" : "written"),
      (error: unknown) => {
        if (!(error instanceof StorageError)) throw error;
        request.state = "failed";
      },
    );
    this.#underWay.push(answered);
  }

  #lines(machine: Machine, request: Request): string {
    let text = "";
    for (let runs = 1 + this.#below(4); runs > 0; runs--) {
      const sender = this.#sender();
      const [first, count] = this.#run(sender, machine.clock.now());
      for (let k = first; k < first + count; k++) text += this.#line(sender, k, request);
    }
    return text;
  }

  #line(sender: Sender, k: number, request: Request): string {
    const { key, head, frequency, isOffGrid, used } = sender;
    if (isOffGrid && used.has(k)) return "";
    const time = isOffGrid ? T0 + 2 * frequency * k + this.#below(frequency) : T0 + k * frequency;
    const value = this.#value();
    used.add(k);
    sender.newest = Math.max(sender.newest ?? k, k);
    this.#model.write(key, frequency, isOffGrid, time, value, request);
    return `${head} value=${value} ${time}\n`;
  }

  #sender(): Sender {
    const cluster = this.#pick(CLUSTERS);
    const host = this.#pick(HOSTS);
    const level = this.#pick(LEVEL_NAMES);
    const metric = this.#pick(METRIC_NAMES);
    const key = keyOf([cluster, host, ...level.split("/").filter((name) => name !== "")], metric);
    let sender = this.#senders.get(key);
    if (sender === undefined) {
      const head = `${metric},cluster=${cluster},hostname=${host},${LEVELS[level]}`;
      const isOffGrid = level === "core7";
      const { frequency } = METRICS[metric];
      sender = { key, head, frequency, isOffGrid, used: new Set(), newest: undefined };
      this.#senders.set(key, sender);
    }
    return sender;
  }

  /** The first slot of a run and its length: in order, late, another value for a slot, or far ahead. */
  #run({ frequency, isOffGrid, used, newest }: Sender, now: number): [first: number, count: number] {
    const step = isOffGrid ? 2 * frequency : frequency;
    const slotOf = (time: number): number => Math.floor((time - T0) / step);
    const oldest = slotOf(now - RETENTION_SECONDS + MARGIN_SECONDS) + 1;
    const next = Math.max(oldest, newest === undefined ? slotOf(now) : newest + 1);
    const choice = this.#random();
    if (choice < 0.55) return [next, 1 + this.#below(6)];
    if (choice < 0.7) return [oldest + this.#below(Math.max(1, slotOf(now) - oldest)), 1 + this.#below(3)];
    if (choice < 0.88) {
      const known = [...used].filter((k) => k >= oldest);
      return known.length === 0 ? [next, 1] : [this.#pick(known), 1 + this.#below(3)];
    }
    if (choice < 0.985) return [next + this.#below(700), 1 + this.#below(3)];
    return [next + slotOf(T0 + this.#below(2 * 86_400)), 1];
  }

  /** Never the same twice, so that an old one is known as such. */
  #value(): number {
    this.#values++;
    return this.#values + 0.5;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)];
  }
}
