// The power is cut, or the program killed, at every operation of seeded runs; CRASH_CUTS tells how often at least.

import { describe, expect, test } from "vitest";
import { play, type Trial } from "./trial.ts";

/** `npm run test:crash` asks for 10,000. */
const CUTS = Number(process.env["CRASH_CUTS"] ?? 240);
/** Every operation of a few runs, or some of many. */
const STRIDE = CUTS < 2000 ? 13 : 1;
/** Ten thousand cuts take minutes; on a slow machine with other work, hours. */
const TIMEOUT_MS = 6 * 3_600_000;

async function cutThrough(disk: Trial["disk"], cuts: number, firstSeed: number): Promise<number> {
  let done = 0;
  for (let seed = firstSeed; done < cuts; seed++) {
    const { operations } = await play({ seed, cutAt: Infinity, disk });
    for (let cutAt = seed % STRIDE; cutAt < operations; cutAt += STRIDE) {
      done += (await play({ seed, cutAt, disk })).cuts;
    }
  }
  return done;
}

describe(`${CUTS} power cuts and kills, at every operation`, () => {
  test(
    "nothing that was acknowledged is lost, nothing is invented",
    async () => {
      expect(await cutThrough("good", 0.6 * CUTS, 1)).toBeGreaterThanOrEqual(0.6 * CUTS);
    },
    TIMEOUT_MS,
  );

  test(
    "not even what some starts could not read, when another one can",
    async () => {
      expect(await cutThrough("blind", 0.1 * CUTS, 2001)).toBeGreaterThanOrEqual(0.1 * CUTS);
    },
    TIMEOUT_MS,
  );

  test(
    "not even when the disk is full, or fails, now and then; and when it does again, the store does",
    async () => {
      expect(await cutThrough("bad", 0.3 * CUTS, 1001)).toBeGreaterThanOrEqual(0.3 * CUTS);
    },
    TIMEOUT_MS,
  );
});
