// A store under load is killed again and again, at any moment; after each start all that was ever acknowledged is there,
// and nothing that was never sent. KILL_CYCLES=100 KILL_SEED=1 npx vitest run test/kill/kill.test.ts
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { Ledger } from "../support/ledger.ts";
import {
  firstAnswer,
  freePort,
  killAll,
  startProgram,
  temporaryDirectory,
  writeConfig,
  type Program,
} from "../support/program.ts";
import { randomOf, type Random } from "../support/random.ts";
import { send } from "../support/store-process.ts";
import { metrics, Writers } from "./writers.ts";

const cycles = Number(process.env["KILL_CYCLES"] ?? 10);
const seed = Number(process.env["KILL_SEED"] ?? Date.now() % 2 ** 31);
/** The longest kind of cycle, with room for a slow machine. */
const CYCLE_TIMEOUT_MS = 30_000;
/** Until the records of the journal move to the WALs of their hosts. */
const SETTLE_MS = 5000;

interface Trial {
  readonly directory: string;
  readonly port: number;
  readonly ledger: Ledger;
  readonly writers: Writers;
  readonly random: Random;
}

/** Ways to end a process that has just started and been checked. Each ends it, and the writers too. */
const ends: Readonly<Record<string, (trial: Trial, program: Program) => Promise<void>>> = {
  "a kill while writes come": async ({ random, ...trial }, program) => {
    const load = trial.writers.start(trial.port);
    await sleep(random.between(10, 500));
    program.kill("SIGKILL");
    await load.ended;
  },
  "a kill right after an acknowledgement": async ({ random, ...trial }, program) => {
    let left = random.between(1, 60);
    const load = trial.writers.start(trial.port, () => {
      if (--left === 0) program.kill("SIGKILL");
    });
    await load.ended;
  },
  "a kill during a checkpoint": async ({ random, ...trial }, program) => {
    const load = trial.writers.start(trial.port);
    await sleep(random.between(50, 300));
    const checkpoint = send(trial.port, "POST", "/api/checkpoint").catch(() => undefined);
    await sleep(random.between(0, 60));
    program.kill("SIGKILL");
    await Promise.all([load.ended, checkpoint]);
  },
  "a kill after a checkpoint": async ({ random, ...trial }, program) => {
    const load = trial.writers.start(trial.port);
    await sleep(random.between(10, 200));
    expect(await send(trial.port, "POST", "/api/checkpoint")).toMatchObject({ status: 200 });
    await sleep(random.between(0, 5));
    program.kill("SIGKILL");
    await load.ended;
  },
  "a kill while records move from the journal to the WALs": async ({ random, ...trial }, program) => {
    const load = trial.writers.start(trial.port);
    await sleep(300);
    load.stop();
    await sleep(SETTLE_MS + random.between(-500, 1300));
    program.kill("SIGKILL");
    await load.ended;
  },
  "kills in a row during the starts that follow": async (trial, program) => {
    await killUnderLoad(trial, program);
    for (let i = trial.random.between(1, 3); i > 0; i--) {
      const { program: next, port } = launch(trial);
      if (trial.random.chance(0.5)) await firstAnswer(port, "/api/status");
      await sleep(trial.random.between(0, trial.random.pick([5, 300])));
      next.kill("SIGKILL");
      await next.exited;
    }
  },
  "a kill during a clean stop": async ({ random, ...trial }, program) => {
    const load = trial.writers.start(trial.port);
    await sleep(random.between(50, 300));
    program.kill("SIGTERM");
    await sleep(random.between(0, 80));
    program.kill("SIGKILL");
    await load.ended;
  },
  "a clean stop while writes come": async ({ random, ...trial }, program) => {
    const load = trial.writers.start(trial.port);
    await sleep(random.between(10, 300));
    program.kill(random.pick(["SIGTERM", "SIGINT"]));
    await load.ended;
    expect(await program.exited, program.stderr()).toEqual({ code: 0, signal: null });
    expect(logsIn(trial.directory)).toEqual([]);
  },
};

async function killUnderLoad({ random, ...trial }: Trial, program: Program): Promise<void> {
  const load = trial.writers.start(trial.port);
  await sleep(random.between(10, 300));
  program.kill("SIGKILL");
  await load.ended;
  await program.exited;
}

/** Every process is configured anew: what one has written any other must read. */
function launch({ directory, port, random }: Trial): { program: Program; port: number } {
  const config = writeConfig(directory, {
    main: { addr: `127.0.0.1:${port}` },
    metrics,
    "metric-store": {
      "checkpoint-interval": random.pick(["12h", "12h", "300ms"]),
      checkpoints: {
        "file-format": random.pick(["wal", "wal", "json"]),
        sync: random.pick(["commit", "1s"]),
        "max-wal-size": random.pick([0, 100_000]),
      },
    },
  });
  return { program: startProgram(["-config", config]), port };
}

/** What of WALs and journals is left. */
function logsIn(directory: string): string[] {
  const entries = readdirSync(join(directory, "checkpoints"), { recursive: true, encoding: "utf8" });
  return entries.filter((path) => /current\.wal|\.journal|\.tmp|\.damaged/.test(path));
}

/** Starts a process, and checks that it answers with all that is due. */
async function startAndCheck(trial: Trial): Promise<Program> {
  const { program, port } = launch(trial);
  await program.listening();
  const problems = await trial.ledger.check(port);
  const { recovery } = JSON.parse((await send(port, "GET", "/api/status")).body) as {
    recovery: { damaged: { path: string; reason: string }[] };
  };
  // A kill may tear the end of a file; all else that is damaged is the store's own doing.
  problems.push(...recovery.damaged.filter(({ reason }) => reason !== "torn end").map((file) => JSON.stringify(file)));
  problems.push(...trial.writers.refusals.splice(0));
  if (problems.length > 0) throw new Error([`${problems.length} problems:`, ...problems.slice(0, 20)].join("\n"));
  return program;
}

afterEach(killAll);

test(
  `${cycles} ends of a store under load lose nothing that was acknowledged`,
  async () => {
    const random = randomOf(seed);
    const { directory, remove } = temporaryDirectory();
    const ledger = new Ledger();
    const trial = { directory, port: await freePort(), ledger, writers: new Writers(ledger, random), random };
    let kinds: string[] = [];
    let kind = "the first start";
    try {
      for (let cycle = 0; cycle < cycles; cycle++) {
        const program = await startAndCheck(trial);
        if (kinds.length === 0) kinds = random.shuffled(Object.keys(ends));
        kind = kinds.pop() ?? "";
        await ends[kind](trial, program);
        await program.exited;
      }
      const program = await startAndCheck(trial);
      program.kill("SIGTERM");
      expect((await program.exited).code).toBe(0);
    } catch (error) {
      throw new Error(`after ${kind}; KILL_SEED=${seed}; files kept in ${directory}`, { cause: error });
    }
    console.log(`KILL_SEED=${seed}: ${cycles} cycles, ${ledger.acknowledgedSlots} acknowledged slots, 0 lost`);
    remove();
  },
  (cycles + 1) * CYCLE_TIMEOUT_MS,
);
