// One trial: a store lives on a simulated disk, is stopped at a given operation, starts again, is stopped again, perhaps
// while it recovers, and in the end stops cleanly. After each stop the model tells what must be there.

import { seededRandom } from "../../bench/random.ts";
import { verify } from "../../src/persistence/verify.ts";
import { IO_ERROR, MemoryClock, MemoryFileSystem, shuffled } from "../../src/runtime/memory.ts";
import type { Outcome, Random } from "../../src/runtime/memory.ts";
import { BadDisk } from "./bad-disk.ts";
import { contentsOf } from "./contents.ts";
import { idle, RETENTION_SECONDS, ROOT, startMachine, type Machine, type MachineOptions } from "./machine.ts";
import { T0 } from "./lines.ts";
import { SampleModel } from "./model.ts";
import { Scenario } from "./scenario.ts";
import { Stopper } from "./stopper.ts";

export interface Trial {
  readonly seed: number;
  /** The first life is stopped before this operation; Infinity = not. */
  readonly cutAt: number;
  /** "bad": now and then it is full, or fails. "blind": the lives in the middle cannot read the WALs of a cluster; of half the seeds the disk is bad as well. */
  readonly disk: "good" | "bad" | "blind";
}

export interface TrialResult {
  /** Operations of the first life. */
  readonly operations: number;
  /** Stops that happened in the middle of something. */
  readonly cuts: number;
}

const STEPS = [14, 8, 6];
const START = T0 + 5 * 86_400;
/** Where the second and the third life may be stopped: about half of the times while they start. */
const EARLY_OPERATIONS = 40;
const LATE_OPERATIONS = 300;
/**
 * What may be there after a clean stop: snapshots, what was kept of damaged files, and what a disk that would not write it
 * has not removed either.
 */
const UNREAD_WAL = /^\/var\/checkpoints\/alpha\/[^/]+\/current(?:\.\d+)?\.wal$/;
const SETTLED =
  /^\/var\/checkpoints\/(?:[^/.]+\/[^/]+\/(?:-?\d+\.(?:bin|json)(?:\.tmp)?|.*\.damaged)|\.journal\/damaged\/.*\.damaged)$/;

/** Spreads small seeds over all bits, since the generator starts slowly from them. */
const spread = (seed: number): number => Math.imul(seed + 1, 0x9e3779b1);

/** @throws Error telling what was lost or invented, and after what */
export async function play(trial: Trial): Promise<TrialResult> {
  const lives = new Lives(trial);
  try {
    for (let life = 0; life < STEPS.length; life++) await lives.next(life);
    await lives.end();
  } catch (error) {
    const { seed, cutAt, disk } = trial;
    const again = `CRASH_SEED=${seed} CRASH_AT=${cutAt} CRASH_DISK=${disk} npx vitest run test/crash/again.test.ts`;
    throw new Error(`${String(error)}\n  after ${lives.story.join("; ")}\n  again: ${again}`, { cause: error });
  }
  return lives;
}

