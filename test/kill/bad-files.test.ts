// Files that the system does not let the store read, or not write: they cost themselves alone, and nothing removes them.
import { chmodSync, existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { killAll } from "../support/program.ts";
import { asNobody, isRoot, now, samplesFrom, withLab, type Lab } from "./lab.ts";

afterAll(killAll);

/** Two hosts with a snapshot, a WAL and samples in the journal each. */
async function fillHosts(lab: Lab): Promise<void> {
  lab.giveToNobody();
  await lab.start(asNobody);
  await lab.write(samplesFrom(now - 3000, 10, ["n01", "n02"]));
  await lab.stop();
  await lab.start(asNobody);
  await lab.write(samplesFrom(now - 2000, 10, ["n01", "n02"]));
  await lab.kill();
  await lab.startAndSettle(asNobody);
  await lab.write(samplesFrom(now - 1000, 10, ["n01", "n02"]));
  await lab.kill();
}

describe.skipIf(!isRoot).concurrent("what cannot be read (needs root, to become nobody)", () => {
  test.each<[string, RegExp, number, (path: string) => string | undefined]>([
    // It stays where it is: nothing is written over it, and it is read again at the next start.
    ["a snapshot", /kill\/n01\/\d+\.bin$/, 10, () => undefined],
    // It stays, and is renamed when records come that must not stand behind it; it is read again at the next start.
    ["a WAL", /kill\/n01\/current\.wal$/, 10, () => undefined],
    ["a journal", /\.journal\/\d+\.log$/, 20, (path) => path.replace(/(\d+\.log)$/, "damaged/$1.damaged")],
  ])("%s costs itself alone; when it can be read, it is all there", (_, pattern, samplesInIt, keptAs) =>
    withLab(async (lab) => {
      await fillHosts(lab);
      const [name] = lab.files(pattern);
      const path = join(lab.checkpoints, name);
      chmodSync(path, 0o000);
      await lab.start(asNobody);
      const { damaged } = (await lab.status()).recovery;
      expect(damaged).toMatchObject([{ path, reason: expect.stringMatching(/EACCES/) }]);
      expect(damaged[0].keptAs).toBe(keptAs(path));
      expect(lab.program.stderr()).toContain("damaged file");
      // What comes now would be written under the same name.
      await lab.write(samplesFrom(now - 500, 5, ["n01", "n02"]));
      await lab.checkpoint();
      await lab.write(samplesFrom(now - 100, 5, ["n01", "n02"]));
      await lab.kill();
      await lab.start(asNobody);
      const problems = (await lab.ledger.check(lab.port)).filter((problem) => problem.includes(": lost"));
      expect(problems.length).toBe(samplesInIt);
      await lab.stop();
      const aside = [path.replace(/\.wal$/, ".1.wal"), keptAs(path) ?? ""].find((kept) => existsSync(kept)) ?? path;
      chmodSync(aside, 0o644);
      if (aside === keptAs(path)) renameSync(aside, path);
      await lab.startAndCheck(asNobody);
      expect((await lab.status()).recovery.damaged).toEqual([]);
    }),
  );

  test("a host's directory costs that host alone; what comes for it is safe", () =>
    withLab(async (lab) => {
      await fillHosts(lab);
      const directory = join(lab.checkpoints, "kill/n01");
      chmodSync(directory, 0o000);
      await lab.start(asNobody);
      expect((await lab.status()).recovery.damaged).toMatchObject([{ path: directory }]);
      await lab.write(samplesFrom(now - 500, 5, ["n01", "n02"]));
      expect(await lab.ask("POST", "/api/checkpoint")).toMatchObject({
        status: 503,
        body: expect.stringContaining(`1 hosts could not be written`),
      });
      await lab.kill();
      chmodSync(directory, 0o755);
      await lab.startAndCheck(asNobody);
    }));
});
