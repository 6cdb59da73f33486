// Two programs on one directory of checkpoints: the second ends at once and says why; what a crash leaves keeps none away.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { killAll, runProgram, startProgram, writeConfig, type Program } from "../support/program.ts";
import { startStoreIn } from "../support/store-process.ts";
import { now, samplesFrom, withLab, type Lab } from "./lab.ts";

afterAll(killAll);

const another = (lab: Lab): ReturnType<typeof runProgram> =>
  runProgram(["-config", writeConfig(lab.directory), "-loglevel", "warn"]);

test("the second exits with 1, naming the directory and the process; the first goes on", () =>
  withLab(async (lab) => {
    await lab.start();
    await lab.write(samplesFrom(now - 1000, 5));
    const { code, stderr, stdout } = await another(lab);
    expect(code).toBe(1);
    expect(stderr).toContain(`the directory of checkpoints ${lab.checkpoints} cannot be used`);
    expect(stderr).toContain(`in use by another store (process ${lab.program.pid})`);
    expect(stdout).toBe("");
    await lab.write(samplesFrom(now - 500, 5));
    await lab.checkpoint();
    await lab.stop();
    expect(lab.files(/\.journal|lock/)).toEqual([]);
    await lab.startAndCheck();
  }));

test("one that is held up, and cannot tell its number, holds its directory all the same", () =>
  withLab(async (lab) => {
    await lab.start();
    lab.program.kill("SIGSTOP");
    const { code, stderr } = await another(lab);
    lab.program.kill("SIGCONT");
    expect(code).toBe(1);
    expect(stderr).toMatch(/in use by another store\W*$/m);
    await lab.stop();
  }));

test("one that was killed holds nothing, at once", () =>
  withLab(async (lab) => {
    for (let i = 0; i < 3; i++) {
      await lab.startAndCheck();
      await lab.write(samplesFrom(now - 1000 + 100 * i, 5));
      await lab.kill();
    }
    await lab.startAndCheck();
    await lab.stop();
    expect(lab.files(/\.journal|lock/)).toEqual([]);
  }));

test("of several that start at once after a crash, one runs", () =>
  withLab(async (lab) => {
    await lab.start();
    await lab.write(samplesFrom(now - 1000, 50));
    await lab.kill();
    const config = writeConfig(lab.directory);
    const programs = Array.from({ length: 4 }, () => startProgram(["-config", config]));
    const codes = await Promise.all(programs.map(codeOrListening));
    expect(codes.map(String).toSorted()).toEqual(["1", "1", "1", "listening"]);
    const [runs] = programs.filter((_, i) => codes[i] === "listening");
    runs.kill("SIGTERM");
    expect((await runs.exited).code).toBe(0);
    await lab.startAndCheck();
  }));

async function codeOrListening(program: Program): Promise<number | null | "listening"> {
  const listening = program.listening().then(
    () => "listening" as const,
    () => undefined,
  );
  const { code } = (await Promise.race([program.exited, listening.then(() => undefined)])) ?? {};
  return code ?? (await listening) ?? null;
}

test("two stores in one program are kept apart, too", () =>
  withLab(async (lab) => {
    const directory = join(lab.directory, "checkpoints");
    const store = await startStoreIn(directory);
    await expect(startStoreIn(directory)).rejects.toThrow("this program has a store there already");
    await store.stop();
    await sleep(0);
    await (await startStoreIn(directory)).stop();
  }));
