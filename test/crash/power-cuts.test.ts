// The power is cut, or the program killed, at every operation of seeded runs. CRASH_CUTS sets how many cuts at least;
// CRASH_SEED and CRASH_AT play one of them again.

import { expect, test } from "vitest";
import { trial } from "./trial.ts";

const CUTS = Number(process.env["CRASH_CUTS"] ?? 300);
const { CRASH_SEED, CRASH_AT } = process.env;
/** With few cuts, they are spread over more runs. */
const STRIDE = CUTS < 2000 ? 13 : 1;

test.runIf(CRASH_SEED !== undefined)("the cut that was asked for", async () => {
  await trial(Number(CRASH_SEED), Number(CRASH_AT ?? Infinity));
});

test.runIf(CRASH_SEED === undefined)(
  `${CUTS} cuts lose nothing that was acknowledged and invent nothing`,
  async () => {
    let cuts = 0;
    for (let seed = 1; cuts < CUTS; seed++) {
      const { operations } = await trial(seed, Infinity);
      for (let at = seed % STRIDE; at < operations; at += STRIDE) cuts += (await trial(seed, at)).cuts;
    }
    expect(cuts).toBeGreaterThanOrEqual(CUTS);
  },
  600_000,
);
