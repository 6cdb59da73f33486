// Plays one trial again: CRASH_SEED, CRASH_AT and CRASH_DISK are in the message of the test that failed.

import { test } from "vitest";
import { play } from "./trial.ts";

const { CRASH_SEED, CRASH_AT = "Infinity", CRASH_DISK } = process.env;

test.runIf(CRASH_SEED !== undefined)("the trial that was asked for", async () => {
  await play({ seed: Number(CRASH_SEED), cutAt: Number(CRASH_AT), disk: CRASH_DISK === "bad" ? "bad" : "good" });
});
