// Plays one trial again: CRASH_SEED, CRASH_AT and CRASH_DISK are in the message of the test that failed.

import { test } from "vitest";
import { play, type Trial } from "./trial.ts";

const { CRASH_SEED, CRASH_AT = "Infinity", CRASH_DISK } = process.env;

const diskOf = (name: string | undefined): Trial["disk"] => (name === "bad" || name === "blind" ? name : "good");

test.runIf(CRASH_SEED !== undefined)("the trial that was asked for", async () => {
  await play({ seed: Number(CRASH_SEED), cutAt: Number(CRASH_AT), disk: diskOf(CRASH_DISK) });
});