/** A disk that does not let the WALs be read, and is otherwise as it was. */
function blinded(disk: BadDisk | undefined): Pick<BadDisk, "outcome"> {
  return {
    outcome(operation): Outcome {
      const isBlind = operation.name === "readRange" && UNREAD_WAL.test(operation.path);
      return isBlind ? IO_ERROR : (disk?.outcome(operation) ?? "ok");
    },
  };
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
  readonly #badDisk: BadDisk | undefined;
  readonly #isBlind: boolean;
  #files = new MemoryFileSystem();
  #hasDamage: boolean;

  constructor({ seed, cutAt, disk }: Trial) {
    this.#cutAt = cutAt;
    this.#settings = seededRandom(spread(seed) ^ 0x55aa55);
    this.#chances = seededRandom(spread(seed) ^ spread(Number.isFinite(cutAt) ? cutAt : 0));
    this.#scenario = new Scenario(seededRandom(spread(seed)), this.#model);
    const isBad = disk === "bad" || (disk === "blind" && seed % 2 === 0);
    this.#badDisk = isBad ? new BadDisk(this.#chances) : undefined;
    this.#hasDamage = disk !== "good";
    this.#isBlind = disk === "blind";
  }

  /** From a start to a stop. */
  async next(life: number): Promise<void> {
    const options = this.#options();
    const order = this.#settings() < 0.3 ? shuffled(seededRandom(spread(life))) : undefined;
    const operations = this.#chances() < 0.5 ? EARLY_OPERATIONS : LATE_OPERATIONS;
    const later = this.#files.operationCount + Math.floor(this.#chances() * operations);
    const isBlind = this.#isBlind && life > 0;
    const badDisk = isBlind ? blinded(this.#badDisk) : this.#badDisk;
    const stopper = new Stopper(life === 0 ? this.#cutAt : later, order, badDisk);
    const isKill = this.#chances() < 0.25;
    this.#files.onOperation = stopper.hook;
    this.story.push(`life ${life} (${JSON.stringify(options)})`);
    await this.#live(options, STEPS[life], stopper, isBlind ? "blind" : "seeing");
    await idle();
    if (life === 0) this.operations = this.#files.operationCount;
    if (stopper.stoppedAt === undefined) return;
    this.cuts++;
    this.story.push(`${isKill ? "kill" : "power cut"} at ${stopper.stoppedAt}`);
    this.#files = isKill ? this.#files.kill() : this.#files.crash(this.#chances);
    this.#clock.advance(this.#chances() < 0.1 ? 86_400_000 : 10_000);
    if (isKill) return;
    // It may leave good sectors behind bad ones: an end that was never synced looks like damage then.
    this.#hasDamage = true;
    this.#model.powerCut();
  }

  async #live(options: MachineOptions, steps: number, stopper: Stopper, sight: "seeing" | "blind"): Promise<void> {
    const isOff = (): boolean => stopper.stoppedAt !== undefined;
    this.#badDisk?.begin();
    const machine = await startMachine(this.#files, this.#clock, options).catch((error: unknown) => {
      if (isOff()) return undefined;
      throw error;
    });
    if (machine === undefined) return;
    if (!isOff() && sight === "seeing") this.#check(machine);
    this.#badDisk?.beginReadFailures();
    await this.#scenario.play(machine, steps, isOff);
    if (!isOff() && this.#badDisk !== undefined) await this.#resume(machine, this.#badDisk, isOff);
    if (isOff()) return;
    if (machine.problems.length > 0) throw new Error(`problems: ${machine.problems.join(", ")}`);
    await this.#stop(machine, isOff, sight);
  }

  /** When the disk does again, the store does, and at once. */
  async #resume(machine: Machine, badDisk: BadDisk, isOff: () => boolean): Promise<void> {
    badDisk.heal();
    machine.problems.length = 0;
    const before = this.#model.requests.length;
    await this.#scenario.sendBatches(machine);
    await idle();
    machine.scheduler.pass(5000);
    await idle();
    const { failures } = await machine.persistence.checkpoint();
    if (isOff()) return;
    const failed = this.#model.requests.slice(before).filter(({ state }) => state === "failed");
    if (failed.length > 0) throw new Error(`${failed.length} requests failed on a good disk`);
    if (failures.length > 0) throw new Error(`a checkpoint failed on a good disk: ${String(failures[0])}`);
    const { openFileCount } = this.#files;
    if (openFileCount > 1) throw new Error(`${openFileCount} files are open, expected the journal alone`);
  }

  async #stop(machine: Machine, isOff: () => boolean, sight: "seeing" | "blind"): Promise<void> {
    const contents = contentsOf(machine.store);
    const failure = await machine.persistence.close().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (isOff()) return;
    if (failure !== undefined) throw new Error("the clean stop failed", { cause: failure });
    this.story.push("clean stop");
    // What a blind one had in memory is not all there is.
    if (sight === "seeing") this.#model.stoppedWith(contents);
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
    const { damaged } = persistence.report;
    if (damaged.length > 0 && !this.#hasDamage) throw new Error(`damaged: ${JSON.stringify(damaged)}`);
  }

  async #checkFiles(): Promise<void> {
    const mayBeUnfinished = this.#badDisk !== undefined;
    const complaints = [...this.#files.files().keys()].filter(
      (path) =>
        (!SETTLED.test(path) && !(this.#isBlind && UNREAD_WAL.test(path))) ||
        (path.endsWith(".tmp") && !mayBeUnfinished),
    );
    this.#files.onOperation = undefined;
    const { failures } = await verify({ files: this.#files, path: ROOT, now: this.#clock.now() });
    // What nobody could read may be torn.
    const isUnread = (path: string): boolean => this.#isBlind && UNREAD_WAL.test(path);
    for (const { path, reason } of failures) if (!isUnread(path)) complaints.push(`${path}: ${reason}`);
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
