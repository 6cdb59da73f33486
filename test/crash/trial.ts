// One trial: a store lives on a simulated disk, is stopped at a given operation, starts again, is stopped again, perhaps
// while it recovers, and in the end stops cleanly. After each stop the model tells what must be there.

import { seededRandom } from "../../bench/random.ts";
import { verify } from "../../src/persistence/verify.ts";
import { MemoryClock, MemoryFileSystem, shuffled } from "../../src/runtime/memory.ts";
import type { Operation, OperationHook, Outcome, Random } from "../../src/runtime/memory.ts";
import { contentsOf } from "./contents.ts";
import { idle, RETENTION_SECONDS, ROOT, startMachine, type Machine, type MachineOptions } from "./machine.ts";
import { SampleModel } from "./model.ts";
import { Scenario, T0 } from "./scenario.ts";

export interface TrialResult {
  /** Operations of the first life. */
  readonly operations: number;
  /** Stops that happened in the middle of something. */
  readonly cuts: number;
}

const STEPS = [14, 8, 6];
const START = T0 + 5 * 86_400;

/** Spreads small seeds over all bits, since the generator starts slowly from them. */
export const spread = (seed: number): number => Math.imul(seed + 1, 0x9e3779b1);

/**
 * Plays the trial of this seed, stopped before operation `cutAt` of its first life; Infinity = not.
 * @throws Error telling what was lost or invented, after which operations
 */
export async function trial(seed: number, cutAt: number): Promise<TrialResult> {
  const lives = new Lives(seed, cutAt);
  try {
    for (let life = 0; life < STEPS.length; life++) await lives.next(life);
    await lives.end();
  } catch (error) {
    const replay = `CRASH_SEED=${seed} CRASH_AT=${cutAt} npx vitest run test/crash/power-cuts.test.ts`;
    throw new Error(`${String(error)}\n  after ${lives.story.join("; ")}\n  again: ${replay}`, { cause: error });
  }
  return lives;
}

class Lives implements TrialResult {
  operations = 0;
  cuts = 0;
  /** What has happened so far. */
  readonly story: string[] = [];
  readonly #cutAt: number;
  readonly #settings: Random;
  readonly #chances: Random;
  readonly #model = new SampleModel();
  readonly #scenario: Scenario;
  readonly #clock = new MemoryClock(START);
  #files = new MemoryFileSystem();
  #hasLostPower = false;

  constructor(seed: number, cutAt: number) {
    this.#cutAt = cutAt;
    this.#settings = seededRandom(spread(seed) ^ 0x55aa55);
    this.#chances = seededRandom(spread(seed) ^ spread(Number.isFinite(cutAt) ? cutAt : 0));
    this.#scenario = new Scenario(seededRandom(spread(seed)), this.#model);
  }

  /** From a start to a stop. */
  async next(life: number): Promise<void> {
    const options = this.#options();
    const order = this.#settings() < 0.3 ? shuffled(seededRandom(spread(life))) : undefined;
    const cutAt = life === 0 ? this.#cutAt : Math.floor(this.#chances() * (this.#chances() < 0.5 ? 40 : 300));
    const isKill = this.#chances() < 0.25;
    const cutter = new Cutter(cutAt, order);
    this.#files.onOperation = cutter.hook;
    this.story.push(`life ${life} (${JSON.stringify(options)})`);
    await this.#live(options, STEPS[life], cutter);
    await idle();
    if (life === 0) this.operations = this.#files.operationCount;
    if (cutter.cut === undefined) return;
    this.cuts++;
    this.story.push(`${isKill ? "kill" : "power cut"} at ${cutter.cut.index}: ${cutter.cut.name} ${cutter.cut.path}`);
    this.#files = isKill ? this.#files.kill() : this.#files.crash(this.#chances);
    this.#clock.advance(this.#chances() < 0.1 ? 86_400_000 : 10_000);
    if (isKill) return;
    this.#hasLostPower = true;
    this.#model.powerCut();
  }

  async #live(options: MachineOptions, steps: number, cutter: Cutter): Promise<void> {
    const isOff = (): boolean => cutter.cut !== undefined;
    let machine: Machine;
    try {
      machine = await startMachine(this.#files, this.#clock, options);
    } catch (error) {
      if (isOff()) return;
      throw error;
    }
    if (!isOff()) this.#check(machine);
    await this.#scenario.play(machine, steps, isOff);
    if (isOff()) return;
    if (machine.problems.length > 0) throw new Error(`problems: ${machine.problems.join(", ")}`);
    const contents = contentsOf(machine.store);
    const closed = await machine.persistence.close().then(
      () => true,
      (error: unknown) => error,
    );
    if (isOff()) return;
    if (closed !== true) throw new Error(`the clean stop failed: ${String(closed)}`);
    this.story.push("clean stop");
    this.#model.stoppedWith(contents);
    await this.#checkFiles();
  }

  /** The last start finds all; its clean stop leaves what the reference starts from. */
  async end(): Promise<void> {
    this.#files.onOperation = undefined;
    for (let i = 0; i < 2; i++) {
      const machine = await startMachine(this.#files, this.#clock, this.#options());
      this.#check(machine);
      this.#model.stoppedWith(contentsOf(machine.store));
      await machine.persistence.close();
      if (this.#files.openFileCount > 0) throw new Error(`${this.#files.openFileCount} files are still open`);
      await this.#checkFiles();
    }
  }

  #check({ store, persistence, clock }: Machine): void {
    const complaints = this.#model.complaints(contentsOf(store), clock.now() - RETENTION_SECONDS);
    if (complaints.length > 0) throw new Error(`${complaints.length} complaints: ${complaints.slice(0, 5).join(", ")}`);
    // A power cut may leave good sectors behind bad ones, so that an end that was never synced looks like damage.
    const { damaged } = persistence.report;
    if (damaged.length > 0 && !this.#hasLostPower) throw new Error(`damaged: ${JSON.stringify(damaged)}`);
  }

  async #checkFiles(): Promise<void> {
    const complaints: string[] = [];
    for (const path of this.#files.files().keys()) {
      if (!SETTLED.test(path)) complaints.push(path);
    }
    this.#files.onOperation = undefined;
    const { failures } = await verify({ files: this.#files, path: ROOT, now: this.#clock.now() });
    for (const { path, reason } of failures) complaints.push(`${path}: ${reason}`);
    if (complaints.length > 0) throw new Error(`a clean stop left ${complaints.join(", ")}`);
  }

  #options(): MachineOptions {
    const sync = this.#settings() < 0.8 ? ("commit" as const) : { everyMs: 1000 };
    return {
      format: this.#settings() < 0.7 ? "bin" : "json",
      sync,
      maxWalSizeBytes: this.#settings() < 0.3 ? 1500 : Infinity,
    };
  }
}

/** What may be there after a clean stop: snapshots, and what was kept of damaged files. */
const SETTLED =
  /^\/var\/checkpoints\/(?:[^/.]+\/[^/]+\/(?:-?\d+\.(?:bin|json)|.*\.damaged)|\.journal\/damaged\/.*\.damaged)$/;

/** Stops the machine before one of its operations. */
class Cutter {
  cut: Operation | undefined;
  readonly #cutAt: number;
  readonly #order: OperationHook | undefined;

  constructor(cutAt: number, order: OperationHook | undefined) {
    this.#cutAt = cutAt;
    this.#order = order;
  }

  readonly hook: OperationHook = async (operation): Promise<Outcome> => {
    if (operation.index !== this.#cutAt) return (await this.#order?.(operation)) ?? "ok";
    this.cut = operation;
    return "power-cut";
  };
}
